"""Steps that are recorded once and replayed: their plumbing, with a stand-in for the graph of a GPU."""

from __future__ import annotations

import pytest
import torch
from small_study import equal
from test_loop import CPU, DATA, SEED, SETTINGS, state
from torch import Tensor

from trichotomy import models
from trichotomy.errors import InputError
from trichotomy.training import Machine
from trichotomy.training.feed import Feed
from trichotomy.training.graphs import WARM, Replay, Replayed
from trichotomy.training.loop import Trainer, set_up

GRAPHS = Machine(device="cuda", cuda_graphs=True)


class StandIn:
    """Remembers work instead of recording it: as with a graph, what it reads is fixed, and only contents change."""

    def __init__(self) -> None:
        self.warmed = self.recordings = self.replays = 0

    def warm(self, work: Replay) -> None:
        self.warmed += 1
        work()

    def recorded(self, work: Replay) -> Replay:
        self.recordings += 1

        def replay() -> None:
            self.replays += 1
            work()

        return replay


def test_each_shape_is_recorded_once_after_warming_up_and_fed_through_the_same_tensors():
    given: list[tuple[int, list[float], list[int]]] = []

    def step(inputs: Tensor, labels: Tensor) -> None:
        given.append((inputs.data_ptr(), inputs[:, 0].tolist(), labels.tolist()))

    recorder = StandIn()
    replayed = Replayed(step, recorder)
    calls = [4, 4, 2, 4, 4, 4, 2, 2, 2, 4]
    asked = []
    held = []  # else the next batch may lie where the last one lay
    for k, count in enumerate(calls):
        inputs, labels = torch.full((count, 3), float(k)), torch.full((count,), k)
        held.append(inputs)
        asked.append((inputs[:, 0].tolist(), labels.tolist()))
        replayed(inputs, labels)
    assert [g[1:] for g in given] == asked
    assert (recorder.warmed, recorder.recordings, recorder.replays) == (2 * WARM, 2, 10 - 2 * WARM)
    fours = [place for place, values, _ in given if len(values) == 4]
    assert len(set(fours[:WARM])) == WARM
    assert len(set(fours[WARM:])) == 1


@pytest.mark.parametrize("changes", [{}, {"half_batches": True}, {"momentum": 0.0, "nesterov": False}])
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_replayed_steps_train_as_plain_ones(changes, precision):
    """Rates that change, a smaller last batch, momentum from a state, measures: all the same to the bit."""
    made = []
    for machine in (
        Machine(precision=precision),
        Machine(device="cuda", cuda_graphs=True, precision=precision),
    ):
        settings = SETTINGS.with_changes(changes)
        set_up(machine, settings)
        recorder = StandIn()
        feed = Feed(DATA, settings, seed=SEED, machine=machine, device=CPU)
        networks = [models.build("tiny-plain", classes=10, channels=1, size=8, seed=s) for s in (3, 4)]
        first, second = (
            Trainer(n, feed, settings, seed=SEED, machine=machine, device=CPU, recorder=recorder)
            for n in networks
        )
        measures = first.train(1)
        second.restore(state(first), {n: t.clone() for n, t in first.momentum().items()})
        for epoch in (2, 3, 4):
            measures |= second.train(epoch)
        made.append((state(second), second.momentum(), measures))
        assert (recorder.replays > 15) == machine.cuda_graphs
    (weights, momentum, measures), (others, its, theirs) = made
    assert equal(weights, others)
    assert measures == theirs
    assert all(torch.equal(momentum[name], its[name]) for name in momentum)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cuda_graphs": True}, "CUDA graphs are for GPUs, and the device is cpu"),
        (
            {"cuda_graphs": True, "device": "cuda", "ranks": 2},
            "CUDA graphs are for networks that one process",
        ),
        (
            {"compiled": True, "ranks": 2},
            "torch.compile is for networks that one process trains, and ranks is 2",
        ),
        ({"ranks": 0}, "ranks is 0; at least one"),
    ],
)
def test_what_does_not_go_together_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        Machine(**options)
