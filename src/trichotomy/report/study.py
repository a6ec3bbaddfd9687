"""The section of a report about a study: what makes networks decide differently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from trichotomy import stats
from trichotomy.plots import verdicts
from trichotomy.report.analysis import Analysis
from trichotomy.report.page import Block, Cell, Column, Picture, Section, Table, Undefined
from trichotomy.stats.comparisons import BASE

FIGURES = (
    "conditions",
    "equivalence",
    "conditions-heatmap",
    "conditions-epochs",
    "accuracy-epochs",
    "changed",
)
"""In the order of the section, the first above the table."""
_CONSISTENCY = ("accuracy", "kappa", "pruned", "pairs")
_DIFFERENCE = ("difference", "p_value", "equivalent")


def study_section(a: Analysis, pictures: Mapping[str, Block]) -> Section | None:
    """The section, None for decisions that are no study.

    Parameters
    ----------
    pictures
        Figures by name; a text in place of one says why it could not be drawn.
    """
    if a.study is None or not a.comparisons:
        return None
    first, *others = [pictures[name] for name in FIGURES if _worth_it(a, name, pictures)]
    blocks: list[Block] = [
        " ".join(answer(a)),
        first,
        _table(a),
        *stats.study_notes(a.history),
        *others,
    ]
    return Section("study", "What makes networks decide differently?", blocks, short="Conditions")


def answer(a: Analysis) -> Iterator[str]:
    """What the conditions did, in sentences."""
    c = a.condition_consistency
    if c is None:
        yield f"Nothing could be compared: {a.why_not['condition_consistency']}."
        return
    ranked = sorted(
        ((float(k), str(name)) for name, k in zip(c["condition"].values, c["kappa"].values, strict=True)
         if np.isfinite(k)), reverse=True,
    )  # fmt: skip
    if ranked:
        (high, most), (low, least) = ranked[0], ranked[-1]
        yield (
            f"{len(ranked)} conditions were compared. The networks decide most alike where the condition is {most} "
            f"(mean kappa {high:.2f}), least where it is {least} ({low:.2f})."
        )
    e = a.equivalence
    if e is None:
        return
    yield (
        f"Networks that differ by their seed alone ({e.attrs['ceiling']}) reach {e.attrs['ceiling_kappa']:.2f} among "
        "themselves: a condition that matters more than a seed has to stay below that."
    )
    said: dict[str, list[str]] = {}
    for name, verdict in zip(e["condition"].values, verdicts(e), strict=True):
        said.setdefault(verdict, []).append(str(name))
    words = {
        "less alike": "less alike than those are",
        "as alike": f"as alike (within {e.attrs['margin']:g})",
        "more alike": "more alike",
        "not settled": "not settled by these items",
    }
    found = [f"{words[verdict]}: {', '.join(said[verdict])}" for verdict in words if verdict in said]
    if found:
        sentence = "; ".join(found)
        yield f"{sentence[0].upper()}{sentence[1:]}."


def condition_rows(a: Analysis) -> list[dict[str, Any]]:
    """What a study's table and summary hold: a dictionary per condition, base first; None where undefined.

    ``networks`` are counted; ``ci`` are [lower, upper], of kappa at 95 %, of the difference at 90 %.
    """
    undefined = dict.fromkeys((*_CONSISTENCY, "ci", *_DIFFERENCE, "difference_ci", "verdict"))
    rows: list[dict[str, Any]] = []
    if BASE in a.trained and all(one.condition != BASE for one in a.comparisons):
        own = a.accuracy["condition"].values == BASE
        rows.append({
            "condition": BASE, "networks": int(own.sum()), "differs": _differs(a, BASE), "compared_with": None,
            "shift": 0, **undefined, "accuracy": float(np.nanmean(a.accuracy["accuracy"].values[own])),
        })  # fmt: skip
    c, e = a.condition_consistency, a.equivalence
    verdict = dict(zip(e["condition"].values, verdicts(e), strict=True)) if e is not None else {}
    for one in a.comparisons:
        row: dict[str, Any] = {
            "condition": one.condition, "networks": len(set(one.observers)), "differs": _differs(a, one.condition),
            "compared_with": list(one.references), "shift": one.shift, **undefined,
        }  # fmt: skip
        if c is not None:
            own = c.sel(condition=one.condition)
            row |= {name: own[name].item() for name in _CONSISTENCY}
            row["ci"] = own["ci"].values.tolist()
        if e is not None:
            own = e.sel(condition=one.condition)
            row |= {name: own[name].item() for name in _DIFFERENCE}
            row |= {"difference_ci": own["ci"].values.tolist(), "verdict": verdict[one.condition]}
        rows.append(row)
    return rows


def _worth_it(a: Analysis, name: str, pictures: Mapping[str, Block]) -> bool:
    """Whether a figure is drawn, or was to be expected of these decisions."""
    epochs = a.history.sizes["epoch"] > 1
    return name in pictures and (isinstance(pictures[name], Picture) or epochs or name in FIGURES[:3])


def _table(a: Analysis) -> Table:
    columns = [
        Column("Condition"), Column("Networks", "integer"), Column("Accuracy", "share", 1),
        Column("Kappa", "number", 3), Column("95 % CI", "number", 3),
        Column("Pruned", "number", 3, help="Mean kappa without items that are trivial or impossible to all networks"),
        Column("To seed ceiling", "number", 3, help="Kappa less that of networks of other seeds among themselves"),
        Column("Beside other seeds"), Column("Compared with"), Column("What differs from base"),
    ]  # fmt: skip
    no_pair, no_ceiling = "no pair with a defined kappa", a.why_not.get("equivalence", "undefined")
    rows: list[list[Cell]] = []
    for row in condition_rows(a):
        numbers: list[Cell] = [
            _cell(row["kappa"], no_pair), _cell(row["ci"], no_pair), _cell(row["pruned"], no_pair),
            _cell(row["difference"], no_ceiling),
        ] if row["compared_with"] is not None else [None] * 4  # fmt: skip
        rows.append([
            row["condition"], row["networks"], row["accuracy"], *numbers, row["verdict"] or "", _references(row),
            row["differs"],
        ])  # fmt: skip
    if not any(row[-1] for row in rows):  # no record says what differs
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    c = a.condition_consistency
    caption = (
        ("What a condition does not name equals base's training. " if a.study else "")
        + "Kappa is the mean over the pairs of a condition's networks and those that it is compared with"
        + (
            f"; pruned at tolerance {c.attrs['tolerance']}, in-sample, as in the paper"
            if c is not None
            else ""
        )
        + ". Intervals treat the networks as given and the items as a sample."
    )
    return Table("conditions-table", columns, rows, caption)


def _references(row: Mapping[str, Any]) -> str:
    names = row["compared_with"]
    if names is None:
        return ""
    said = ", ".join(names)
    later = f"{row['shift']} epoch{'' if row['shift'] == 1 else 's'} later"
    return f"{said} ({later})" if row["shift"] else said


def _differs(a: Analysis, condition: str) -> str:
    """What differs, where the study's record says so."""
    for entry in (a.study or {}).get("conditions", ()):
        if isinstance(entry, Mapping) and entry.get("condition") == condition:
            return str(entry.get("differs", ""))
    return ""


def _cell(value: Any, why: str) -> Cell:
    """A number or an interval, or the reason why there is none."""
    values = np.atleast_1d(np.array(value, dtype=float))  # None becomes NaN
    if not np.isfinite(values).all():
        return Undefined(why)
    return tuple(value) if isinstance(value, list) else value
