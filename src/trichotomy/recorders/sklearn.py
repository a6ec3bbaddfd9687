"""scikit-learn: a call for loops of ``partial_fit``, and one for models that predict in stages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trichotomy.errors import InputError
from trichotomy.recorders.answers import to_array
from trichotomy.recorders.recorder import Recorder


def record_predictions(
    recorder: Recorder, model: Any, X: Any, epoch: int = 0, *, target: Any = None, items: Any = None
) -> None:
    """Record what a fitted classifier answers, after a call of ``fit`` or ``partial_fit``.

    Parameters
    ----------
    model
        Has ``classes_`` and ``predict_proba``, or else ``predict``.
    X
        Test inputs, in the order of the items.
    epoch
        How many passes the model has been trained for.
    target, items
        As for ``Recorder.add``; labels as the model knows them.

    Raises
    ------
    InputError
        A class of the model that the recorder does not know.
    """
    outputs = _probabilities(model, X)
    _record(recorder, model, model.predict(X) if outputs is None else outputs, epoch, target, items)


def record_stages(
    recorder: Recorder, model: Any, X: Any, *, target: Any = None, items: Any = None, every: int = 1
) -> None:
    """Record a boosted classifier stage by stage; stage k is epoch k.

    Parameters
    ----------
    model
        Has ``staged_predict_proba`` or ``staged_predict``.
    every
        Record each so-many-th stage, and the last.

    Raises
    ------
    InputError
        A model without stages.
    """
    stages: Iterable[Any]
    if hasattr(model, "staged_predict_proba"):
        stages = model.staged_predict_proba(X)
    elif hasattr(model, "staged_predict"):
        stages = model.staged_predict(X)
    else:
        msg = f"{type(model).__name__} does not predict in stages; record_predictions records it once"
        raise InputError(msg)
    last: tuple[int, Any] | None = None
    for k, outputs in enumerate(stages, start=1):
        last = None if k % every == 0 else (k, np.array(outputs))
        if last is None:
            _record(recorder, model, outputs, k, target, items)
    if last is not None:
        _record(recorder, model, last[1], last[0], target, items)


def _probabilities(model: Any, X: Any) -> Any:
    if not hasattr(model, "predict_proba"):
        return None
    return model.predict_proba(X)


def _record(recorder: Recorder, model: Any, outputs: Any, epoch: int, target: Any, items: Any) -> None:
    place = _indices(recorder, np.asarray(model.classes_))
    values = np.asarray(outputs)
    if values.ndim == 2:
        full = np.zeros((len(values), max(int(place.max()) + 1, len(recorder.classes))))
        full[:, place] = values
        values = full
    else:
        values = place[np.searchsorted(model.classes_, values)]
    if target is not None:
        labels = to_array(target)
        at = np.searchsorted(model.classes_, labels).clip(0, len(place) - 1)
        target = np.where(np.asarray(model.classes_)[at] == labels, place[at], -1)
    recorder.add(values, target, items=items, kind="probabilities" if values.ndim == 2 else "classes")
    recorder.end(epoch)


def _indices(recorder: Recorder, classes: NDArray[Any]) -> NDArray[np.int64]:
    """Class index of each class of the model: its place among the recorder's names, or the number that it is."""
    if recorder.classes:
        position = {name: k for k, name in enumerate(recorder.classes)}
        unknown = [c for c in classes if str(c) not in position]
        if unknown:
            msg = f"the model knows classes that the recorder does not: {unknown[:3]}; name all with classes="
            raise InputError(msg)
        return np.array([position[str(c)] for c in classes])
    if classes.dtype.kind not in "iu" or classes.min() < 0:
        msg = f"the model's classes are names ({classes[:3].tolist()}, ...); give the recorder classes= in their order"
        raise InputError(msg)
    return classes.astype(np.int64)
