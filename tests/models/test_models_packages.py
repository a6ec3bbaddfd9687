"""A package that is there but does not load is told in one sentence, with the cause and the remedy."""

from __future__ import annotations

import pytest
import torch

from trichotomy.errors import InputError, MissingExtraError
from trichotomy.models import packages


def breaks(monkeypatch, package: str, error: Exception) -> None:
    load = packages.import_module

    def loads(name: str):
        if name == package:
            raise error
        return load(name)

    monkeypatch.setattr(packages, "import_module", loads)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("operator torchvision::nms does not exist"),
        RuntimeError(
            "Detected that PyTorch and torchvision were compiled with different\nCUDA major versions."
        ),
        OSError("libcudart.so.13: cannot open shared object file"),
        ImportError("undefined symbol: _ZN3c10"),
        ModuleNotFoundError("No module named 'PIL'", name="PIL"),
        AttributeError("partially initialized module 'torchvision' has no attribute 'extension'"),
    ],
)
def test_a_mismatch_names_both_versions_the_cause_and_the_remedy(monkeypatch, error):
    breaks(monkeypatch, "torchvision", error)
    monkeypatch.setattr(torch, "__version__", "2.13.0+cpu")
    with pytest.raises(InputError) as caught:
        packages.require_timm("the network 'timm:resnet18'")
    sentence = str(caught.value)
    assert sentence.startswith("the network 'timm:resnet18' needs torchvision; torchvision 0.")
    assert f"does not load beside torch 2.13.0+cpu: {str(error).split()[0]}" in sentence
    assert sentence.endswith(
        "pip install --force-reinstall torch torchvision --index-url https://download.pytorch.org/whl/cpu"
    )
    assert "\n" not in sentence


def test_a_torch_of_the_registry_needs_no_other_index(monkeypatch):
    breaks(monkeypatch, "torchvision", RuntimeError("operator torchvision::nms does not exist"))
    monkeypatch.setattr(torch, "__version__", "2.13.0")
    with pytest.raises(InputError, match=r"pip install --force-reinstall torch torchvision$"):
        packages.require_torchvision("a network")


def test_a_torch_that_does_not_load_is_told(monkeypatch):
    breaks(monkeypatch, "torch", OSError("libtorch_cpu.so: cannot open shared object file"))
    with pytest.raises(
        InputError, match=r"torch 2\.\S+ is installed but does not load: libtorch_cpu\.so.* anew: pip"
    ):
        packages.require_torch("building a network")


def test_an_error_that_says_nothing_is_called_by_its_type():
    assert packages.one_line(AssertionError()) == "AssertionError"
    assert packages.one_line(ValueError("two\n  lines.")) == "two lines"


def test_transformers_that_are_missing_or_broken(monkeypatch):
    with monkeypatch.context() as patch:
        breaks(
            patch, "transformers", ModuleNotFoundError("No module named 'transformers'", name="transformers")
        )
        with pytest.raises(MissingExtraError, match=r'pip install "trichotomy\[pretrained\]"'):
            packages.require_transformers("the model 'hf:vit'")
    pytest.importorskip("transformers")
    breaks(monkeypatch, "transformers", ImportError("tokenizers>=99 is required"))
    with pytest.raises(
        InputError, match=r"tokenizers>=99 is required\. Install it anew: pip .* transformers$"
    ):
        packages.require_transformers("the model 'hf:vit'")
