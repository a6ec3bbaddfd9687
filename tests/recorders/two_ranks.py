"""One of two processes that validate together, as a distributed sampler deals the items out."""

from __future__ import annotations

import os


def run(rank: int, ranks: int, folder: str) -> None:
    import torch
    import torch.distributed as dist
    from small_loop import IDS, LABELS, LOGITS, N
    from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

    import trichotomy as tri

    torch.set_num_threads(1)
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    dist.init_process_group("gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=ranks)
    recorder = tri.Recorder(f"{folder}/r.zarr", "net", items=IDS, target=LABELS, epochs=1)
    data = TensorDataset(torch.arange(N))
    for epoch in range(2):
        sampler = DistributedSampler(data, ranks, rank, shuffle=True, seed=epoch)  # pads 23 to 24
        for (index,) in DataLoader(data, batch_size=5, sampler=sampler):
            recorder.add(torch.tensor(LOGITS[epoch])[index], index=index)
        wrote = recorder.end(epoch)
        assert wrote == (rank == 0)
    dist.destroy_process_group()
