"""The training of one network, step by step: a plain PyTorch loop that others can take part in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from trichotomy.errors import TrichotomyError
from trichotomy.training.feed import Batch, Feed
from trichotomy.training.graphs import CudaRecorder, Recorder, Replayed
from trichotomy.training.machine import Machine
from trichotomy.training.randomness import generator
from trichotomy.training.settings import Settings

MANY = 1 << 16
"""Forms of a network that may be compiled in one process; PyTorch's own limit of 8 would leave the rest uncompiled."""

MIXED = {"bf16": torch.bfloat16, "fp16": torch.float16}
SCALING = ".scaling"
"""Beside the momentum: the scale of the loss and the steps since it last changed. No parameter's name begins so."""


class TrainingFailedError(TrichotomyError):
    """A network that cannot go on, and why."""


@dataclass(frozen=True, slots=True, eq=False)
class Tested:
    """Decisions of a network on the test items, and the numbers of an epoch.

    Attributes
    ----------
    responses
        int64[N] class indices.
    p_target, p_response
        float32[N] softmax probabilities.
    measures
        ``test_loss`` and ``test_accuracy``.
    """

    responses: NDArray[np.int64]
    p_target: NDArray[np.float32]
    p_response: NDArray[np.float32]
    measures: dict[str, float]


class Trainer:
    """One network with its optimiser.

    An epoch is ``begin``, a ``step`` for each batch of the feed, ``end``; so several networks take one feed together.
    ``train`` and ``test`` are all of it for one alone.

    Parameters
    ----------
    network
        Freshly initialised, or with the weights of an earlier epoch.
    feed
        Its data.
    settings, seed
        How to train; everything random is drawn from ``seed``.
    machine, device
        Precision and memory format, and where the network is.
    entropy
        Seed from the operating system, for a network that is to be nondeterministic on a CPU.
    recorder
        What records steps where the machine wants CUDA graphs.
    """

    def __init__(
        self,
        network: torch.nn.Module,
        feed: Feed,
        settings: Settings,
        *,
        seed: int,
        machine: Machine,
        device: torch.device,
        entropy: int = 0,
        recorder: Recorder | None = None,
    ) -> None:
        memory = torch.channels_last if machine.channels_last else torch.contiguous_format
        self.network = network.to(device=device, memory_format=memory)  # type: ignore[call-overload]
        self._ranks = feed.ranks
        self._forward: Callable[[Tensor], Tensor] = self.network
        if machine.compiled:
            self._forward = torch.compile(self.network, dynamic=False)
        self._trained = feed.ranks.wrapped(self.network, device) if feed.ranks.count > 1 else self._forward
        rate: float | Tensor = settings.learning_rate
        if machine.cuda_graphs:
            rate = torch.tensor(rate, device=device)  # where a graph reads it
        self.optimizer = torch.optim.SGD(
            self.network.parameters(), lr=rate, momentum=settings.momentum,
            weight_decay=settings.weight_decay, nesterov=settings.nesterov, fused=True,
        )  # fmt: skip
        self._feed, self._settings, self._seed, self._entropy = feed, settings, seed, entropy
        self._machine, self._device = machine, device
        if settings.momentum and (machine.cuda_graphs or machine.precision == "fp16"):
            # Where a graph finds it; and a first step in fp16 may be skipped, which would leave it unset.
            for p in self.network.parameters():
                self.optimizer.state[p]["momentum_buffer"] = torch.zeros_like(p)
        self._scaler = torch.amp.GradScaler(device.type) if machine.precision == "fp16" else None
        self._replayed: Replayed | None = None
        if machine.cuda_graphs:
            self._replayed = Replayed(
                lambda inputs, labels: self._learn(inputs, labels, len(labels), len(labels)),
                recorder or CudaRecorder(device),
            )
        self._loss_sum = torch.zeros((), dtype=torch.float64, device=device)
        self._right = torch.zeros((), dtype=torch.int64, device=device)
        self._epoch = 0

    def train(self, epoch: int) -> dict[str, float]:
        """Pass over the training data once; ``epoch`` counts from 1.

        Raises
        ------
        TrainingFailedError
            The loss is not a number any more.
        """
        self.begin(epoch)
        for batch in self._feed.train(epoch):
            self.step(batch)
        return self.end()

    def test(self) -> Tested:
        """Give the test items once."""
        return self.tested([self.answer(batch) for batch in self._feed.test()])

    def begin(self, epoch: int) -> None:
        """Set the rate of an epoch and its random numbers."""
        self._epoch = epoch
        rate = self._settings.rate(epoch)
        for group in self.optimizer.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate
        rank = self._ranks.rank  # each drops other units of its own items
        name = f"dropout of rank {rank}" if rank else "dropout"
        self._dropout = generator(self._seed, name, self._settings.augmentation, epoch)
        self._shaken = self._shaker(epoch)
        self._seen = 0
        self._loss_sum.zero_()
        self._right.zero_()
        self.network.train()

    def step(self, batch: Batch) -> None:
        """Learn from one batch."""
        share, inputs = batch.share, batch.inputs()
        if self._settings.half_batches and share.middle:
            half = share.whole // 2
            self._update(inputs[: share.middle], batch.labels[: share.middle], half, counts=share.counts)
            inputs, labels, whole = inputs[share.middle :], batch.labels[share.middle :], share.whole - half
        else:
            labels, whole = batch.labels, share.whole
        self._update(inputs, labels, whole, counts=share.counts)

    def end(self) -> dict[str, float]:
        """Return the measures of the epoch's training; raises as ``train``."""
        self._ranks.add_up(self._loss_sum, self._right)
        self._ranks.level(self.network)
        train_loss = float(self._loss_sum) / self._seen
        if not np.isfinite(train_loss):
            msg = (
                f"the training loss is {train_loss} in epoch {self._epoch} "
                f"(learning rate {self._settings.rate(self._epoch):g})"
            )
            raise TrainingFailedError(msg)
        return {"train_loss": train_loss, "train_accuracy": int(self._right) / self._seen}

    @torch.inference_mode()
    def answer(self, batch: Batch) -> Tensor:
        """float32[n, classes]: the network's logits in testing."""
        self.network.eval()
        with self._mixed():
            return self._forward(batch.inputs()).float()

    @torch.inference_mode()
    def tested(self, logits: Sequence[Tensor]) -> Tested:
        """Make decisions of the logits of all test items, or of those of this rank.

        Raises
        ------
        TrainingFailedError
            The loss is not a number.
        """
        data = self._feed.data
        none = torch.empty((0, len(data.classes)), device=self._device)
        scores = self._ranks.gathered(torch.cat([none, *logits]), len(data.test.ids))
        labels = torch.from_numpy(data.test.labels).to(self._device)
        loss = float(cross_entropy(scores, labels))
        p = scores.softmax(1)
        p_response, responses = p.max(1)
        p_target = p.gather(1, labels[:, None])[:, 0]
        if not np.isfinite(loss):
            msg = f"the test loss is {loss} after epoch {self._epoch}"
            raise TrainingFailedError(msg)
        return Tested(
            responses.cpu().numpy(), p_target.cpu().numpy(), p_response.cpu().numpy(),
            {"test_loss": loss, "test_accuracy": float((responses == labels).double().mean())},
        )  # fmt: skip

    def momentum(self) -> dict[str, Tensor]:
        """Momentum buffers by the names of their parameters, none before the first step; what scales the loss."""
        held = {n: self.optimizer.state[p].get("momentum_buffer") for n, p in self.network.named_parameters()}
        found = {name: buffer for name, buffer in held.items() if buffer is not None}
        if self._scaler is not None:
            now = self._scaler.state_dict()
            values = now["scale"], now["_growth_tracker"]
            found[SCALING] = torch.tensor(values, dtype=torch.float64)
        return found

    def restore(self, weights: Mapping[str, Tensor], momentum: Mapping[str, Tensor]) -> None:
        """Take the state of an earlier epoch."""
        self.network.load_state_dict(weights)
        if self._scaler is not None and SCALING in momentum:
            scale, tracker = momentum[SCALING].tolist()
            now = {"scale": scale, "_growth_tracker": int(tracker)}
            self._scaler.load_state_dict(self._scaler.state_dict() | now)
        for name, p in self.network.named_parameters():
            if name in momentum:
                self.optimizer.state[p]["momentum_buffer"] = (
                    torch.empty_like(p).copy_(momentum[name]).detach()
                )

    def _update(self, inputs: Tensor, labels: Tensor, whole: int, *, counts: bool) -> None:
        """Learn from this rank's share of ``whole`` items."""
        if self._shaken is not None:
            shaken = torch.from_numpy(self._shaken.permutation(len(labels)))
            inputs, labels = inputs[shaken], labels[shaken]
        own = len(labels) if counts else 0
        with self._dropout_drawn():
            if self._replayed is not None:
                self._replayed(inputs, labels)
            else:
                self._learn(inputs, labels, own, whole)
        self._seen += whole

    def _learn(self, inputs: Tensor, labels: Tensor, own: int, whole: int) -> None:
        """``own`` of ``whole`` items are these, none where they only keep the other ranks company."""
        with self._mixed():
            logits = self._trained(inputs)
            loss = cross_entropy(logits, labels)
        self.optimizer.zero_grad()
        weight = own * self._ranks.count / whole  # the ranks' mean is then that of the whole batch
        weighted = loss if weight == 1 else loss * weight
        if self._scaler is None:
            weighted.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
        else:
            self._scaler.scale(weighted).backward()  # type: ignore[no-untyped-call]
            self._scaler.step(self.optimizer)
            self._scaler.update()
        if own:
            self._loss_sum.add_(loss.detach(), alpha=own)
            self._right += (logits.detach().argmax(1) == labels).sum()

    def _shaker(self, epoch: int) -> np.random.Generator | None:
        """What permutes the examples of each batch where nondeterminism has to be emulated."""
        if not self._settings.nondeterministic or self._device.type != "cpu":
            return None
        return generator(self._entropy, "nondeterministic", 0, epoch)

    def _mixed(self) -> torch.autocast | nullcontext[None]:
        if self._machine.precision == "fp32":
            return nullcontext()
        return torch.autocast(self._device.type, dtype=MIXED[self._machine.precision])

    @contextmanager
    def _dropout_drawn(self) -> Iterator[None]:
        """Draw dropout from a stream of its own, and leave everybody else's random state as it was."""
        seed = int(self._dropout.integers(2**63))
        cuda = self._device.type == "cuda"
        with torch.random.fork_rng(devices=[self._device] if cuda else []):
            torch.default_generator.manual_seed(seed)  # torch.manual_seed asks every kind of device: 80 us
            if cuda:
                torch.cuda.manual_seed(seed)
            yield


def set_up(machine: Machine, settings: Settings) -> None:
    """Make this process compute as the machine's description says, and alike every time where that is asked for."""
    torch.set_num_threads(machine.threads)
    if machine.compiled:
        torch._dynamo.reset()  # else the code depends on what this process has compiled before
        torch._dynamo.config.recompile_limit = torch._dynamo.config.accumulated_recompile_limit = MANY
    free = settings.nondeterministic and machine.device == "cuda"
    torch.use_deterministic_algorithms(not free)  # a network without such a form fails, and says so
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.deterministic = not free
    torch.backends.cudnn.benchmark = free
