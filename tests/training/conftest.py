"""Networks are trained on one thread here, and torch is left as it was found."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

if find_spec("torch") is None:  # skipping here would end the whole run where this folder alone is asked for
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(autouse=True)
def torch_as_it_was() -> Iterator[None]:
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(False)
    torch.backends.cudnn.deterministic = False


@pytest.fixture(scope="session")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All thirteen conditions on a hundred images, the weights of every epoch kept; nobody writes to it."""
    import torch
    from small_study import carried_out

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    store = carried_out(tmp_path_factory.mktemp("small") / "small.zarr")
    torch.set_num_threads(threads)
    return store
