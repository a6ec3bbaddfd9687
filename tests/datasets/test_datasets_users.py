"""One's own data set by module and attribute: used as it is, or refused with the reason."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from trichotomy.datasets import load
from trichotomy.datasets.selection import Selection
from trichotomy.errors import InputError, UnknownNameError

CODE = """
from dataclasses import replace
import numpy as np
from trichotomy.datasets import ArraySplit, Augmentation, Dataset

def split(name, n, order=1):
    images = np.arange(n * 4, dtype=np.uint8).reshape(n, 1, 2, 2)
    return ArraySplit(images, np.arange(n) % 2, [f"{name}/{i}" for i in range(n)])

READY = Dataset("mine", ("a", "b"), split("train", 6), split("test", 4), (0.5,), (0.2,), {})

def make(*, n=6, data=None, seed=0):
    return replace(READY, train=split("train", n), options={"made": str(data), "seed": seed})

class Mine(Dataset):
    def __init__(self, n=8):
        super().__init__("own", ("a", "b"), split("train", n), split("test", 4), (0.5,), (0.2,), {})

class Unsorted:
    ids = np.array(["test/z", "test/a"], object)
    labels = np.array([1, 0])
    channels, size, paths = 1, (2, 2), None
    def images(self, positions, augmentation=Augmentation(), draws=None):
        return np.array([[[[9, 9], [9, 9]]], [[[1, 1], [1, 1]]]], np.uint8)[positions]
    def content_hash(self):
        return "0" * 64

UNSORTED = replace(READY, test=Unsorted())
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Put a module into the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    written: list[str] = []

    def write(extra: str = "", *, name: str = "my_images") -> str:
        (tmp_path / f"{name}.py").write_text(CODE + extra)
        written.append(name)
        return name

    yield write
    for name in written:
        sys.modules.pop(name, None)


def test_a_ready_data_set(module):
    d = load(f"{module()}:READY")
    assert d.name == "my_images:READY"
    assert d.train.ids.tolist() == [f"train/{i}" for i in range(6)]
    assert d.options == {}


def test_a_function_gets_its_options_and_what_it_asks_for(module, tmp_path: Path):
    d = load(f"{module()}:make", data=tmp_path, n=8, seed=3)
    assert len(d.train.ids) == 8
    assert d.options == {"n": 8, "seed": 3}
    again = load(d.name, data=tmp_path, **d.options)
    assert again.train.content_hash() == d.train.content_hash()


def test_a_class_of_ones_own(module):
    d = load(f"{module()}:Mine", n=10, train_items=4)
    assert len(d.train.ids) == 4
    assert np.bincount(d.train.labels).tolist() == [2, 2]
    assert isinstance(d.train, Selection)
    assert d.options == {"n": 10, "train_items": 4, "seed": 0}


def test_items_are_sorted_by_id(module):
    d = load(f"{module()}:UNSORTED")
    assert d.test.ids.tolist() == ["test/a", "test/z"]
    assert d.test.labels.tolist() == [0, 1]
    assert d.test.images([0, 1])[:, 0, 0, 0].tolist() == [1, 9]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("X = 5", "my_images:X gives a int; it must give a trichotomy.datasets.Dataset"),
        ("def X(): return None", "my_images:X gives a NoneType"),
        ("def X(): raise KeyError('oh\\nno')", r"the code of .* my_images:X fails \(KeyError: 'oh\\nno'\); correct it"),
        ("X = replace(READY, classes=())", "has no classes or two of the same name"),
        ("X = replace(READY, classes=('a', 'a'))", "has no classes or two of the same name"),
        ("X = replace(READY, mean=(0.5, 0.5))", r"has 1 channels, mean \(0\.5, 0\.5\) and std \(0\.2,\); give one"),
        ("X = replace(READY, std=(0.0,))", "give one number per channel, the std above 0"),
        ("X = replace(READY, test=READY.train)", "the id 'train/0' is in both splits; begin the ids with"),
        ("X = replace(READY, classes=('a',))", "the train split of .* has labels from 0 to 1; they number the"),
        ("X = replace(READY, test=split('test', 0))", "the test split of my_images:X has 0 ids"),
        ("X = READY; X.test.ids[1] = 'test/0'", "has the id 'test/0' more than once; ids are unique"),
        ("X = READY; X.test.ids[1] = 1", "has the id 1; ids are text"),
        ("X = READY; X.test.labels = X.test.labels[:3]", r"has 4 ids and labels of shape \(3,\)"),
        ("X = READY; X.test.labels = X.test.labels - 1", "has labels from -1 to 0"),
        ("X = READY; X.test.images = lambda p, a=None, d=None: np.zeros((1, 1, 2, 2))", "gives images of float64 and"),
        ("X = READY; X.test.images = lambda p, a=None, d=None: np.zeros((1, 2, 2), np.uint8)", "give uint8 of shape"),
        ("X = replace(READY, test=object())", "the code of the data set my_images:X fails \\(AttributeError"),
    ],
)  # fmt: skip
def test_what_is_no_data_set_is_refused(module, code: str, message: str):
    with pytest.raises(InputError, match=message) as refused:
        load(f"{module(code)}:X")
    assert "\n" not in str(refused.value)


def test_a_sentence_of_its_own_is_kept(module):
    code = "from trichotomy.errors import InputError\ndef X(): raise InputError('it is broken; mend it')"
    with pytest.raises(InputError, match=r"^it is broken; mend it$"):
        load(f"{module(code)}:X")


def test_options_that_are_not_taken_are_refused(module, tmp_path: Path):
    name = module("def bare(): return READY\ndef free(**options): return READY")
    with pytest.raises(UnknownNameError, match=f"no option of the data set {name}:make called 'm'"):
        load(f"{name}:make", m=3)
    with pytest.raises(InputError, match=f"{name}:READY is a data set and no function, and takes no 'n'"):
        load(f"{name}:READY", n=3)
    with pytest.raises(InputError, match=f"{name}:READY is a data set and no function, and takes no 'data'"):
        load(f"{name}:READY", data=tmp_path)
    with pytest.raises(InputError, match=f"{name}:bare has no parameter 'data'"):
        load(f"{name}:bare", data=tmp_path)
    with pytest.raises(InputError, match="the options of my_images:free are no plain JSON"):
        load(f"{name}:free", n=object())
    assert load(f"{name}:free", n=[1]).options == {"n": [1]}


def test_modules_that_cannot_be_imported_are_named(module, tmp_path: Path):
    with pytest.raises(
        InputError, match=r"no module 'no_such_module' .* known data sets are gaussian, digits"
    ):
        load("no_such_module:x")
    with pytest.raises(InputError, match="the module 'my_images' has no 'absent'"):
        load(f"{module()}:absent")
    with pytest.raises(
        InputError, match=r"the code of the data set broken:x fails \(ModuleNotFoundError: .*'not_there'\)"
    ):
        load(f"{module('import not_there', name='broken')}:x")
    with pytest.raises(InputError, match=r"the code of the data set wrong:x fails \(SyntaxError"):
        load(f"{module('def', name='wrong')}:x")
    with pytest.raises(UnknownNameError, match="no data set called 'a b:c'"):
        load("a b:c")
