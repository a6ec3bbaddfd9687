"""Data sets by name: what is known, what is refused, and that options make the same again."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys

import numpy as np
import pytest

from trichotomy import datasets
from trichotomy.datasets import load, names
from trichotomy.datasets.loading import DATASETS
from trichotomy.errors import InputError, UnknownNameError


def test_names_are_those_of_the_registry_and_two_forms():
    assert names() == [
        "gaussian",
        "digits",
        "cifar10",
        "cifar100",
        "imagenet",
        "shards",
        "imagefolder:PATH",
        "module:attribute",
    ]
    assert all(callable(loader) for _, loader in DATASETS)


def test_every_public_name_is_there():
    assert {"Augmentation", "Dataset", "Split", "draws", "load", "names"} <= set(datasets.__all__)
    assert all(getattr(datasets, name) is not None for name in datasets.__all__)


def test_unknown_names_and_options_say_what_is_close():
    with pytest.raises(UnknownNameError, match=r"no data set called 'gausian'. Did you mean gaussian"):
        load("gausian")
    with pytest.raises(UnknownNameError, match=r"no data set called 'zzz'. Known: .*module:attribute"):
        load("zzz")
    with pytest.raises(
        UnknownNameError, match=r"no option of the data set gaussian called 'chanels'. Did you mean ch"
    ):
        load("gaussian", chanels=3)
    with pytest.raises(
        UnknownNameError,
        match=r"no option of the data set imagenet called 'train_item'. Did you",
    ):
        load("imagenet", train_item=3)


@pytest.mark.parametrize("name", ["gaussian", "digits"])
def test_a_folder_where_none_is_read_is_refused(name: str, tmp_path):
    with pytest.raises(
        InputError, match=f"the data set {name} is read from no folder; leave the data folder out"
    ):
        load(name, data=tmp_path)


def test_an_image_folder_is_named_once(tmp_path):
    for name, data in ((f"imagefolder:{tmp_path}", tmp_path), ("imagefolder:", None)):
        with pytest.raises(InputError, match="is to name one folder, as in imagefolder:PATH; name it once"):
            load(name, data=data)


@pytest.mark.parametrize("seed", [-1, 2**64, 0.5, "1", None])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(InputError, match=r"the seed is .*; give a whole number from 0 to"):
        load("gaussian", seed=seed)


@pytest.mark.parametrize("what", ["train_items", "test_items"])
def test_subsets_are_whole_numbers_within_the_split(what: str):
    for count in (0, 1.5, "3"):
        with pytest.raises(InputError, match=f"{what} is .*; give a whole number of at least 1"):
            load("gaussian", **{what: count})
    with pytest.raises(InputError, match=f"{what} is 20000, but there are .* items; ask for fewer"):
        load("gaussian", **{what: 20_000})


def test_subsets_are_stratified_and_the_rest_is_untouched():
    whole, part = load("gaussian", seed=2), load("gaussian", seed=2, train_items=105)
    assert np.bincount(part.train.labels).tolist().count(10) == 5
    assert np.bincount(part.train.labels).tolist().count(11) == 5
    assert part.test.content_hash() == whole.test.content_hash()
    positions = np.searchsorted(whole.train.ids, part.train.ids)
    np.testing.assert_array_equal(part.train.images(np.arange(105)), whole.train.images(positions))


@pytest.mark.parametrize(
    ("name", "options"),
    [("gaussian", {"size": 5, "classes": 3, "seed": 9}), ("gaussian", {"train_items": 7}), ("digits", {"seed": 4})],
)  # fmt: skip
def test_the_options_make_the_same_again(name: str, options):
    if name == "digits":
        pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    first = load(name, **options)
    again = load(first.name, **json.loads(json.dumps(first.options)))
    assert again.options == first.options
    assert (again.classes, again.mean, again.std) == (first.classes, first.mean, first.std)
    for split in ("train", "test"):
        assert getattr(again, split).content_hash() == getattr(first, split).content_hash()


def test_numpy_numbers_are_recorded_as_plain_ones():
    d = load("gaussian", seed=np.int64(3), train_items=np.int32(20))
    assert json.loads(json.dumps(d.options)) == d.options


def test_data_sets_pickle():
    d = load("gaussian", train_items=30)
    back = pickle.loads(pickle.dumps(d))
    assert back.options == d.options
    np.testing.assert_array_equal(back.test.images([3, 1]), d.test.images([3, 1]))


def test_the_package_imports_nothing_heavy():
    code = (
        "import sys, trichotomy.datasets as t; d = t.load('gaussian'); d.train.images([0]); "
        "print({'torch', 'torchvision', 'matplotlib', 'sklearn', 'pandas', 'xarray', 'zarr'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
