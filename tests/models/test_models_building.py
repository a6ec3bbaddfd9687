"""A network is a function of its name, its numbers and its seed, and of nothing else."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trichotomy import models
from trichotomy.errors import InputError, MissingExtraError, UnknownNameError

TINY = ("tiny-resnet", "tiny-plain")


def same_weights(a: torch.nn.Module, b: torch.nn.Module) -> bool:
    left, right = a.state_dict(), b.state_dict()
    return left.keys() == right.keys() and all(torch.equal(left[key], right[key]) for key in left)


@given(name=st.sampled_from(TINY), seed=st.integers(0, 2**32 - 1), noise=st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_the_seed_alone_decides_the_weights_and_nothing_global_moves(name, seed, noise):
    first = models.build(name, classes=10, channels=1, size=8, seed=seed)
    torch.default_generator.manual_seed(noise)
    np.random.seed(noise)  # noqa: NPY002
    random.seed(noise)
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    second = models.build(name, classes=10, channels=1, size=8, seed=seed)
    assert same_weights(first, second)
    assert torch.equal(before[0], torch.get_rng_state())
    assert np.array_equal(before[1], np.random.get_state()[1])  # noqa: NPY002
    assert before[2] == random.getstate()


@pytest.mark.parametrize("name", TINY)
def test_another_seed_gives_other_weights(name):
    networks = [models.build(name, classes=10, channels=1, size=8, seed=seed) for seed in (0, 1, 2**32 - 1)]
    stems = {network.stem[0].weight.detach().numpy().tobytes() for network in networks}
    assert len(stems) == 3


def test_accelerators_are_not_reseeded(monkeypatch):
    monkeypatch.setattr(torch, "manual_seed", lambda _: pytest.fail("this seeds accelerators too"))
    assert models.build("tiny-plain", classes=2, channels=1, size=8, seed=3).training


def test_a_seed_may_be_numpys():
    first, second = (models.build("tiny-plain", classes=2, size=8, seed=s) for s in (np.uint32(9), 9))
    assert same_weights(first, second)


def test_torch_looks_at_no_more_than_32_bits_of_a_seed():
    """Why larger seeds are refused: if this fails one day, they need not be."""
    small, large = torch.Generator().manual_seed(7), torch.Generator().manual_seed(7 + 2**32)
    assert torch.equal(torch.rand(5, generator=small), torch.rand(5, generator=large))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"classes": 0}, "classes=0 .* at least 1"),
        ({"channels": 0}, "channels=0 .* at least 1"),
        ({"size": 0}, "size=0 .* at least 1"),
        ({"seed": -1}, "seed=-1 .* from 0 to 4294967295"),
        ({"seed": 2**32}, "seed=4294967296 .* from 0 to 4294967295"),
    ],
)
def test_numbers_out_of_range_are_refused(changed, message):
    with pytest.raises(InputError, match=message):
        models.build("tiny-plain", **{"classes": 2, "channels": 1, "size": 8, "seed": 0, **changed})


def test_a_slip_in_an_own_name_is_told_without_torchvision(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(UnknownNameError, match=r"no network called 'tiny-resnt'\. Did you mean tiny-resnet"):
        models.build("tiny-resnt", classes=2, seed=0)


@pytest.mark.parametrize(
    ("package", "name", "extra"),
    [
        ("torch", "tiny-resnet", "train"),
        ("torchvision", "resnet18", "vision"),
        ("torchvision", "timm:resnet18", "vision"),
        ("timm", "timm:resnet18", "vision"),
    ],
)
def test_a_missing_package_names_the_extra(torchvision_importable, monkeypatch, package, name, extra):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=rf'pip install "trichotomy\[{extra}\]"'):
        models.build(name, classes=2, seed=0)


def test_without_torchvision_the_own_networks_are_listed(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    assert models.names() == list(TINY)


def test_importing_the_package_does_not_load_torch():
    program = "import sys, trichotomy.models; print('torch' in sys.modules, 'numpy.random' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == "False"


# The user's own networks

USERS = """
import random
import numpy as np
import torch
from torch import nn

def linear(*, classes, channels, size):
    network = nn.Sequential(nn.Flatten(), nn.Linear(channels * size**2, classes))
    with torch.no_grad():
        network[1].bias[0] = np.random.rand() + random.random()
    return network

class Lazy(nn.Module):
    def __init__(self, classes, channels, size):
        super().__init__()
        self.layer = nn.LazyLinear(classes)
    def forward(self, x):
        return self.layer(x.flatten(1))

def positional(classes, channels): return nn.Identity()
def none(classes, channels, size): return None
def unfit(classes, channels, size): return nn.Sequential(nn.Flatten(), nn.Linear(5, classes))
def two_outputs(classes, channels, size):
    class Two(nn.Module):
        def forward(self, x): return x, x
    return Two()
def too_many(classes, channels, size): return nn.Sequential(nn.Flatten(), nn.Linear(size**2, classes + 1))
number = 3
"""


@pytest.fixture
def users(tmp_path, monkeypatch):
    (tmp_path / "my_networks.py").write_text(USERS)
    (tmp_path / "needs_more.py").write_text("import no_such_package")
    monkeypatch.syspath_prepend(tmp_path)
    yield "my_networks"
    sys.modules.pop("my_networks", None)


def test_global_state_is_restored_after_a_failure(users):
    before = torch.get_rng_state()
    with pytest.raises(InputError, match="does not work"):
        models.build(f"{users}:unfit", classes=3, channels=1, size=4, seed=1)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("attribute", ["linear", "Lazy"])
def test_a_users_network_is_seeded_like_any_other(users, attribute):
    first, again, other = (
        models.build(f"{users}:{attribute}", classes=3, channels=1, size=4, seed=seed) for seed in (5, 5, 6)
    )
    assert same_weights(first, again)
    assert not same_weights(first, other)
    assert first(torch.zeros(7, 1, 4, 4)).shape == (7, 3)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_module:net", "no_such_module:net' names a module that is not found; put its folder on PYTHONPATH"),
        ("my_networks:", "not of the form PACKAGE.MODULE:ATTRIBUTE"),
        (":linear", "not of the form PACKAGE.MODULE:ATTRIBUTE"),
        ("builtins:type", "must be callable with classes=, channels= and size= by name"),
        ("my_networks:absent", "'absent' does not exist in my_networks"),
        ("my_networks:number", "'number' cannot be called in my_networks"),
        ("my_networks:positional", "must be callable with classes=, channels= and size= by name"),
        ("my_networks:none", "returned NoneType; a network must be a torch.nn.Module"),
        ("my_networks:unfit", r"does not work with images of 1 channel\(s\) and 4 x 4 pixels: .*shapes"),
        ("my_networks:two_outputs", "returns tuple for two images"),
        ("my_networks:too_many", r"returns shape \(2, 4\) for two images; with 3 classes it must be \(2, 3\)"),
    ],
)  # fmt: skip
def test_a_users_network_that_does_not_fit_is_told_before_training(users, name, message):
    with pytest.raises(InputError, match=message):
        models.build(name, classes=3, channels=1, size=4, seed=0)


def test_what_a_users_module_lacks_is_not_taken_for_the_module(users):
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        models.build("needs_more:net", classes=3, seed=0)
