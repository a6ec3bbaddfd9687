"""People as observers: Decisions of an experiment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trichotomy.decisions import MISSING, Decisions, from_arrays, provenance
from trichotomy.experiments.design import Folder
from trichotomy.stats.people.classes import HUMAN, of_classes

if TYPE_CHECKING:
    import pandas as pd


def to_decisions(folder: Folder, answers: pd.DataFrame, *, warnings: Sequence[str] = ()) -> Decisions | None:
    """Make Decisions of the main trials, with people as observers (``kind`` = ``human``).

    Categorise gives responses to items, in the classes of the choices; an answer that did not come in time is
    ``NO_ANSWER``. Pairs give right and wrong per pair: an item is the id of a trial, and ``easier`` and ``harder``
    name the images. ``label_error`` is kept where it is known of all. Trials that somebody did not get to are missing.

    Parameters
    ----------
    answers
        As ``answers_table`` gives them; rows of whom to leave out are left out before.
    warnings
        For the provenance.

    Returns
    -------
    Decisions, or None for ratings, which have no right answer, and where there is no answer at all.
    """
    main = answers[answers["phase"] == "main"]
    experiment = folder.experiment
    if folder.questions or main.empty:
        return None
    trials = [t for t in experiment.trials if t.phase == "main"]
    origin = provenance(
        configuration={"experiment": experiment.title, "kind": experiment.kind, "seed": experiment.seed},
        warnings=warnings,
    )
    items = {i.item: i for i in experiment.items}
    shown = [[items[name] for name in t.items] for t in trials]
    known: dict[str, Any] = {}
    if all(i.label_error is not None for of_trial in shown for i in of_trial):
        known["label_error"] = [any(i.label_error for i in of_trial) for of_trial in shown]
    if experiment.choices:
        known |= {"path": [i.path for (i,) in shown], "difficulty": [i.difficulty for (i,) in shown]}
        target = {t.items[0]: t.target for t in trials}
        return of_classes(
            main, target=target, classes=experiment.choices, item_coords=known, provenance=origin
        )
    known |= {"easier": [t.items[0] for t in trials], "harder": [t.items[1] for t in trials]}
    people = list(dict.fromkeys(main["participant"]))
    rows = {p: k for k, p in enumerate(people)}
    columns = {t.trial_id: k for k, t in enumerate(trials)}
    place = main["participant"].map(rows).to_numpy(), main["trial_id"].map(columns).to_numpy()
    values = np.full((len(people), len(trials)), MISSING, dtype=np.int64)
    values[place] = main["correct"].to_numpy(dtype=np.int64)
    return from_arrays(
        correct=values,
        observers=people,
        items=list(columns),
        item_coords=known,
        observer_coords={"kind": np.full(len(people), HUMAN, dtype=object)},
        provenance=origin,
    )
