"""The training of one network: a plain PyTorch loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from trichotomy.datasets import Augmentation, Dataset, Split, draws
from trichotomy.errors import TrichotomyError
from trichotomy.training.machine import Machine
from trichotomy.training.randomness import batches, generator, seed_of, training_order
from trichotomy.training.settings import Settings

TEST_BATCH = 500
MOST_KEPT_BYTES = 2**28
"""Inputs made of the test images, which are the same at every epoch, are kept up to this size."""


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
    """One network with its optimiser and its data.

    Parameters
    ----------
    network
        Freshly initialised, or with the weights of an earlier epoch.
    data, settings, seed
        What to train on and how; everything random is drawn from ``seed``.
    machine, device
        Precision and memory format, and where the network is.
    entropy
        Seed from the operating system, for a network that is to be nondeterministic on a CPU.
    """

    def __init__(
        self,
        network: torch.nn.Module,
        data: Dataset,
        settings: Settings,
        *,
        seed: int,
        machine: Machine,
        device: torch.device,
        entropy: int = 0,
    ) -> None:
        self._memory = torch.channels_last if machine.channels_last else torch.contiguous_format
        self.network = network.to(device=device, memory_format=self._memory)  # type: ignore[call-overload]
        self._forward: Callable[[Tensor], Tensor] = self.network
        if machine.compiled:
            torch._dynamo.reset()  # else the code depends on what this process has compiled before
            self._forward = torch.compile(self.network, dynamic=False)
        self.optimizer = torch.optim.SGD(
            self.network.parameters(), lr=settings.learning_rate, momentum=settings.momentum,
            weight_decay=settings.weight_decay, nesterov=settings.nesterov, fused=True,
        )  # fmt: skip
        self._data, self._settings, self._seed, self._entropy = data, settings, seed, entropy
        self._machine, self._device = machine, device
        shape = (1, data.train.channels, 1, 1)
        self._mean = torch.tensor(data.mean).mul(255).expand(data.train.channels).reshape(shape).to(device)
        self._scale = torch.tensor(data.std).mul(255).expand(data.train.channels).reshape(shape).to(device)
        self._test_inputs: list[Tensor] = []
        self._epoch = 0

    def train(self, epoch: int) -> dict[str, float]:
        """Pass over the training data once; ``epoch`` counts from 1.

        Raises
        ------
        TrainingFailedError
            The loss is not a number any more.
        """
        settings, split = self._settings, self._data.train
        self._epoch = epoch
        order = training_order(self._seed, settings, epoch, len(split.ids))
        luck = draws(seed_of(self._seed, "augmentation", settings.augmentation), epoch, len(split.ids))
        shaken = self._shaken(epoch)
        for group in self.optimizer.param_groups:
            group["lr"] = settings.rate(epoch)
        self.network.train()
        loss_sum = torch.zeros((), dtype=torch.float64, device=self._device)
        right = torch.zeros((), dtype=torch.int64, device=self._device)
        with self._dropout_seeded(epoch):
            for batch in batches(order, settings.batch_size):
                for part in self._updates(batch):
                    positions = part if shaken is None else shaken.permutation(part)
                    inputs = self._inputs(split, positions, settings.train, luck[positions])
                    labels = torch.from_numpy(split.labels[positions]).to(self._device)
                    with self._mixed():
                        logits = self._forward(inputs)
                        loss = cross_entropy(logits, labels)
                    self.optimizer.zero_grad()
                    loss.backward()  # type: ignore[no-untyped-call]
                    self.optimizer.step()
                    loss_sum += loss.detach() * len(positions)
                    right += (logits.detach().argmax(1) == labels).sum()
        train_loss = float(loss_sum) / len(order)
        if not np.isfinite(train_loss):
            msg = (
                f"the training loss is {train_loss} in epoch {epoch} (learning rate {settings.rate(epoch):g})"
            )
            raise TrainingFailedError(msg)
        return {"train_loss": train_loss, "train_accuracy": int(right) / len(order)}

    @torch.inference_mode()
    def test(self) -> Tested:
        """Give the test items once, each as it always is."""
        self.network.eval()
        split = self._data.test
        logits = []
        for inputs in self._test_batches():
            with self._mixed():
                logits.append(self._forward(inputs).float())
        scores = torch.cat(logits)
        labels = torch.from_numpy(split.labels).to(self._device)
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
        """Momentum buffers by the names of their parameters; none before the first step."""
        held = {n: self.optimizer.state[p].get("momentum_buffer") for n, p in self.network.named_parameters()}
        return {name: buffer for name, buffer in held.items() if buffer is not None}

    def restore(self, weights: Mapping[str, Tensor], momentum: Mapping[str, Tensor]) -> None:
        """Take the state of an earlier epoch."""
        self.network.load_state_dict(weights)
        for name, p in self.network.named_parameters():
            if name in momentum:
                self.optimizer.state[p]["momentum_buffer"] = (
                    torch.empty_like(p).copy_(momentum[name]).detach()
                )

    def _updates(self, batch: NDArray[np.intp]) -> list[NDArray[np.intp]]:
        if not self._settings.half_batches or len(batch) < 2:
            return [batch]
        return [batch[: len(batch) // 2], batch[len(batch) // 2 :]]

    def _shaken(self, epoch: int) -> np.random.Generator | None:
        """What permutes the examples of each batch where nondeterminism has to be emulated."""
        if not self._settings.nondeterministic or self._device.type != "cpu":
            return None
        return generator(self._entropy, "nondeterministic", 0, epoch)

    def _test_batches(self) -> Iterator[Tensor]:
        if self._test_inputs:
            yield from self._test_inputs
            return
        split, how = self._data.test, self._settings.test
        luck = (
            draws(seed_of(self._seed, "test"), 0, len(split.ids))
            if how.crop in ("padded", "resized")
            else None
        )
        kept: list[Tensor] | None = []
        held = 0
        for start in range(0, len(split.ids), TEST_BATCH):
            positions = np.arange(start, min(start + TEST_BATCH, len(split.ids)))
            inputs = self._inputs(split, positions, how, None if luck is None else luck[positions])
            held += inputs.nbytes
            kept = None if kept is None or held > MOST_KEPT_BYTES else [*kept, inputs]
            yield inputs
        self._test_inputs = kept or []

    def _inputs(
        self, split: Split, positions: NDArray[np.intp], how: Augmentation, luck: NDArray[np.float64] | None
    ) -> Tensor:
        """float32[n, C, H, W] in the memory format of the network, normalised."""
        pixels = torch.from_numpy(split.images(positions, how, luck)).to(self._device)
        return ((pixels.float() - self._mean) / self._scale).contiguous(memory_format=self._memory)

    def _mixed(self) -> torch.autocast | nullcontext[None]:
        if self._machine.precision == "fp32":
            return nullcontext()
        return torch.autocast(self._device.type, dtype=torch.bfloat16)

    @contextmanager
    def _dropout_seeded(self, epoch: int) -> Iterator[None]:
        """Draw dropout from a stream of its own, and leave everybody else's random state as it was."""
        devices = [self._device] if self._device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(seed_of(self._seed, "dropout", self._settings.augmentation, epoch))
            yield


def set_up(machine: Machine, settings: Settings) -> None:
    """Make this process compute as the machine's description says, and alike every time where that is asked for."""
    torch.set_num_threads(machine.threads)
    free = settings.nondeterministic and machine.device == "cuda"
    torch.use_deterministic_algorithms(not free)  # a network without such a form fails, and says so
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.deterministic = not free
    torch.backends.cudnn.benchmark = free
