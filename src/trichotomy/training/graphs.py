"""Steps of training that are recorded once and replayed: one launch in place of hundreds of small ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

WARM = 3
"""Updates of each shape that are made as they are before one is recorded; until then libraries set themselves up."""
Step = Callable[[Tensor, Tensor], None]
Replay = Callable[[], None]


class Recorder(Protocol):
    """What records work on a device."""

    def warm(self, work: Replay) -> None:
        """Do the work, apart from where things are recorded."""

    def recorded(self, work: Replay) -> Replay:
        """Record the work without doing it, and return what does it with whatever its tensors then hold."""


class CudaRecorder:
    """Records CUDA graphs; all of one recorder share their memory.

    Parameters
    ----------
    device
        Where the work is done.
    """

    def __init__(self, device: torch.device) -> None:
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._pool: Any = None

    def warm(self, work: Replay) -> None:
        """Do the work on the stream on which it is to be recorded."""
        current = torch.cuda.current_stream()
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            work()
        current.wait_stream(self._stream)

    def recorded(self, work: Replay) -> Replay:
        """Record a graph. The random numbers in it are drawn anew from the state of the generator at each replay."""
        graph = torch.cuda.CUDAGraph()
        self._stream.wait_stream(torch.cuda.current_stream())
        # Another thread may pin memory and copy the next batch meanwhile; that is not part of the graph.
        with torch.cuda.graph(graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"):
            work()
        self._pool = graph.pool()
        return graph.replay


@dataclass(frozen=True, slots=True, eq=False)
class _Recording:
    """Tensors that the work reads from, and the work."""

    inputs: Tensor
    labels: Tensor
    replay: Replay


class Replayed:
    """A step that is recorded once per shape of its inputs and replayed from then on.

    Nothing but the contents of tensors may differ from call to call: what the step decides in Python (which layers to
    skip, say) is decided when it is recorded.

    Parameters
    ----------
    step
        Takes inputs and labels; returns nothing.
    recorder
        Records it.
    """

    def __init__(self, step: Step, recorder: Recorder) -> None:
        self._step, self._recorder = step, recorder
        self._made: Counter[torch.Size] = Counter()
        self._recordings: dict[torch.Size, _Recording] = {}

    def __call__(self, inputs: Tensor, labels: Tensor) -> None:
        """Do the step with these inputs."""
        shape = inputs.shape
        if self._made[shape] < WARM:
            self._made[shape] += 1
            self._recorder.warm(lambda: self._step(inputs, labels))
            return
        if shape not in self._recordings:
            self._recordings[shape] = self._recording(inputs, labels)
        recording = self._recordings[shape]
        recording.inputs.copy_(inputs)
        recording.labels.copy_(labels)
        recording.replay()

    def _recording(self, inputs: Tensor, labels: Tensor) -> _Recording:
        held, targets = inputs.clone(), labels.clone()  # a clone keeps the memory format
        replay = self._recorder.recorded(lambda: self._step(held, targets))
        return _Recording(held, targets, replay)
