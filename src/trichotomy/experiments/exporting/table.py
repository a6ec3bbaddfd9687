"""The tables of an experiment: one row per answer, one row per item."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from trichotomy.experiments.columns import ITEMS, names
from trichotomy.experiments.design import Folder
from trichotomy.experiments.exporting.codebook import answers_entries

if TYPE_CHECKING:
    import pandas as pd

SIMULATED = "simulated"


def answers_table(folder: Folder, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per participant and trial, in the order in which they were shown.

    Parameters
    ----------
    rows
        As ``database.answer_rows`` gives them.

    Returns
    -------
    DataFrame; cells that do not apply are empty. ``item`` of pairs is the easier one, ``item_other`` the
    other; ``side`` where the easier one stood. ``correct`` is 1, 0 or empty. ``presented_at`` is the server's time of
    the answer less ``rt_ms``. Answers that no person gave have ``excluded`` = ``simulated``.
    """
    import pandas as pd

    experiment = folder.experiment
    items = {i.item: i for i in experiment.items}
    trials = {t.trial_id: t for t in experiment.trials}
    questions = [q.name for q in folder.questions]
    records = []
    for row in rows:
        trial = trials[row["trial_id"]]
        answer = json.loads(row["answer"])
        item = items[trial.items[0]]
        records.append(
            {
                **{
                    k: row[k] for k in ("participant", "trial", "trial_id", "phase", "block", "side", "rt_ms")
                },
                **{k: row[k] for k in ("presented_at", "answered_at")},
                "kind": experiment.kind,
                "item": item.item,
                "item_other": trial.items[1] if len(trial.items) > 1 else "",
                "answer": answer.get("choice") or "" if not questions else "",
                **{q: answer.get(q) for q in questions},
                "correct": row["correct"],
                "difficulty": item.difficulty,
                "target": trial.target or item.class_name,
                "excluded": row["excluded"] or (SIMULATED if row["simulated"] else ""),
            }
        )
    table = pd.DataFrame(records, columns=names(answers_entries(folder)))
    return table.astype({"correct": "Int8", "rt_ms": "Float64"})


def items_table(folder: Folder) -> pd.DataFrame:
    """One row per item that is shown, but for attention checks: what the decisions say of it."""
    import pandas as pd

    rows = [
        {
            "item": i.item,
            "path": i.path,
            "class": i.class_name,
            "difficulty": i.difficulty,
            "mean_correct": i.mean_correct,
            "p_target": i.p_target,
            "label_error": None if i.label_error is None else int(i.label_error),
        }
        for i in folder.experiment.items
        if not i.own
    ]
    table = pd.DataFrame(rows, columns=names(ITEMS))
    return table.astype({"mean_correct": "Float64", "p_target": "Float64", "label_error": "Int8"})
