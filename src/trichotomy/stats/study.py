"""What the decisions of a study say about the study: its configuration, its notes, its runs that failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from trichotomy.decisions import Decisions, asked
from trichotomy.errors import InputError

_KINDS = {"machine": Mapping, "dataset": Mapping, "conditions": list | tuple}
"""What the parts of a record are that others read; a store may come from anybody."""


def study_of(d: Decisions) -> Mapping[str, Any] | None:
    """The study's own record in the provenance; None for decisions from elsewhere.

    Raises
    ------
    InputError
        There is something else under that name.
    """
    provenance = d.attrs.get("provenance")
    study = provenance.get("study") if isinstance(provenance, Mapping) else None
    if study is not None and not isinstance(study, Mapping):
        raise malformed(f"it is a {type(study).__name__}, not a table")
    for name, kind in _KINDS.items():
        if study is not None and name in study and not isinstance(study[name], kind):
            raise malformed(f"'{name}' is {study[name]!r:.60}")
    return study


def study_notes(d: Decisions) -> tuple[str, ...]:
    """Sentences that everything said about a study must repeat, such as that a condition is an emulation.

    Returns
    -------
    The sentences; empty for decisions of no study.

    Raises
    ------
    InputError
        The notes are not sentences.
    """
    notes = (study_of(d) or {}).get("notes", [])
    if not isinstance(notes, list | tuple) or not all(isinstance(n, str) for n in notes):
        raise malformed(f"'notes' is {notes!r}, not a list of sentences")
    return tuple(notes)


def failures(d: Decisions) -> dict[str, str]:
    """Observers whose run failed, and why; empty where all went well.

    An observer failed where its ``failure`` is not empty. In a study also where it has not run all its planned
    epochs ("stopped after epoch 3 of 15"); this is not judged where ``d`` holds only some of the study's epochs.

    Returns
    -------
    Observer to reason.
    """
    names = d["observer"].values
    reasons = [str(r) for r in d["failure"].values] if "failure" in d.coords else [""] * len(names)
    if study_of(d) is not None:
        reasons = [why or stop for why, stop in zip(reasons, _unfinished(d), strict=True)]
    return {str(name): why for name, why in zip(names, reasons, strict=True) if why}


def malformed(what: str) -> InputError:
    """The error for a study's record that cannot be used."""
    return InputError(
        f"the record of the study (provenance, 'study') cannot be used: {what}; correct it, or remove 'study' from "
        f"the provenance to analyse the decisions without it"
    )


def _unfinished(d: Decisions) -> list[str]:
    """How far each observer came that has not run its planned epochs, "" for the others."""
    epochs, planned = d["epoch"].values, d["planned_epochs"].values
    if planned.max() > len(epochs):  # epochs were selected, and with that the plan's count lost its meaning
        return [""] * len(planned)
    ran = np.stack([asked(d.isel(epoch=[k])).any(axis=(1, 2)) for k in range(len(epochs))], axis=1)
    sentences = []
    for own, n in zip(ran, planned, strict=True):
        done = np.flatnonzero(own[:n])
        if len(done) == n:
            sentences.append("")
        elif not len(done):
            sentences.append("has not run")
        else:
            sentences.append(f"stopped after epoch {epochs[done[-1]]} of {epochs[n - 1]}")
    return sentences
