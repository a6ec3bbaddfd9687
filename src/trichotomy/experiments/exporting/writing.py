"""An export: a folder with every form of the answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trichotomy.decisions import write
from trichotomy.errors import InputError
from trichotomy.experiments.columns import EVENTS, FRAMES, ITEMS, MEASURED, PARTICIPANTS, Entry, names
from trichotomy.experiments.database import Database, answer_rows, event_rows, participant_rows
from trichotomy.experiments.design import Folder
from trichotomy.experiments.exporting.codebook import answers_entries, description
from trichotomy.experiments.exporting.csvs import to_csv
from trichotomy.experiments.exporting.decided import to_decisions
from trichotomy.experiments.exporting.table import SIMULATED, answers_table, items_table
from trichotomy.placement import appearing, check_free

if TYPE_CHECKING:
    import pandas as pd

NAMES = {"answers", "items", "participants", "events", "frames"}
STORE, PSYCH_DS = "people.zarr", "psych-ds"
README = """\
# {title}

Answers of {who}. `dataset_description.json` and `codebook.csv` say what every column is; `data/` holds the
tables: answers (one row per participant and trial), items, participants, events of the window, and frames (how long
images were shown).
"""


@dataclass(frozen=True, slots=True)
class Export:
    """What was written: participants and answers that count, and whether there is a store of Decisions."""

    folder: Path
    participants: int
    left_out: int
    answers: int
    decisions: bool


def check_export(out: Path, *, force: bool = False) -> None:
    """Refuse a place for an export where something is already; with ``force`` only an export is replaced."""
    check_free(out, kind="export of an experiment", is_one=_is_export, force=force)


def write_export(
    folder: Folder, database: Database, out: Path, *, simulated: bool = False, force: bool = False
) -> Export:
    """Write all answers in all forms: CSV, JSON, a folder after Psych-DS, Decisions.

    The tables hold everybody, with the reason in ``excluded``; Decisions and Psych-DS hold those who are not excluded.

    Parameters
    ----------
    simulated
        Take simulated participants for people; ``participant`` then begins with ``simulated-`` everywhere.
    force
        Replace an export.

    Raises
    ------
    InputError
        Something is there already, or it cannot be written.
    """
    with database.reading() as connection:
        rows = answer_rows(connection)
        answers = answers_table(folder, rows)
        everybody = participant_rows(connection)
        people = _people(everybody)
        events = _frame(event_rows(connection), EVENTS)
        frames = _frames(rows)
    named: dict[str, str] = {}
    if simulated:
        named = {r["participant"]: f"{SIMULATED}-{r['participant']}" for r in everybody if r["simulated"]}
        for table in (answers, people, events, frames):
            table["participant"] = table["participant"].replace(named)
        for table in (answers, people):  # but not those who were excluded for a reason, whatever it is
            mine = table["participant"].isin(named.values())
            table.loc[mine & (table["excluded"] == SIMULATED), "excluded"] = ""
    kept = set(people.loc[people["excluded"] == "", "participant"])
    tables = {
        "answers": answers, "items": items_table(folder), "participants": people, "events": events,
        "frames": frames,
    }  # fmt: skip
    counted = {n: t[t["participant"].isin(kept)] if "participant" in t else t for n, t in tables.items()}
    answering = set(counted["answers"]["participant"])
    taking_part, pretended = len(answering), len(answering & set(named.values()))
    who = _who(taking_part, simulated=pretended)
    d = to_decisions(folder, counted["answers"], warnings=[f"answers of {who}"] if pretended else ())
    try:
        with appearing(out, kind="export of an experiment", is_one=_is_export, force=force) as work:
            work.mkdir(parents=True)
            for name, table in tables.items():
                _write(work / f"{name}.csv", to_csv(table))
            records = {n: json.loads(t.to_json(orient="records")) for n, t in tables.items()}
            _write(work / "answers.json", json.dumps(records, indent=1, ensure_ascii=False) + "\n")
            _write_psych_ds(work / PSYCH_DS, folder, counted, who)
            if d is not None:
                write(d, work / STORE)
    except OSError as error:
        msg = f"cannot write {out}: {error}"
        raise InputError(msg) from error
    return Export(out, taking_part, len(people) - len(kept), len(counted["answers"]), d is not None)


def _who(people: int, *, simulated: int) -> str:
    """Whose answers they are, in words."""
    named = "1 person" if people == 1 else f"{people} people"
    return f"{named}, {simulated} of them simulated, which are no answers of people" if simulated else named


def _write_psych_ds(root: Path, folder: Folder, tables: dict[str, pd.DataFrame], who: str) -> None:
    (root / "data").mkdir(parents=True)
    entries = {
        "answers": answers_entries(folder),
        "items": ITEMS,
        "participants": PARTICIPANTS,
        "events": EVENTS,
        "frames": FRAMES,
    }
    for name, table in tables.items():
        _write(root / "data" / f"study-{folder.experiment.kind}_description-{name}_data.csv", to_csv(table))
    every = [entry for of_table in entries.values() for entry in of_table]
    _write(root / "dataset_description.json", json.dumps(description(folder, every, who), indent=2) + "\n")
    rows = [
        {"table": name, **dict(zip(("column", "type", "values", "description"), e, strict=True))}
        for name in entries
        for e in entries[name]
    ]
    import pandas as pd

    _write(root / "codebook.csv", to_csv(pd.DataFrame(rows)))
    _write(root / "README.md", README.format(title=folder.experiment.title, who=who))


def _people(rows: list[dict[str, Any]]) -> pd.DataFrame:
    for row in rows:
        row |= json.loads(row.pop("screen"))
        row["excluded"] = row["excluded"] or (SIMULATED if row["simulated"] else "")
    return _frame(rows, PARTICIPANTS).astype({"accuracy": "Float64", "median_rt_ms": "Float64"})


def _frames(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """What browsers measured, one row per answer; of what else another program may have sent nothing is taken."""
    records = []
    for row in rows:
        told = json.loads(row["frames"]) if row["frames"] else None
        measured = told if isinstance(told, dict) else {}
        records.append(
            {
                "participant": row["participant"],
                "trial": row["trial"],
                **{n: measured.get(n) for n in MEASURED},
            }
        )
    return _frame(records, FRAMES).astype(dict.fromkeys(MEASURED, "Float64"))


def _frame(rows: list[dict[str, Any]], entries: tuple[Entry, ...]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=names(entries))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="")


def _is_export(folder: Path) -> bool:
    names = {p.name for p in folder.iterdir()} if folder.is_dir() else set()
    mine = {f"{n}.csv" for n in NAMES} | {"answers.json", PSYCH_DS, STORE}
    return {"answers.csv", PSYCH_DS} <= names <= mine
