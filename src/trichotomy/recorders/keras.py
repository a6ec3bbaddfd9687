"""A callback for Keras."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from trichotomy.errors import InputError
from trichotomy.recorders.recorder import Recorder


def keras_recorder(
    recorder: Recorder, x: Any, target: Any = None, *, items: Any = None, kind: str | None = None,
    batch_size: int | None = None,
) -> Any:  # fmt: skip
    """Return a Keras callback that predicts a test set after each epoch, and before training as epoch 0.

    Keras shows its callbacks no predictions, so this is one more pass over the test set.

    Parameters
    ----------
    x
        Test inputs in the order of the items, as ``model.predict`` takes them; no shuffled data set.
    target, items
        Classes and ids of the items, where the recorder was not given them.
    kind
        What the model puts out: ``logits`` (the default) or ``probabilities``, where it ends in a softmax.

    Returns
    -------
    The callback.

    Raises
    ------
    InputError
        Keras is not installed.
    """
    if find_spec("keras") is None:
        msg = "recording from Keras needs Keras: pip install keras"
        raise InputError(msg)
    base = import_module("keras").callbacks.Callback

    class KerasRecorder(base):  # type: ignore[misc, valid-type]
        """Records the test set after each epoch."""

        def on_train_begin(self, logs: Any = None) -> None:
            del logs
            if 0 in recorder.pending():
                self._record(0, {})

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self._record(epoch + 1, logs or {})

        def _record(self, epoch: int, logs: dict[str, Any]) -> None:
            outputs = self.model.predict(x, batch_size=batch_size, verbose=0)
            recorder.add(outputs, target, items=items, kind=kind)
            recorder.end(epoch, {n: float(logs[n]) for n in recorder.measures if n in logs})

    return KerasRecorder()
