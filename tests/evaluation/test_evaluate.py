"""Decisions of several models from one pass are those of each alone, whatever is stopped, fails or takes turns."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent))
from pictures import CLASSES, crop, network, slow, write_pictures

import trichotomy as tri
from trichotomy.datasets import pictures as decoding
from trichotomy.errors import InputError, StoreError
from trichotomy.evaluation import turns
from trichotomy.representations import FeatureStore, matrix, open_features, readings


@pytest.fixture
def folder(tmp_path) -> Path:
    return write_pictures(tmp_path / "images")


@pytest.fixture
def two() -> dict:
    return {"a": (network(1), crop()), "b": (network(2, side=4), crop(4, interpolation="bicubic"))}


def rows(store) -> dict[str, np.ndarray]:
    d = store.read()
    return {name: d[name].values for name in ("response", "p_target", "p_response")}


def assert_same(one, other):
    for name, values in rows(one).items():
        np.testing.assert_array_equal(values, rows(other)[name])


def test_decisions_are_those_of_each_model_alone(folder, two, tmp_path):
    done = tri.evaluate(two, tmp_path / "x.zarr", data=folder, batch_size=5)
    d = tri.open(tmp_path / "x.zarr")
    items = d["item"].values.tolist()
    assert items == sorted(f"{c}/{k}.png" for c in CLASSES for k in range(6))
    assert d.attrs["classes"] == list(CLASSES)
    target = np.array([CLASSES.index(i.partition("/")[0]) for i in items])
    np.testing.assert_array_equal(d["target"], target)
    for k, (name, (net, transform)) in enumerate(two.items()):
        p = slow(folder, items, net, transform).softmax(1).numpy()
        np.testing.assert_array_equal(d["response"][k, 0], p.argmax(1))
        np.testing.assert_allclose(d["p_target"][k, 0], p[range(18), target], atol=1e-3)
        np.testing.assert_allclose(d["p_response"][k, 0], p.max(1), atol=1e-3)
        assert done.results[k].id == name
        assert done.results[k].top1 == pytest.approx((p.argmax(1) == target).mean())
    assert not (tmp_path / "x.zarr" / "evaluation").exists()
    about = d.attrs["provenance"]["models"]["a"]
    assert about["transform"] == repr(two["a"][1])
    assert len(about["weights_sha256"]) == 64


def test_each_image_is_decoded_once_and_equal_transforms_are_made_once(folder, tmp_path, monkeypatch):
    decoded, transformed = [], []
    read = decoding.decode
    monkeypatch.setattr(
        "trichotomy.datasets.reading.decode", lambda *a, **k: decoded.append(a[1]) or read(*a, **k)
    )
    make = type(crop()).__call__
    monkeypatch.setattr(type(crop()), "__call__", lambda self, p: transformed.append(self) or make(self, p))
    models = {f"m{k}": (network(k), crop()) for k in range(3)} | {"other": (network(9), crop(resize=7))}
    tri.evaluate(models, tmp_path / "x.zarr", data=folder, batch_size=4)
    assert len(decoded) == len(set(decoded)) == 18
    assert [transformed.count(crop()), transformed.count(crop(resize=7))] == [18, 18]


@pytest.mark.parametrize("stops_at", [1, 3, 5])
def test_a_run_that_was_stopped_goes_on_exactly(folder, two, tmp_path, monkeypatch, stops_at):
    monkeypatch.setattr(turns, "SPAN", 4)
    whole = tri.evaluate(two, tmp_path / "whole.zarr", data=folder, batch_size=2)

    def stop(what, done, total):
        if done == 2 * stops_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tri.evaluate(two, tmp_path / "x.zarr", data=folder, batch_size=2, progress=stop)
    parts = sorted((tmp_path / "x.zarr" / "evaluation" / "parts").glob("*.npz"))
    assert len(parts) == 2 * (stops_at // 2)
    if parts:
        parts[0].write_bytes(parts[0].read_bytes()[:-40])  # cut off: made again
    asked = []
    two["a"][0].register_forward_hook(lambda *a: asked.append(len(a[2])))
    again = tri.evaluate(two, tmp_path / "x.zarr", data=folder, batch_size=2, resume=True)
    assert sum(asked) == 18 - 4 * (stops_at // 2) + (4 if parts else 0)
    assert_same(again.store, whole.store)
    assert not (tmp_path / "x.zarr" / "evaluation").exists()
    asked.clear()
    assert_same(
        tri.evaluate(two, tmp_path / "x.zarr", data=folder, batch_size=2, resume=True).store, whole.store
    )
    assert not asked


class Raising(nn.Module):
    def forward(self, _):
        raise ValueError("it does not work")


class Wide(nn.Module):
    def forward(self, x):
        return x


def test_what_fails_is_named_and_the_rest_finish(folder, two, tmp_path):
    spoilt = network(5)
    spoilt[1].weight.data[:] = torch.nan
    models = {
        "raises": (Raising(), crop()),
        "a": two["a"],
        "not finite": (spoilt, crop()),
        "maps": (Wide(), crop()),
        "no class": (network(1, classes=7), crop()),
        "sizes": (network(1), crop(crop=None)),
        "transform": (network(1), lambda _: 1 / 0),
        "no transform": network(1),
        "no network": (3, crop()),
    }
    done = tri.evaluate(models, tmp_path / "x.zarr", data=folder, batch_size=7)
    said = {r.id: r.failure for r in done.results}
    assert said.pop("a") == ""
    for name, words in {
        "raises": "ValueError: it does not work",
        "not finite": "not finite, first for the item 'ape/0.png'",
        "maps": r"gives shape (7, 3, 6, 6) for 7 images",
        "no class": "has 7 outputs, and the data have 3 classes",
        "sizes": "tensors of one size",
        "transform": "ZeroDivisionError",
        "no transform": "has no transform",
        "no network": "gives a int",
    }.items():
        assert words in said[name], said[name]
    alone = tri.evaluate({"a": two["a"]}, tmp_path / "alone.zarr", data=folder, batch_size=7)
    np.testing.assert_array_equal(rows(done.store)["response"][1], rows(alone.store)["response"][0])
    d = done.store.read()
    assert d["failure"].values.tolist() == [r.failure for r in done.results]
    spoilt[1].weight.data[:] = 0.1
    again = tri.evaluate(models, tmp_path / "x.zarr", data=folder, batch_size=7, resume=True)
    assert [r.id for r in again.results if not r.failure] == ["a", "not finite"]


def test_models_that_do_not_fit_together_take_turns(folder, two, tmp_path, monkeypatch):
    together = tri.evaluate(two, tmp_path / "x.zarr", data=folder)
    decoded = []
    read = decoding.decode
    monkeypatch.setattr(
        "trichotomy.datasets.reading.decode", lambda *a, **k: decoded.append(a[1]) or read(*a, **k)
    )
    said = []
    apart = tri.evaluate(
        two, tmp_path / "y.zarr", data=folder, memory=1, progress=lambda *a: said.append(a[0])
    )
    assert_same(together.store, apart.store)
    assert [s for s in dict.fromkeys(said) if s.startswith(("a", "b"))] == ["a, pass 1", "b, pass 2"]
    assert len(decoded) == 18  # the second pass has them from memory
    tri.evaluate(two, tmp_path / "z.zarr", data=folder, memory=1, cache=tmp_path / "cache")
    assert len(decoded) == 36
    tri.evaluate(two, tmp_path / "w.zarr", data=folder, memory=1, cache=tmp_path / "cache")
    assert len(decoded) == 36


def test_a_model_that_runs_out_of_memory_is_asked_again_alone(folder, tmp_path):
    class Hungry(nn.Module):
        def __init__(self, *, always):
            super().__init__()
            self.inner, self.calls, self.always = network(3), 0, always

        def forward(self, x):
            self.calls += 1
            if self.always or self.calls == 2:
                raise torch.OutOfMemoryError("out of memory")
            return self.inner(x)

    models = {
        "a": (network(1), crop()),
        "once": (Hungry(always=False), crop()),
        "always": (Hungry(always=True), crop()),
    }
    done = tri.evaluate(models, tmp_path / "x.zarr", data=folder, batch_size=6)
    assert [r.failure[:35] for r in done.results] == ["", "", "the memory of the device (cpu) is t"]
    alone = tri.evaluate({"once": (network(3), crop())}, tmp_path / "y.zarr", data=folder, batch_size=6)
    np.testing.assert_array_equal(rows(done.store)["p_response"][1], rows(alone.store)["p_response"][0])


def test_what_is_gone_on_with_must_be_the_same(folder, two, tmp_path):
    tri.evaluate(two, tmp_path / "x.zarr", data=folder)

    def again(models=two, **options):
        return tri.evaluate(models, tmp_path / "x.zarr", **{"data": folder, **options})

    with pytest.raises(InputError, match="exists already"):
        again()
    with pytest.raises(InputError, match="begun with other models,"):
        again({"a": two["a"]}, resume=True)
    with pytest.raises(InputError, match="begun with other batch size"):
        again(resume=True, batch_size=3)
    (folder / "ape" / "0.png").unlink()
    with pytest.raises(InputError, match="begun with other images"):
        again(resume=True)
    assert len(again(force=True).store.read()["item"]) == 17
    with pytest.raises(StoreError, match="no store"):
        tri.evaluate(two, folder, data=folder, resume=True)


def test_weights_that_change_while_a_model_is_at_work_are_refused(folder, two, tmp_path, monkeypatch):
    monkeypatch.setattr(turns, "SPAN", 4)

    def stop(what, done, total):
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tri.evaluate(two, tmp_path / "x.zarr", data=folder, batch_size=2, progress=stop)
    two["a"][0][1].bias.data += 1
    done = tri.evaluate(two, tmp_path / "x.zarr", data=folder, batch_size=2, resume=True)
    assert "not those that it began with" in done.results[0].failure
    assert not done.results[1].failure


@pytest.mark.parametrize("what", ["weights", "transform"])
def test_features_are_not_made_by_another_model_than_decisions(folder, two, tmp_path, what):
    module = ModuleType("nets_to_change")
    sys.modules["nets_to_change"] = module
    module.a, module.b = (lambda: two["a"]), (lambda: two["b"])
    specs = ["nets_to_change:a", "nets_to_change:b"]
    options = {"data": folder, "layers": ["logits"]}
    before = tri.evaluate(specs, tmp_path / "x.zarr", **options)
    decided = rows(before.store)
    if what == "weights":
        two["a"][0][1].bias.data += 1
    else:
        two["a"] = (two["a"][0], crop(interpolation="nearest"))
    done = tri.evaluate(specs, tmp_path / "x.zarr", resume=True, features=tmp_path / "f.zarr", **options)
    assert f"the {what} of 'nets_to_change:a' " in done.results[0].failure
    assert "that it began with" in done.results[0].failure
    assert not done.results[1].failure
    assert (done.store.read()["failure"] == "").all()  # the decisions stand
    for name, values in rows(done.store).items():
        np.testing.assert_array_equal(values, decided[name])
    store = FeatureStore(tmp_path / "f.zarr")
    assert [len(store.pending(reading)) for reading in store.readings] == [1, 0]
    assert not tri.evaluate(specs, tmp_path / "x.zarr", resume=True, **options).failed
    del sys.modules["nets_to_change"]


def test_transforms_of_networks_at_hand_are_compared(folder, two, tmp_path):
    tri.evaluate(two, tmp_path / "x.zarr", data=folder)
    changed = {**two, "a": (two["a"][0], crop(interpolation="nearest"))}
    with pytest.raises(InputError, match="begun with other models,"):
        tri.evaluate(changed, tmp_path / "x.zarr", data=folder, resume=True)


def test_a_transform_that_does_not_say_what_it_does_is_noted_on_resuming(folder, two, tmp_path, monkeypatch):
    monkeypatch.setattr(turns, "SPAN", 4)
    opaque = {**two, "a": (two["a"][0], lambda picture: two["a"][1](picture))}

    def stop(what, done, total):
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tri.evaluate(opaque, tmp_path / "x.zarr", data=folder, batch_size=2, progress=stop)
    done = tri.evaluate(opaque, tmp_path / "x.zarr", data=folder, batch_size=2, resume=True)
    assert not done.failed
    (note,) = [note for note in done.notes if "transform" in note]
    assert note.startswith("the transform of 'a' is code that does not say what it does")
    assert not any("transform" in n for n in tri.evaluate(opaque, tmp_path / "y.zarr", data=folder).notes)


def test_options_with_tuples_are_gone_on_with(two, tmp_path, monkeypatch):
    from trichotomy.datasets import load
    from trichotomy.datasets.dataset import Dataset

    pytest.importorskip("sklearn")
    plain = load("digits", test_items=20)
    chosen = Dataset(
        plain.name, plain.classes, plain.train, plain.test, plain.mean, plain.std, {"sides": (8, 8)}
    )
    models = {"a": (network(1, classes=10), crop())}
    first = tri.evaluate(models, tmp_path / "x.zarr", dataset=chosen)
    again = tri.evaluate(models, tmp_path / "x.zarr", dataset=chosen, resume=True)
    assert_same(first.store, again.store)


def test_a_place_of_features_that_is_taken_leaves_decisions_as_they_were(folder, two, tmp_path):
    done = tri.evaluate(two, tmp_path / "x.zarr", data=folder)
    before = rows(done.store)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("x")
    other = {name: (network(7, side=side), crop(side)) for name, side in (("a", 6), ("b", 4))}
    with pytest.raises(InputError, match="not a store of features"):
        tri.evaluate(other, tmp_path / "x.zarr", data=folder, features=tmp_path / "mine", force=True)
    for name, values in rows(done.store).items():
        np.testing.assert_array_equal(values, before[name])
    for place, said in [("mine", "exists already"), ("y.zarr", "need folders apart"), ("y.zarr/f", "apart")]:
        with pytest.raises(InputError, match=said):
            tri.evaluate(two, tmp_path / "y.zarr", data=folder, features=tmp_path / place)
        assert not (tmp_path / "y.zarr").exists()
    tri.evaluate(two, tmp_path / "z.zarr", data=folder, features=tmp_path / "f.zarr", layers=["logits"])
    with pytest.raises(InputError, match="features with other layers"):
        tri.evaluate(two, tmp_path / "y.zarr", data=folder, features=tmp_path / "f.zarr", resume=True)
    assert not (tmp_path / "y.zarr").exists()


def test_logits_are_rows_with_features_too_and_reach_the_targets(folder, two, tmp_path):
    models = {"maps": (Wide(), crop()), "a": two["a"]}
    done = tri.evaluate(
        models, tmp_path / "x.zarr", data=folder, features=tmp_path / "f.zarr", layers=["logits"]
    )
    assert "gives shape (18, 3, 6, 6) for 18 images" in done.results[0].failure
    assert not done.results[1].failure
    flat = tmp_path / "flat"
    flat.mkdir()
    for path in folder.rglob("*.png"):
        path.rename(flat / f"{path.parent.name}{path.name}")
    ids = sorted(path.name for path in flat.iterdir())
    (tmp_path / "n.csv").write_text("image,label\n" + "".join(f"{i},{k}\n" for k, i in enumerate(ids)))
    with pytest.raises(
        InputError, match="nothing is kept: a: 'a' has 3 outputs, and the targets have the class 17"
    ):
        tri.evaluate(two, tmp_path / "y.zarr", data=flat, targets=tmp_path / "n.csv")
    assert not (tmp_path / "y.zarr").exists()


def test_without_targets_and_with_a_file_of_them(folder, two, tmp_path):
    flat = tmp_path / "flat"
    flat.mkdir()
    for path in folder.rglob("*.png"):
        path.rename(flat / f"{path.parent.name}{path.name}")
    done = tri.evaluate(two, tmp_path / "x.zarr", data=flat)
    d = done.store.read()
    assert "p_target" not in d
    assert (d["target"].values == -1).all()
    assert np.isnan(done.results[0].top1)
    assert "no targets" in done.notes[0]
    wider = {**two, "c": (network(1, classes=5), crop())}
    (warning,) = tri.evaluate(wider, tmp_path / "wide.zarr", data=flat).warnings
    assert "the models have 3, 5 outputs" in warning
    ids = d["item"].values.tolist()
    (tmp_path / "t.csv").write_text("image,label\n" + "".join(f"{i},{i[:3]}\n" for i in reversed(ids[1:])))
    named = tri.evaluate(two, tmp_path / "y.zarr", data=flat, targets=tmp_path / "t.csv")
    found = named.store.read()
    assert found.attrs["classes"] == list(CLASSES)
    assert found["target"].values.tolist() == [-1, *([0] * 5), *([1] * 6), *([2] * 6)]
    assert np.isnan(found["p_target"].values[:, 0, 0]).all()
    assert "1 of 18 images have no target" in named.notes
    (tmp_path / "n.csv").write_text("image,label\n" + "".join(f"{i},{CLASSES.index(i[:3])}\n" for i in ids))
    numbered = tri.evaluate(two, tmp_path / "z.zarr", data=flat, targets=tmp_path / "n.csv")
    np.testing.assert_array_equal(numbered.store.read()["response"], found["response"])
    (tmp_path / "w.csv").write_text("image,label\nq,ape\n")
    with pytest.raises(InputError, match="a target for none of the 18 images"):
        tri.evaluate(two, tmp_path / "w.zarr", data=flat, targets=tmp_path / "w.csv")


def test_features_beside_the_decisions(folder, two, tmp_path, monkeypatch):
    monkeypatch.setattr(turns, "SPAN", 4)
    place = tmp_path / "f.zarr"

    def stop(what, done, total):
        if done == 10:
            raise KeyboardInterrupt

    options = {"data": folder, "batch_size": 2, "features": place, "layers": ["penultimate", "logits"]}
    with pytest.raises(KeyboardInterrupt):
        tri.evaluate(two, tmp_path / "x.zarr", progress=stop, **options)
    done = tri.evaluate(two, tmp_path / "x.zarr", resume=True, **options)
    f, d = open_features(place), done.store.read()
    for k, reading in enumerate(readings(f)):
        np.testing.assert_array_equal(matrix(f, reading, "logits").argmax(1), d["response"][k, 0])
    assert matrix(f, readings(f) and next(iter(readings(f))), "penultimate").shape == (18, 108)
    assert np.isfinite(float(tri.similarity(f)["similarity"].max()))


def test_a_damaged_image_is_missing_for_all_models_and_named(folder, two, tmp_path):
    intact = tri.evaluate(two, tmp_path / "intact.zarr", data=folder, batch_size=4)
    damaged = [
        "ape/0.png",
        *(f"bee/{k}.png" for k in range(6)),
    ]  # with the first, and a batch of nothing else
    for name in damaged:
        (folder / name).write_bytes((folder / name).read_bytes()[:60])
    place = tmp_path / "f.zarr"
    done = tri.evaluate(
        two, tmp_path / "x.zarr", data=folder, batch_size=4, features=place, layers=["penultimate", "logits"]
    )
    assert not done.failed
    assert (done.items, done.unreadable, done.as_plain()["unreadable"]) == (18, 7, 7)
    (warning,) = done.warnings
    assert warning.startswith(
        "7 of 18 images cannot be read, and their decisions are missing for all models: "
    )
    assert "'ape/0.png', 'bee/0.png'" in warning
    d, expected = done.store.read(), intact.store.read()
    lost = np.isin(d["item"].values.astype(str), damaged)
    assert (d["response"].values[..., lost] == -1).all()
    assert np.isnan(d["p_target"].values[..., lost]).all()
    assert np.isnan(d["p_response"].values[..., lost]).all()
    np.testing.assert_array_equal(d["response"][..., ~lost], expected["response"][..., ~lost])
    np.testing.assert_array_equal(d["p_target"][..., ~lost], expected["p_target"][..., ~lost])
    target = d["target"].values
    for k, result in enumerate(done.results):
        right = d["response"].values[k, 0] == target
        assert result.top1 == pytest.approx(right[~lost].mean())
    f = open_features(place)
    for reading in readings(f):
        for layer in ("penultimate", "logits"):
            np.testing.assert_array_equal(np.isnan(matrix(f, reading, layer)).all(axis=1), lost)
            np.testing.assert_array_equal(np.isnan(matrix(f, reading, layer)).any(axis=1), lost)
    again = tri.evaluate(two, tmp_path / "x.zarr", data=folder, batch_size=4, resume=True)
    assert again.warnings == done.warnings
    for path in folder.rglob("*.png"):
        path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(InputError, match="none of the 18 images can be read"):
        tri.evaluate(two, tmp_path / "y.zarr", data=folder)


def test_data_sets_by_name_gray_and_in_color(tmp_path):
    pytest.importorskip("sklearn")
    gray = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    from pictures import GRAY

    models = {"gray": (gray, GRAY), "color": (network(1, classes=10), crop())}
    done = tri.evaluate(models, tmp_path / "x.zarr", dataset="digits")
    assert not done.failed
    from trichotomy.datasets import load

    test = load("digits").test
    x = torch.from_numpy(test.images(np.arange(len(test.ids)))).float() / 255
    expected = gray((x - 0.5) / 0.5).argmax(1)
    assert (
        rows(done.store)["response"][0, 0] == expected.numpy()
    ).mean() > 0.999  # float sums in another order
    train = tri.evaluate(
        models, tmp_path / "y.zarr", dataset="digits", split="train", options={"train_items": 50}
    )
    assert train.items == 50


def test_one_split_of_a_data_set_is_asked_and_cached(two, tmp_path, monkeypatch):
    write_pictures(tmp_path / "data" / "train", per_class=2)
    write_pictures(tmp_path / "data" / "val", per_class=4)
    monkeypatch.setattr(
        "trichotomy.datasets.folders.decode_all", lambda *_, **__: None
    )  # as if they were many
    options = {"dataset": "imagefolder", "data": tmp_path / "data"}
    plain = tri.evaluate(two, tmp_path / "x.zarr", **options)
    kept = tri.evaluate(two, tmp_path / "y.zarr", cache=tmp_path / "cache", **options)
    assert_same(plain.store, kept.store)
    assert [p.name.split("-")[:2] for p in (tmp_path / "cache").iterdir()] == [["imagefolder", "test"]]
    assert plain.items == 12
    assert plain.store.read()["item"].values[0] == "test/ape/0.png"
    assert tri.evaluate(two, tmp_path / "z.zarr", split="train", **options).items == 6


def test_what_makes_no_sense_is_refused(folder, two, tmp_path):
    def refused(said, **options):
        with pytest.raises((InputError, LookupError), match=said):
            tri.evaluate(two, tmp_path / "x.zarr", **options)
        assert not (tmp_path / "x.zarr").exists()

    refused("options and the training split are of a data set", data=folder, split="train")
    refused("options and the training split are of a data set", data=folder, options={"shorter": 3})
    refused("combine is of a mapping", data=folder, combine="sum")
    refused("batch_size", data=folder, batch_size=0)
    refused("no split called 'val'", data=folder, split="val")
    refused("no images to evaluate")
    (tmp_path / "empty").mkdir()
    refused("holds no image", data=tmp_path / "empty")
    write_pictures(tmp_path / "split" / "train")
    write_pictures(tmp_path / "split" / "val")
    refused("holds train/, val/ of a data set", data=tmp_path / "split")
    if not torch.cuda.is_available():
        refused("no GPU that PyTorch can use", data=folder, device="cuda")
    with pytest.raises(InputError, match="to a folder of this machine"):
        tri.evaluate(two, "memory://x", data=folder)
