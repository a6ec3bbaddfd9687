"""A study as a whole: what its store holds, and that the statistics can read it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
import torch
from small_study import CONDITIONS, SMALL, InProcess, carried_out, differing, only, weights

import trichotomy as tri
from trichotomy import datasets, models
from trichotomy.decisions import Store
from trichotomy.errors import MissingExtraError, TrichotomyError
from trichotomy.stats import condition_consistency
from trichotomy.training import Condition, Event, LocalExecutor, Machine, Plan, plan_study, study
from trichotomy.training.feed import Feed
from trichotomy.training.job import STATES
from trichotomy.training.loop import Trainer, set_up
from trichotomy.training.randomness import seed_of

DATA = datasets.load("gaussian", **SMALL.dataset)


@pytest.fixture(scope="module")
def found(small_store):
    return tri.open(small_store).load()


def test_the_store_holds_every_planned_decision_and_no_other(found):
    planned = found["planned_epochs"].values
    assert dict(found.sizes) == {"observer": 31, "epoch": 14, "item": 50, "measure": 4}
    expected = np.arange(14) < planned[:, None]
    for name in ("response", "p_target", "p_response"):
        values = found[name].values
        recorded = values >= 0 if name == "response" else np.isfinite(values)
        assert np.array_equal(recorded, np.broadcast_to(expected[..., None], values.shape)), name


def test_nothing_is_pending_and_nothing_has_failed(small_store, found):
    assert Store(small_store).pending() == []
    assert set(map(str, found["failure"].values)) == {""}


def test_items_are_the_test_images(found):
    assert found["item"].values.tolist() == DATA.test.ids.tolist()
    assert found["target"].values.tolist() == DATA.test.labels.tolist()
    assert tuple(found.attrs["classes"]) == DATA.classes


def test_observers_say_what_they_are(found):
    mine = found.sel(observer="combined-2")
    names = ("condition", "instance", "kind", "architecture", "learning_rate", "planned_epochs")
    coordinates = {name: mine[name].item() for name in names}
    assert coordinates == {
        "condition": "combined",
        "instance": 1,
        "kind": "model",
        "architecture": "tiny-plain",
        "learning_rate": 0.149,
        "planned_epochs": 4,
    }


def test_epoch_0_is_tested_before_training(small_store, found):
    """Its decisions are those of the network as it was built."""
    network = models.build(
        "tiny-resnet", classes=10, channels=1, size=8, seed=seed_of(1312, "initialization")
    )
    for name, values in network.state_dict().items():
        assert torch.equal(values, weights(small_store, "base", 0)[name])
    set_up(Machine(), SMALL.settings)
    cpu = torch.device("cpu")
    feed = Feed(DATA, SMALL.settings, seed=1312, machine=Machine(), device=cpu)
    tested = Trainer(network, feed, SMALL.settings, seed=1312, machine=Machine(), device=cpu).test()
    base = found.sel(observer="base", epoch=0)
    assert base["response"].values.tolist() == tested.responses.tolist()
    assert base["p_target"].values.tolist() == tested.p_target.astype(np.float16).tolist()
    assert base["p_response"].values.tolist() == tested.p_response.astype(np.float16).tolist()


@pytest.mark.parametrize("epoch", [0, 2, 13])
def test_recorded_decisions_are_those_of_the_weights_kept(small_store, found, epoch):
    network = models.build("tiny-resnet", classes=10, channels=1, size=8, seed=0)
    network.load_state_dict(weights(small_store, "base", epoch))
    network.eval()
    with torch.no_grad():
        inputs = (torch.from_numpy(DATA.test.images(np.arange(50))).float() / 255 - 0.5) / 0.25
        p = network(inputs).softmax(1).numpy()
    base = found.sel(observer="base", epoch=epoch)
    assert base["response"].values.tolist() == p.argmax(1).tolist()
    np.testing.assert_allclose(base["p_response"].values, p.max(1), atol=1e-3)
    np.testing.assert_allclose(base["p_target"].values, p[np.arange(50), DATA.test.labels], atol=1e-3)


def test_measures_are_those_of_the_decisions(found):
    measures = found["measures"]
    right = (found["response"] == found["target"]).mean("item")
    run = np.arange(14) < found["planned_epochs"].values[:, None]
    np.testing.assert_allclose(
        measures.sel(measure="test_accuracy").values[run], right.values[run], rtol=1e-6
    )
    assert np.isfinite(measures.sel(measure="test_loss").values[run]).all()
    assert np.isnan(measures.values[~run]).all()


def test_there_are_no_training_measures_before_training(found):
    training = found["measures"].sel(measure=["train_loss", "train_accuracy"])
    assert np.isnan(training.sel(epoch=0).values).all()
    assert np.isfinite(training.sel(epoch=[1, 2, 3]).values).all()


def test_networks_learn(found):
    """Ten classes of noise: base is past chance after 13 epochs of 100 images."""
    loss = found["measures"].sel(observer="base", measure="train_loss").values[1:]
    assert loss[-1] < loss[0]
    assert float(found["measures"].sel(observer="base", measure="test_accuracy")[-1]) > 0.2


def test_the_provenance_holds_all_that_decisions_depend_on(found):
    plan = found.attrs["provenance"]["study"]
    assert json.loads(json.dumps(plan)) == plan
    assert (plan["recipe"], plan["seed"], plan["keep_states"]) == ("small", 1312, "all")
    assert plan["machine"] == {
        "device": "cpu", "precision": "fp32", "channels_last": True, "compiled": False, "threads": 1,
        "ranks": 1, "cuda_graphs": False,
    }  # fmt: skip
    assert plan["dataset"] == {"name": "gaussian", "data": None, "options": dict(SMALL.dataset)}
    assert len(plan["identity"]["code"]) == 64
    assert plan["identity"]["data"]["test"] == DATA.test.content_hash()
    assert {"torch", "numpy"} <= set(plan["identity"]["versions"])
    assert any("emulation" in note for note in plan["notes"])
    assert len(plan["runs"]) == 31


def test_the_statistics_compare_as_planned(found):
    """Every condition but base; 'plus 1' is base's epoch 4 beside its epoch 3."""
    result = condition_consistency(found, epoch=3)
    assert result["condition"].values.tolist() == [c.name for c in CONDITIONS if c.name != "base"]
    assert result["pairs"].sel(condition=["order", "half-data", "different-data"]).values.tolist() == [
        5,
        2,
        1,
    ]
    right = found["response"].sel(observer="base") == found["target"]
    a, b = right.sel(epoch=4).values, right.sel(epoch=3).values
    expected = a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean())
    kappa = ((a == b).mean() - expected) / (1 - expected)
    assert float(result["kappa"].sel(condition="plus-1")) == pytest.approx(kappa)


@pytest.mark.parametrize(("keep", "epochs"), [("all", [0, 1, 2, 3]), ("last", [3]), ("none", [])])
def test_states_are_kept_as_asked(tmp_path, keep, epochs):
    out = carried_out(tmp_path / "s.zarr", replace(only("nesterov"), keep_states=keep))
    for observer in ("base", "nesterov"):
        kept = sorted((out / STATES / observer).glob("epoch-*.safetensors"))
        assert [int(p.stem[-4:]) for p in kept] == epochs


def test_what_jobs_keep_in_the_store_does_not_disturb_others(small_store):
    """Zarr itself warns of what it does not know, and a warning is an error here."""
    import zarr

    group = zarr.open_group(small_store, mode="r")
    assert {"response", "p_target", "p_response", "measures"} <= {name for name, _ in group.arrays()}
    assert [name for name, _ in group.groups()] == ["study"]


def test_the_plan_is_told_before_the_first_run_starts(tmp_path):
    heard: list[str] = []

    def planned(plan: Plan, groups: list[tuple[str, ...]]) -> None:
        heard.append(f"{len(plan.runs)} planned, {groups} left")

    def told(event: Event) -> None:
        heard.append(event.kind)

    study(
        "gaussian",
        tmp_path / "s.zarr",
        recipe=only("nesterov"),
        executor=InProcess(),
        lockstep=1,
        told=told,
        planned=planned,
    )
    assert heard[0] == "2 planned, [('base',), ('nesterov',)] left"
    assert heard[1:] == ["started", *["epoch"] * 4, "done"] * 2


def test_what_is_read_is_told(tmp_path):
    pytest.importorskip("PIL")
    from PIL import Image

    for split in ("train", "test"):
        for name in ("a", "b"):
            folder = tmp_path / "images" / split / name
            folder.mkdir(parents=True)
            for k in range(4):
                pixels = np.random.default_rng(k).integers(0, 255, (8, 8, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"{k}.png")
    heard: list[tuple[str, int, int]] = []
    plan, _ = plan_study(
        f"imagefolder:{tmp_path / 'images'}",
        recipe=replace(only(), dataset={}),
        progress=lambda *words: heard.append(words),
    )
    assert heard[0] == ("listing train/, 4 images so far", 0, 0)
    assert heard[-3][1:] == (16, 16)
    assert [words for words, *_ in heard[-2:]] == [
        f"hashing the {s} split, 8 images" for s in ("train", "test")
    ]
    assert plan.runs[0].observer == "base"


def test_without_torch_the_extra_is_named(monkeypatch):
    module = import_module("trichotomy.training.study")
    real = module.find_spec
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == "safetensors" else real(name))
    with pytest.raises(MissingExtraError, match=r"trichotomy\[train\]"):
        plan_study("gaussian", recipe=only())


def test_a_users_own_data_set_is_studied(tmp_path, monkeypatch):
    (tmp_path / "my_data.py").write_text(
        "import numpy as np\n"
        "from trichotomy.datasets import ArraySplit, Dataset\n"
        "def stripes(items=40, seed=0):\n"
        "    rng, splits = np.random.default_rng(seed), []\n"
        "    for split in ('train', 'test'):\n"
        "        labels = np.arange(items) % 2\n"
        "        images = rng.integers(0, 99, (items, 1, 8, 8), dtype=np.uint8)\n"
        "        images[labels == 1, :, ::2] += 120\n"
        "        splits.append(ArraySplit(images, labels, [f'{split}/{i:03d}' for i in range(items)]))\n"
        "    return Dataset('stripes', ('plain', 'striped'), *splits, (0.5,), (0.25,), {})\n"
    )
    monkeypatch.chdir(tmp_path)
    recipe = replace(only(), dataset={"items": 60})
    outcome = study("my_data:stripes", tmp_path / "s.zarr", recipe=recipe, executor=InProcess())
    assert outcome.finished == ("base",)
    d = tri.open(tmp_path / "s.zarr")
    assert d.sizes["item"] == 60
    assert float(d["measures"].sel(observer="base", epoch=3, measure="test_accuracy")) > 0.9


def test_a_condition_of_ones_own_in_three_lines(tmp_path):
    mine = Condition("heavier", "weight decay", ({"weight_decay": 1e-3}, {"weight_decay": 1e-2}))
    outcome = study(
        "gaussian", tmp_path / "s.zarr", recipe=replace(only(), conditions=(CONDITIONS[0], mine)),
        executor=InProcess(),
    )  # fmt: skip
    assert outcome.finished == ("base", "heavier-1", "heavier-2")


def test_bfloat16_and_contiguous_memory_are_part_of_a_study(tmp_path):
    machine = Machine(precision="bf16", channels_last=False)
    out = carried_out(tmp_path / "s.zarr", only(), machine=machine)
    again = carried_out(tmp_path / "t.zarr", only(), machine=machine)
    plain = carried_out(tmp_path / "u.zarr", only())
    one, two, other = (tri.open(p)["p_target"].values for p in (out, again, plain))
    assert one.tobytes() == two.tobytes()
    assert one.tobytes() != other.tobytes()
    assert tri.open(out).attrs["provenance"]["study"]["machine"]["precision"] == "bf16"


@pytest.mark.parametrize(
    ("machine", "message"),
    [
        ({"precision": "fp8"}, "fp32, bf16, fp16"),
        ({"device": "gpu"}, "no device called 'gpu'"),
        ({"threads": 0}, "at least one"),
    ],
)
def test_a_machine_that_there_is_not_is_refused(machine, message):
    with pytest.raises(TrichotomyError, match=message):
        Machine(**machine)


@pytest.mark.long
@pytest.mark.skipif(shutil.which("c++") is None, reason="torch.compile needs a C++ compiler")
def test_compiled_networks_are_themselves_again(tmp_path):
    """In a process of their own, or after another of the same architecture in the same one."""
    one, two = (
        carried_out(
            tmp_path / f"{workers}.zarr",
            only("nesterov"),
            machine=Machine(compiled=True),
            executor=LocalExecutor(("cpu",) * workers),
        )
        for workers in (1, 2)
    )
    assert differing(one, two) == []
