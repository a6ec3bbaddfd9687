"""What each of several processes does in ``test_ranks``; run by torchrun, and by the test itself alone.

``share_alike.py FOLDER``: trains a network in all the processes, and writes what rank 0 has in the end.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from small_study import SMALL
from torch import Tensor, nn

from trichotomy import datasets
from trichotomy.training import Machine
from trichotomy.training.feed import Feed
from trichotomy.training.loop import Trainer, set_up
from trichotomy.training.ranks import Ranks, join

DATA = datasets.load("gaussian", train_per_class=10, test_per_class=5)
COUNT = 3
EVERY = {"whole": {}, "halves": {"half_batches": True}, "fewer": {"batch_size": 97}}


def network() -> nn.Module:
    """No batch norm; one parameter is never used."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        made = nn.Sequential(nn.Flatten(), nn.Linear(64, 24), nn.ReLU(), nn.Linear(24, 10))
        made.register_parameter("idle", nn.Parameter(torch.ones(2)))
    return made


def trained(ranks: Ranks, changes: dict[str, object], *, resumed: bool = False) -> dict[str, Tensor]:
    """Weights after two epochs, probabilities and measures; ``resumed``: in two goes."""
    settings = SMALL.settings.with_changes({"batch_size": 16, "learning_rate": 0.05, **changes})
    machine, cpu = Machine(ranks=ranks.count), torch.device("cpu")
    set_up(machine, settings)
    data = replace(
        DATA, test=datasets.Selection(DATA.test, np.arange(47))
    )  # divides into parts of 16, 16, 15
    feed = Feed(data, settings, seed=5, machine=machine, device=cpu, ranks=ranks)
    trainer = Trainer(network(), feed, settings, seed=5, machine=machine, device=cpu)
    measures = list(trainer.train(1).values())
    if resumed:
        first, trainer = trainer, Trainer(network(), feed, settings, seed=5, machine=machine, device=cpu)
        trainer.restore(first.network.state_dict(), first.momentum())
    measures += trainer.train(2).values()
    tested = trainer.test()
    return {
        **{name: t.detach().clone() for name, t in trainer.network.state_dict().items()},
        "responses": torch.from_numpy(tested.responses),
        "p_target": torch.from_numpy(tested.p_target),
        "measures": torch.tensor([*measures, *tested.measures.values()]),
    }


def main(folder: Path) -> None:
    ranks = join(COUNT, torch.device("cpu"))
    assert ranks.told(["a", "ü"] if ranks.rank == 0 else []) == ["a", "ü"]
    few = ranks.gathered(torch.full((int(ranks.rank < 2), 1), float(ranks.rank)), 2)  # fewer items than ranks
    assert few.tolist() == [[0.0], [1.0]]
    statistics = nn.BatchNorm1d(2)
    statistics.running_mean.fill_(ranks.rank)
    ranks.level(statistics)
    assert statistics.running_mean.tolist() == [0.0, 0.0]
    for name, changes in EVERY.items():
        found = trained(ranks, changes)
        again = trained(ranks, changes, resumed=True)
        assert all(torch.equal(found[key], again[key]) for key in found)
        save_file(found, folder / f"{name}-{ranks.rank}.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    sys.stdout.flush()
    os._exit(0)  # as workers end: gloo's threads do not like an interpreter that winds up
