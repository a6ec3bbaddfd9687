"""A callback for fastai."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from trichotomy.errors import InputError
from trichotomy.recorders.recorder import Recorder


def fastai_recorder(recorder: Recorder, *, items: Any = None) -> Any:
    """Return a fastai callback that records the validation set after each epoch of ``fit``.

    The validation set of fastai is not shuffled, so its batches come in the order of the items.

    Parameters
    ----------
    items
        Ids of the items of the validation set, where the recorder was not given them.

    Returns
    -------
    The callback.

    Raises
    ------
    InputError
        fastai is not installed.
    """
    if find_spec("fastai") is None:
        msg = "recording from fastai needs fastai: pip install fastai"
        raise InputError(msg)
    base = import_module("fastai.callback.core").Callback

    class FastaiRecorder(base):  # type: ignore[misc, valid-type]
        """Records the validation set after each epoch."""

        def before_validate(self) -> None:
            self.place = 0

        def after_pred(self) -> None:
            if self.learn.training:
                return
            n = len(self.learn.pred)
            ids = None if items is None else items[self.place : self.place + n]
            self.place += n
            recorder.add(self.learn.pred, self.learn.yb[0], items=ids)

        def after_validate(self) -> None:
            recorder.end(self.learn.epoch + 1)

    return FastaiRecorder()
