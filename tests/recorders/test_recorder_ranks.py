"""Two processes of torch that deal the items out among them; starting them takes most of the time."""

from __future__ import annotations

import pytest
from small_loop import check

import trichotomy as tri


def test_processes_of_torch_gather(tmp_path):
    pytest.importorskip("torch")
    import torch.multiprocessing as mp
    from two_ranks import run

    mp.spawn(run, args=(2, str(tmp_path)), nprocs=2)
    check(tri.open(tmp_path / "r.zarr"), epochs=2)
