"""One run of a study: from where it stands to its end, recorded in the store epoch by epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import torch
from torch import Tensor

from trichotomy import models
from trichotomy.datasets import Dataset
from trichotomy.decisions import Store
from trichotomy.training.loop import Tested, Trainer, set_up
from trichotomy.training.plan import STUDY, Plan, Run, load_data, plan_of
from trichotomy.training.randomness import seed_of
from trichotomy.training.states import Pace, States

STATES = Path(STUDY) / "states"
"""Where in a store's folder the states are."""
Told = Callable[[int, Mapping[str, float]], None]
State = tuple[Mapping[str, Tensor], Mapping[str, Tensor]]
"""Weights and momentum."""


class Workplace:
    """What the runs of one process share: the store, the plan, the data.

    Parameters
    ----------
    store_path
        A store that ``study`` has made.
    device
        As ``torch.device`` takes it.
    """

    def __init__(self, store_path: str | Path, device: str) -> None:
        self._store = Store(store_path)
        self._plan = plan_of(self._store.read())
        self._data = load_data(self._plan.dataset)
        self._device = torch.device(device)

    def run(self, observer: str, told: Told) -> None:
        """Train one observer's network; see ``run_job``."""
        run_job(self._store, self._plan, self._plan.run(observer), self._data, device=self._device, told=told)


def run_job(
    store: Store, plan: Plan, run: Run, data: Dataset, *, device: torch.device, told: Told = lambda *_: None
) -> None:
    """Train one network and record every epoch.

    Goes on from the latest state, or from the start where there is none or the store lacks an epoch before it; what
    is done again comes out the same.

    Parameters
    ----------
    told
        Called with each epoch recorded and its measures, from a thread.

    Raises
    ------
    TrainingFailedError
        The loss is not a number.
    """
    states = States(Path(store.path) / STATES / run.observer, plan.keep_states)
    trainer = _trainer(plan, run, data, device, states)
    first = _resumed(trainer, states, store, run)
    pace = Pace(plan.keep_states, run.epochs)
    with ThreadPoolExecutor(1) as recorder:  # an epoch is recorded while the next one trains
        recorded: Future[None] | None = None
        for epoch in range(first, run.epochs + 1):
            trained = trainer.train(epoch) if epoch else {}
            tested = trainer.test()
            if recorded is not None:
                recorded.result()
            measures = trained | tested.measures
            state = _state(trainer) if pace.due(epoch) else None
            recorded = recorder.submit(
                _record, store, states, run.observer, epoch, tested, measures, state, told
            )
        if recorded is not None:
            recorded.result()
    states.finish(run.epochs)


def _trainer(plan: Plan, run: Run, data: Dataset, device: torch.device, states: States) -> Trainer:
    settings = run.settings
    set_up(plan.machine, settings)
    network = models.build(
        settings.architecture, classes=len(data.classes), channels=data.train.channels,
        size=settings.input_size(data.train.size),
        seed=seed_of(plan.seed, "initialization", settings.initialization),
    )  # fmt: skip
    entropy = states.entropy() if settings.nondeterministic else 0
    return Trainer(
        network, data, settings, seed=plan.seed, machine=plan.machine, device=device, entropy=entropy
    )


def _resumed(trainer: Trainer, states: States, store: Store, run: Run) -> int:
    """Give the network its latest state, and return the first epoch that is left to do."""
    state = states.latest()
    done = store.done_by(run.observer)
    if state is None or not done[: state[0] + 1].all():
        return 0
    epoch, weights, momentum = state
    trainer.restore(weights, momentum)
    return epoch + 1


def _record(
    store: Store,
    states: States,
    observer: str,
    epoch: int,
    tested: Tested,
    measures: Mapping[str, float],
    state: State | None,
    told: Told,
) -> None:
    """Weights, decisions, optimiser: all epochs up to a state are in the store, and weights that stay come before."""
    if state is not None:
        states.save_weights(epoch, state[0])
    store.record(
        observer, epoch, tested.responses, p_target=tested.p_target, p_response=tested.p_response, measures=measures
    )  # fmt: skip
    if state is not None:
        states.save_optimizer(epoch, state[1])
    told(epoch, measures)


def _state(trainer: Trainer) -> State:
    """Weights and momentum as they are now, for they will be saved while the next epoch changes them."""
    return _copied(trainer.network.state_dict()), _copied(trainer.momentum())


def _copied(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: t.detach().clone() for name, t in tensors.items()}
