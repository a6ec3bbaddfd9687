"""scikit-learn: a call for loops of ``partial_fit``, and one for models that predict in stages."""

from __future__ import annotations

from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trichotomy.decisions.schema import few
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
    p = model.predict_proba(X) if hasattr(model, "predict_proba") else None
    _record(recorder, model, model.predict(X), p, epoch, target, items)


def record_stages(
    recorder: Recorder, model: Any, X: Any, *, target: Any = None, items: Any = None, every: int = 1
) -> None:
    """Record a boosted classifier stage by stage; stage k is epoch k.

    Parameters
    ----------
    model
        Has ``staged_predict``, and perhaps ``staged_predict_proba``.
    every
        Record each so-many-th stage, and the last.

    Raises
    ------
    InputError
        A model without stages.
    """
    if not hasattr(model, "staged_predict"):
        msg = f"{type(model).__name__} does not predict in stages; record_predictions records it once"
        raise InputError(msg)
    p = model.staged_predict_proba(X) if hasattr(model, "staged_predict_proba") else repeat(None)
    last: tuple[Any, Any] | None = None
    k = 0
    for k, (answers, probabilities) in enumerate(zip(model.staged_predict(X), p, strict=False), start=1):
        last = (np.array(answers), None if probabilities is None else np.array(probabilities))
        if k % every == 0:
            _record(recorder, model, *last, k, target, items)
            last = None
    if last is not None:
        _record(recorder, model, *last, k, target, items)


def _record(
    recorder: Recorder, model: Any, answers: Any, probabilities: Any, epoch: int, target: Any, items: Any
) -> None:
    """What ``predict`` says counts: with probabilities that are equal, or nearly, the largest may be another class."""
    place = _indices(recorder, np.asarray(model.classes_))
    response = place[np.searchsorted(model.classes_, answers)]
    if target is not None:
        labels, which = np.unique(to_array(target), return_inverse=True)
        target = _indices(recorder, labels)[which]
    if probabilities is None:
        recorder.add(response, target, items=items, kind="classes")
    else:
        outputs = np.zeros((len(response), max(int(place.max()) + 1, len(recorder.classes))))
        outputs[:, place] = probabilities
        recorder.add(outputs, target, items=items, kind="probabilities", response=response)
    recorder.end(epoch)


def _indices(recorder: Recorder, classes: NDArray[Any]) -> NDArray[np.int64]:
    """Class indices of labels: their places among the recorder's names, or the numbers that they are."""
    if recorder.classes:
        position = {name: k for k, name in enumerate(recorder.classes)}
        unknown = [c for c in classes if str(c) not in position]
        if unknown:
            msg = f"there are classes that the recorder does not know: {few(unknown)}; name all with classes="
            raise InputError(msg)
        return np.array([position[str(c)] for c in classes])
    if classes.dtype.kind not in "iu" or classes.min() < 0:
        msg = f"classes are names, such as {few(classes)}; give the recorder classes= in their order"
        raise InputError(msg)
    return classes.astype(np.int64)
