"""A callback for the Trainer of Hugging Face's transformers."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from trichotomy.errors import InputError
from trichotomy.recorders.recorder import Recorder


def trainer_recorder(recorder: Recorder, *, metrics: Callable[[Any], dict[str, float]] | None = None) -> Any:
    """Return a callback of transformers' Trainer that records every evaluation.

    Give it to the Trainer twice: ``Trainer(..., callbacks=[callback], compute_metrics=callback.compute_metrics)``. The
    Trainer gathers the predictions of all processes, in the order of the evaluation data set and without padding.

    Parameters
    ----------
    metrics
        Your own ``compute_metrics``, which is called as before.

    Returns
    -------
    The callback.

    Raises
    ------
    InputError
        transformers is not installed, or (later) an evaluation between two epochs, which has no number.
    """
    if find_spec("transformers") is None:
        msg = "recording from transformers' Trainer needs transformers: pip install transformers accelerate"
        raise InputError(msg)
    base = import_module("transformers").TrainerCallback

    class TrainerRecorder(base):  # type: ignore[misc, valid-type]
        """Records evaluations."""

        held: Any = None

        def compute_metrics(self, prediction: Any) -> dict[str, float]:
            logits = prediction.predictions
            self.held = (logits[0] if isinstance(logits, (tuple, list)) else logits, prediction.label_ids)
            return metrics(prediction) if metrics else {}

        def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            del args, control
            held, self.held = self.held, None
            if held is None:
                msg = "the Trainer showed no predictions; give it compute_metrics=callback.compute_metrics"
                raise InputError(msg)
            if not state.is_world_process_zero:
                return
            epoch = float(state.epoch or 0)
            if not np.isclose(epoch, round(epoch), atol=0.01):
                msg = f"an evaluation at epoch {epoch:.3g} lies between two; evaluate with eval_strategy='epoch'"
                raise InputError(msg)
            recorder.add(*held)
            recorder.end(round(epoch), gather=False)

    return TrainerRecorder()
