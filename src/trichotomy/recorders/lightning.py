"""A callback for Lightning."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from trichotomy.errors import InputError
from trichotomy.recorders.batches import Batch, taken
from trichotomy.recorders.recorder import Recorder

_PACKAGES = ("lightning.pytorch", "pytorch_lightning")


def lightning_recorder(recorder: Recorder, *, take: Callable[[Any, Any], Batch] = taken) -> Any:
    """Return a Lightning callback that records every validation epoch.

    The epoch recorded is the number of training epochs that are over, so validation before training is 0; the sanity
    check is not recorded. In several processes, each batch must have indices or ids: the samplers of Lightning pad and
    reorder.

    Parameters
    ----------
    take
        What of a validation step's return and batch to record; see ``recorders.taken``.

    Returns
    -------
    The callback.

    Raises
    ------
    InputError
        Lightning is not installed.
    """
    base = _lightning().Callback

    class LightningRecorder(base):  # type: ignore[misc, valid-type]
        """Records validation epochs."""

        def on_validation_batch_end(
            self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
        ) -> None:  # fmt: skip
            del pl_module, batch_idx
            if trainer.sanity_checking or dataloader_idx:
                return
            b = take(outputs, batch)
            if trainer.world_size > 1 and b.index is None and b.items is None:
                msg = "several processes validate, so each batch needs the indices or ids of its items"
                raise InputError(msg)
            recorder.add(b.outputs, b.target, index=b.index, items=b.items)

        def on_validation_epoch_end(self, trainer: Any, pl_module: Any) -> None:
            del pl_module
            if not trainer.sanity_checking:
                within_fit = trainer.state.fn == "fit"  # where the epoch is not counted as over yet
                recorder.end(trainer.current_epoch + within_fit)

    return LightningRecorder()


def _lightning() -> Any:
    """The package whose trainer is in use, or one that is there."""
    for name in (*(n for n in _PACKAGES if n in sys.modules), *_PACKAGES):
        if name in sys.modules or find_spec(name.partition(".")[0]) is not None:
            return import_module(name)
    msg = "recording from Lightning needs Lightning: pip install lightning"
    raise InputError(msg)
