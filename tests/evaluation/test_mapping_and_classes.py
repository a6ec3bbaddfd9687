"""Outputs are matched with classes by name, probabilities combine as declared, and plain disagreement is refused."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))
from pictures import CLASSES, crop, network, slow, write_pictures

import trichotomy as tri
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.evaluation import Crop
from trichotomy.evaluation.classes import imagenet_ids
from trichotomy.evaluation.mapping import read_mapping


@pytest.fixture
def folder(tmp_path) -> Path:
    return write_pictures(tmp_path / "images")


def responses(models, out, **options):
    done = tri.evaluate(models, out, **options)
    assert not done.failed, done.failed
    d = done.store.read()
    return d, {str(o): d["response"][k, 0].values for k, o in enumerate(d["observer"].values)}


def test_outputs_in_another_order_are_joined_by_name(folder, tmp_path):
    straight = network(1, names=("Ape", "bee", "cow"))
    turned = network(1, names=("cow", "ape", "BEE"))
    for tensor in ("weight", "bias"):
        own = getattr(straight[1], tensor).data
        getattr(turned[1], tensor).data[:] = own[[2, 0, 1]]
    more = network(1, classes=5, names=("dog", "cow", "ape", "elk", "bee"))
    more[1].weight.data[[2, 4, 1]], more[1].bias.data[[2, 4, 1]] = (
        straight[1].weight.data,
        straight[1].bias.data,
    )
    models = {"straight": (straight, crop()), "turned": (turned, crop()), "more": (more, crop())}
    d, found = responses(models, tmp_path / "x.zarr", data=folder)
    np.testing.assert_array_equal(found["straight"], found["turned"])
    np.testing.assert_array_equal(found["straight"], found["more"])  # the argmax is among the data's classes
    np.testing.assert_allclose(d["p_target"][0], d["p_target"][2], atol=2e-3)
    how = [d.attrs["provenance"]["models"][name]["classes"] for name in models]
    assert how[:2] == ["the same names in the same order", "by name"]
    assert how[2] == "by name, 3 of the model's 5 classes"


@pytest.mark.parametrize(
    ("classes", "names", "said"),
    [
        (3, ("ape", "bee", "dog"), "knows 2 of the 3 classes by name, not 'cow'"),
        (4, ("ape", "bee", "cow", "cow"), "knows 2 of the 3 classes by name, not 'cow'"),
        (
            4,
            ("w", "x", "y", "z"),
            "4 outputs, and the data have 3 classes; its classes are 'w', 'x', 'y' and 1 more",
        ),
        (4, ("ape", "bee"), "4 outputs and 2 names"),
    ],
)
def test_names_that_plainly_disagree_are_refused(folder, tmp_path, classes, names, said):
    models = {"m": (network(1, classes=classes, names=names), crop())}
    with pytest.raises(InputError, match=said):
        tri.evaluate(models, tmp_path / "x.zarr", data=folder)


@pytest.mark.parametrize("names", [(), ("2", "0", "1"), ("LABEL_0", "LABEL_1", "LABEL_2")])
def test_unknown_names_are_taken_in_order_and_it_is_said(folder, tmp_path, names):
    done = tri.evaluate({"m": (network(1, names=names), crop())}, tmp_path / "x.zarr", data=folder)
    assert done.notes == (
        "the classes of m were taken in the data's order, since their names could not be compared",
    )


@pytest.mark.parametrize("names", [("x", "y", "z"), ("ape", "y", "z")])
def test_other_names_are_refused(folder, tmp_path, names):
    with pytest.raises(InputError, match="are not the data's, 'ape', 'bee'"):
        tri.evaluate({"m": (network(1, names=names), crop())}, tmp_path / "x.zarr", data=folder)


NAMES = ("bee", "cat", "cow", "jet", "van")
GROUPS = {"animal": ["cow", "cat", "bee"], "vehicle": ["van", "jet"]}


def test_under_a_mapping_unnamed_outputs_are_the_data_s_classes_in_their_order(tmp_path):
    """Each output alone is made to win; it counts for the coarse class of the data's class in its place."""
    folder = write_pictures(tmp_path / "images", per_class=2, classes=NAMES)
    (tmp_path / "m.json").write_text(json.dumps(GROUPS))
    models = {}
    for k in range(5):
        models[f"m{k}"] = (network(0, classes=5), crop())
        models[f"m{k}"][0][1].weight.data.zero_()
        models[f"m{k}"][0][1].bias.data = 9.0 * torch.eye(5)[k]
    d, found = responses(models, tmp_path / "x.zarr", data=folder, mapping=tmp_path / "m.json")
    assert d.attrs["classes"] == ["animal", "vehicle"]
    for k, name in enumerate(NAMES):
        assert set(found[f"m{k}"]) == {int(name in GROUPS["vehicle"])}, name
    numbered = write_pictures(tmp_path / "numbered", per_class=2, classes=("0", "1", "2", "3", "4"))
    (tmp_path / "n.json").write_text(json.dumps({"animal": ["2", "1"], "vehicle": ["0", "4", "3"]}))
    n, found = responses(models, tmp_path / "y.zarr", data=numbered, mapping=tmp_path / "n.json")
    assert [set(found[f"m{k}"]) for k in range(5)] == [{1}, {0}, {0}, {1}, {1}]
    assert n.attrs["provenance"]["models"]["m0"]["classes"] == "by number"


def test_under_a_mapping_an_order_that_nothing_tells_is_refused(folder, tmp_path):
    (tmp_path / "m.json").write_text(json.dumps({"ape": ["a", "b"], "bee": ["c"], "cow": ["d"]}))
    models = {"m": (network(3, classes=4), crop())}
    with pytest.raises(
        InputError, match="nothing says which of the 4 outputs of 'm' the mapping's classes are"
    ):
        tri.evaluate(models, tmp_path / "x.zarr", data=folder, mapping=tmp_path / "m.json")


def test_the_data_s_classes_under_a_mapping_are_its_own(tmp_path):
    import pictures

    folder = write_pictures(tmp_path / "images", per_class=2, classes=NAMES)
    (tmp_path / "m.json").write_text(json.dumps(GROUPS))
    pictures.five = lambda: network(3, classes=5)
    (tmp_path / "list.toml").write_text(
        '[[model]]\nid = "m"\nsource = "pictures:five"\nclasses = "data"\n'
        "transform = { resize = 8, crop = 6 }\n"
    )
    options = {"data": folder, "mapping": tmp_path / "m.json"}
    d, found = responses(str(tmp_path / "list.toml"), tmp_path / "x.zarr", **options)
    assert d.attrs["provenance"]["models"]["m"]["classes"] == "by name"
    plain = {"m": (network(3, classes=5), Crop(resize=8, crop=6))}
    _, same = responses(plain, tmp_path / "y.zarr", **options)
    np.testing.assert_array_equal(found["m"], same["m"])


@pytest.mark.parametrize("combine", ["mean", "sum"])
def test_coarse_classes(folder, tmp_path, combine):
    fine = ("ape", "gnu", "yak", "bee", "fly", "cow")
    net = network(3, classes=6, names=fine)
    (tmp_path / "m.csv").write_text(
        "fine,coarse\nape,mammal\ngnu,mammal\nyak,mammal\nfly,insect\nbee,insect\n"
    )
    d, found = responses(
        {"m": (net, crop())}, tmp_path / "x.zarr", data=folder, mapping=tmp_path / "m.csv", combine=combine
    )
    assert d.attrs["classes"] == ["insect", "mammal"]
    items = d["item"].values.tolist()
    assert {i[:3] for i in items} == {"ape", "bee"}  # cows are in no coarse class
    assert d["target"].values.tolist() == [1] * 6 + [0] * 6
    p = slow(folder, items, net, crop()).softmax(1).numpy()
    coarse = np.stack([getattr(p[:, group], combine)(1) for group in ([3, 4], [0, 1, 2])], axis=1)
    np.testing.assert_array_equal(found["m"], coarse.argmax(1))
    share = coarse / coarse.sum(1, keepdims=True)
    np.testing.assert_allclose(d["p_response"][0, 0], share.max(1), atol=1e-3)
    np.testing.assert_allclose(d["p_target"][0, 0], share[range(12), d["target"].values], atol=1e-3)


def test_data_of_coarse_classes(folder, tmp_path):
    (tmp_path / "m.json").write_text(json.dumps({"ape": ["a", "b"], "bee": ["c"], "cow": ["d"]}))
    net = network(3, classes=4, names=("a", "b", "c", "d"))
    d, _ = responses({"m": (net, crop())}, tmp_path / "x.zarr", data=folder, mapping=tmp_path / "m.json")
    assert d.attrs["classes"] == list(CLASSES)
    assert d["target"].values.tolist() == [0] * 6 + [1] * 6 + [2] * 6
    (tmp_path / "n.json").write_text(json.dumps({"ape": [0, 1], "bee": [2], "cow": [3]}))
    numbered = network(3, classes=4)
    n, _ = responses({"m": (numbered, crop())}, tmp_path / "y.zarr", data=folder, mapping=tmp_path / "n.json")
    np.testing.assert_array_equal(n["response"], d["response"])


def test_files_of_mappings(tmp_path):
    forms = {
        "a.csv": "fine,coarse\nx,one\ny,one\nz,two\n",
        "a.json": '{"x": "one", "y": "one", "z": "two"}',
        "a.toml": 'combine = "sum"\n[classes]\none = ["x", "y"]\ntwo = ["z"]\n',
    }
    for name, text in forms.items():
        (tmp_path / name).write_text(text)
        found = read_mapping(tmp_path / name)
        assert found.groups == {"one": ("x", "y"), "two": ("z",)}
        assert found.combine == ("sum" if name.endswith("toml") else "mean")
    for name, text, said in [
        ("b.csv", "fine,coarse\nx,one\nx,two\n", "puts 'x' into 'one' and into 'two'"),
        ("c.csv", "fine\nx\n", "two columns in every row"),
        ("d.json", "[1]", "holds no table"),
        ("e.json", '{"x": "one"}', "has 1 coarse classes"),
        ("f.toml", "[[", "cannot be read"),
        ("none.csv", None, "cannot be read"),
    ]:
        if text is not None:
            (tmp_path / name).write_text(text)
        with pytest.raises(InputError, match=said):
            read_mapping(tmp_path / name)
    with pytest.raises(UnknownNameError, match="Did you mean mean"):
        read_mapping(tmp_path / "a.csv", combine="means")


def test_sixteen_categories():
    sixteen = read_mapping("imagenet16")
    assert len(sixteen.classes) == 16
    assert sixteen.combine == "mean"
    counts = {
        name: len(sixteen.groups[name]) for name in ("airplane", "bear", "dog", "bird", "truck", "oven")
    }
    assert counts == {"airplane": 1, "bear": 4, "dog": 109, "bird": 49, "truck": 8, "oven": 1}
    if find_spec("timm") is None:
        pytest.skip("timm, which lists ImageNet's classes, is not installed")
    order = imagenet_ids(("n01440764",))
    assert [order.index(w) for w in sixteen.groups["knife"] + sixteen.groups["cat"]] == [
        499,
        *range(281, 287),
    ]


@pytest.mark.skipif(
    find_spec("timm") is None, reason="timm, which lists ImageNet's classes, is not installed"
)
def test_imagenet_by_its_ids(tmp_path):
    order = imagenet_ids(("n01440764",))
    assert order == sorted(order)
    wanted = [order[7], order[3], order[500]]
    folder = write_pictures(tmp_path / "images", classes=wanted)
    net = network(4, classes=1000)
    d, found = responses({"m": (net, crop())}, tmp_path / "x.zarr", data=folder)
    logits = slow(folder, d["item"].values.tolist(), net, crop())[:, [3, 7, 500]]
    np.testing.assert_array_equal(found["m"], logits.argmax(1))
    from trichotomy.evaluation.classes import _lemmas

    words = [sorted(_lemmas()[w])[0] for w in order]
    names = network(4, classes=1000, names=words)
    _, same = responses({"m": (names, crop())}, tmp_path / "y.zarr", data=folder)
    np.testing.assert_array_equal(same["m"], found["m"])
    turned = {"m": (network(4, classes=1000, names=words[::-1]), crop())}
    with pytest.raises(InputError, match="names ImageNet's classes in another order"):
        tri.evaluate(turned, tmp_path / "z.zarr", data=folder)


def test_top1_beside_what_is_expected(tmp_path):
    folder = write_pictures(tmp_path / "images", per_class=120)
    target = torch.arange(3)
    sure = network(1)
    sure[1].weight.data[:] = 0
    sure[1].weight.data.view(3, 3, 36)[target, target] = 1  # the class is the tint
    torch.save(sure.state_dict(), tmp_path / "sure.pth")
    listed = """
[[model]]
id = "{id}"
source = "pictures:for_lists"
checkpoint = "sure.pth"
expected = {expected}
expected_source = "its card"
transform = {{ resize = 8, crop = 6 }}
"""
    import pictures

    pictures.for_lists = lambda: network(9)
    text = "".join(listed.format(id=f"m{k}", expected=e) for k, e in enumerate((0.99, 0.9)))
    (tmp_path / "list.toml").write_text(text)
    done = tri.evaluate(str(tmp_path / "list.toml"), tmp_path / "x.zarr", data=folder)
    assert [r.top1 > 0.97 for r in done.results] == [True, True]
    assert [r.expected for r in done.results] == [0.99, 0.9]
    (warning,) = done.warnings
    assert warning.startswith("m1 reaches")
    assert "90.0% is expected (its card): check the order of its classes" in warning
    assert done.store.read().attrs["provenance"]["warnings"] == [warning]
    chance = network(1)
    chance[1].weight.data[:] = 0
    chance[1].bias.data[0] = 1
    (said,) = tri.evaluate({"c": (chance, crop())}, tmp_path / "y.zarr", data=folder).warnings
    assert said.startswith("c is right on 33.3% of the images, as by chance")
