"""The runs of one process: from where they stand to their end, in lock-step, recorded in the store epoch by epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from trichotomy import models
from trichotomy.datasets import Dataset
from trichotomy.decisions import Store
from trichotomy.training.execution import Event
from trichotomy.training.feed import Feed
from trichotomy.training.loop import Tested, Trainer, TrainingFailedError, set_up
from trichotomy.training.plan import STUDY, Plan, Run, load_data, plan_of
from trichotomy.training.randomness import seed_of
from trichotomy.training.ranks import ALONE, Ranks, join
from trichotomy.training.states import Pace, States

STATES = Path(STUDY) / "states"
"""Where in a store's folder the states are."""
Told = Callable[[Event], None]
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
    cache
        Folder of decoded images, or None.

    Attributes
    ----------
    ranks
        The processes that share each batch, where the study wants several; torchrun has started them.
    """

    def __init__(self, store_path: str | Path, device: str, *, cache: str | Path | None = None) -> None:
        self._store = Store(store_path)
        self._plan = plan_of(self._store.read())
        self._data = load_data(self._plan.dataset, cache=cache)
        self._device = torch.device(device)
        if self._device.type == "cuda" and self._device.index is not None:
            torch.cuda.set_device(self._device)  # generators and streams are the current device's
        self.ranks = join(self._plan.machine.ranks, self._device)

    def run(self, observers: Sequence[str], told: Told) -> None:
        """Train the networks of some observers, which need the same batches; see ``run_group``."""
        runs = [self._plan.run(observer) for observer in self.ranks.told(observers)]
        run_group(self._store, self._plan, runs, self._data, device=self._device, told=told, ranks=self.ranks)


def run_group(
    store: Store, plan: Plan, runs: Sequence[Run], data: Dataset, *, device: torch.device, told: Told,
    ranks: Ranks = ALONE,
) -> None:  # fmt: skip
    """Train networks that need the same batches in lock-step, and record every epoch.

    Each goes on from its latest state, or from the start where there is none or the store lacks an epoch before it;
    what is done again comes out the same. Those that stand further back catch up first.

    Parameters
    ----------
    told
        Called with each epoch recorded and with the end of each run, from several threads. A network whose loss is
        not a number fails, and the others go on; anything else that is raised ends the group.
    ranks
        The processes that do the same beside this one; rank 0 records and tells.
    """
    shared = runs[0].settings
    set_up(plan.machine, shared)
    feed = Feed(data, shared, seed=plan.seed, machine=plan.machine, device=device, ranks=ranks)
    with ThreadPoolExecutor(1) as recorder:  # an epoch is recorded while the next one trains
        members = [_Member.of(run, store, plan, feed, device, recorder, told) for run in runs]
        for epoch in range(max(run.epochs for run in runs) + 1):
            taking_part = [member for member in members if member.first <= epoch]
            if taking_part:
                _epoch(taking_part, feed, epoch)
            for member in members:
                if member.run.epochs == epoch and not member.failed:
                    member.finish()
            members = [m for m in members if m.run.epochs > epoch and not m.failed]


def _epoch(members: Sequence[_Member], feed: Feed, epoch: int) -> None:
    if epoch:
        for member in members:
            member.trainer.begin(epoch)
        for batch in feed.train(epoch):
            for member in members:
                member.trainer.step(batch)
    logits: list[list[Tensor]] = [[] for _ in members]
    for batch in feed.test():
        for member, its in zip(members, logits, strict=True):
            its.append(member.trainer.answer(batch))
    for member, its in zip(members, logits, strict=True):
        member.end_epoch(epoch, its)


@dataclass(slots=True, eq=False)
class _Member:
    """One network of a group."""

    run: Run
    trainer: Trainer
    store: Store
    states: States
    pace: Pace
    recorder: ThreadPoolExecutor
    told: Told
    first: int
    records: bool = True
    failed: bool = False
    recording: Future[None] | None = None

    @classmethod
    def of(
        cls, run: Run, store: Store, plan: Plan, feed: Feed, device: torch.device, recorder: ThreadPoolExecutor,
        told: Told,
    ) -> _Member:  # fmt: skip
        states = States(Path(store.path) / STATES / run.observer, plan.keep_states)
        trainer = _trainer(plan, run, feed, device, states)
        first = _resumed(trainer, states, store, run)
        pace = Pace(plan.keep_states, run.epochs)
        return cls(run, trainer, store, states, pace, recorder, told, first, records=feed.ranks.rank == 0)

    def end_epoch(self, epoch: int, logits: Sequence[Tensor]) -> None:
        """Have the epoch recorded, or fail."""
        try:
            trained = self.trainer.end() if epoch else {}
            tested = self.trainer.tested(logits)
        except TrainingFailedError as error:
            self.failed = True
            self._wait()
            if self.records:
                self.told(Event(observer=self.run.observer, kind="failed", reason=str(error)))
            return
        self._wait()
        if not self.records:
            return
        measures = trained | tested.measures
        state = _state(self.trainer) if self.pace.due(epoch) else None
        self.recording = self.recorder.submit(self._record, epoch, tested, measures, state)

    def finish(self) -> None:
        """Wait for what is being recorded; the run is done."""
        self._wait()
        if not self.records:
            return
        self.states.finish(self.run.epochs)
        self.told(Event(observer=self.run.observer, kind="done"))

    def _wait(self) -> None:
        """An epoch is recorded before the next one is."""
        if self.recording is not None:
            self.recording.result()

    def _record(self, epoch: int, tested: Tested, measures: Mapping[str, float], state: State | None) -> None:
        """Weights, decisions, optimiser: epochs up to a state are in the store, and weights that stay come before."""
        observer = self.run.observer
        if state is not None:
            self.states.save_weights(epoch, state[0])
        self.store.record(
            observer, epoch, tested.responses, p_target=tested.p_target, p_response=tested.p_response, measures=measures
        )  # fmt: skip
        if state is not None:
            self.states.save_optimizer(epoch, state[1])
        self.told(Event(observer=observer, kind="epoch", epoch=epoch, measures=measures))


def _trainer(plan: Plan, run: Run, feed: Feed, device: torch.device, states: States) -> Trainer:
    settings, train = run.settings, feed.data.train
    network = models.build(
        settings.architecture, classes=len(feed.data.classes), channels=train.channels,
        size=settings.input_size(train.size),
        seed=seed_of(plan.seed, "initialization", settings.initialization),
    )  # fmt: skip
    entropy = states.entropy() if settings.nondeterministic else 0
    return Trainer(
        network, feed, settings, seed=plan.seed, machine=plan.machine, device=device, entropy=entropy
    )


def _resumed(trainer: Trainer, states: States, store: Store, run: Run) -> int:
    """Give the network its latest state, and return the first epoch that is left to do."""
    done = store.done_by(run.observer)
    if done[: run.epochs + 1].all():  # by a job that was to go on with others; its states may be gone
        return run.epochs + 1
    state = states.latest()
    if state is None or not done[: state[0] + 1].all():
        return 0
    epoch, weights, momentum = state
    trainer.restore(weights, momentum)
    return epoch + 1


def _state(trainer: Trainer) -> State:
    """Weights and momentum as they are now, for they will be saved while the next epoch changes them."""
    return _copied(trainer.network.state_dict()), _copied(trainer.momentum())


def _copied(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: t.detach().clone() for name, t in tensors.items()}
