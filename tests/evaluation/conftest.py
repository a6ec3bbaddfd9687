"""One thread, and torch only where it is installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

if find_spec("torch") is None:
    collect_ignore_glob = ["test_*.py"]
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))  # for the small study


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(False)


@pytest.fixture(scope="session")
def kept_study(tmp_path_factory) -> Path:
    """Base, two seeds, and base one epoch later, on fifty images; the weights of every epoch kept."""
    from small_study import carried_out, only

    return carried_out(
        tmp_path_factory.mktemp("kept") / "kept.zarr", only("initialization", "plus-1", longer=2)
    )
