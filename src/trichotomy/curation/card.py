"""The data card that goes with a subset: what it is, how well it did, and what it must not be used for."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from trichotomy import estimators
from trichotomy.curation.subset import Subset
from trichotomy.curation.validation import FEWEST_FAMILIES, FEWEST_OBSERVERS

SHOWN = 100


def data_card(subset: Subset, *, name: str = "", format: str = "") -> str:  # noqa: A002 - what it is
    """Describe a subset in Markdown.

    Parameters
    ----------
    name, format
        Of the file that the card stands beside.

    Returns
    -------
    The card's text.
    """
    attrs = subset.items.attrs
    title = f"# Data card: {name or 'a subset'}"
    parts = [
        title,
        _table(
            [
                ("Items", f"{attrs['size']:,} of {attrs['n']:,}"),
                ("Chosen", attrs["method"]),
                *([("File", f"`{name}`, format `{format}`")] if name else []),
                ("Classes of difficulty", _categories(subset.items)),
                *([("Tolerance", str(attrs["tolerance"]))] if attrs["keep"] else []),
                ("Left out before", f"{attrs['left_out']:,} items that not every observer answered"),
                ("Epoch", str(attrs["epoch"])),
                (
                    "Index",
                    f"the annotation `{attrs['index']}`" if attrs["index"] else "place in the decisions",
                ),
                ("Seed", "a generator, not noted" if attrs["seed"] is None else str(attrs["seed"])),
                ("Made with", ", ".join(f"{k} {v}" for k, v in attrs["versions"].items())),
            ]
        ),
        "## How well it did",
        _bullets(verdict_lines(subset)),
        "## What it must not be used for",
        _bullets(_warnings(subset)),
        "## The observers it was chosen by",
        _observers(attrs),
        "## How to read answers on it",
        _bullets(_reading(subset)),
        f"Method: {attrs['reference']}.",
    ]
    return "\n\n".join(parts) + "\n"


def verdict_lines(subset: Subset) -> list[str]:
    """Say in sentences how the subset did with observers held out."""
    v = subset.validation
    if v is None:
        return ["Not checked: no observers were held out."]
    attrs = v.attrs
    row = v.isel(size=0)
    M, G = attrs["observers"], attrs["families"]
    if str(row["verdict"].item()) == "too few":
        return [
            f"Too few to tell: {M} observers of {G} {'family' if G == 1 else 'families'}. Holding out observers takes "
            f"{FEWEST_OBSERVERS} of {FEWEST_FAMILIES} families or more."
        ]
    lines = [
        f"{attrs['splits']} times the {M} observers were split by families in two halves; each half chose items, and "
        f"the other was scored on them.",
        f"Rank correlation of held-out observers' scores with their accuracy on all items: "
        f"{_number(row, 'rank', 3)}; with random subsets of the same size {_number(row, 'rank_random', 3)}.",
        f"Pairs of held-out observers put in the wrong order: {float(row['swapped']):.1%}, with random subsets "
        f"{float(row['swapped_random']):.1%}; ratio {_number(row, 'swapped_ratio', 2)}. "
        f"{_SENTENCE[str(row['verdict'].item())]}",
        f"Of the random subsets, {float(row['beaten']):.0%} order the held-out observers less well.",
    ]
    if np.isfinite(row["error"]):
        lines.append(
            f"Error of differences in accuracy between two held-out observers: "
            f"{100 * float(row['error']):.2f} percentage points, with random subsets "
            f"{100 * float(row['error_random']):.2f} (ratio {_number(row, 'error_ratio', 2)})."
        )
    lines.append(f"Brackets: 95 % intervals, {attrs['interval']}.")
    return lines


_SENTENCE = {
    "better": "It orders observers it was not chosen by better than random subsets do.",
    "worse": "It orders observers it was not chosen by **less well** than random subsets do.",
    "no interval": "With these observers it cannot be told from a random subset: no interval could be made.",
    "undecided": "With these observers it cannot be told from a random subset: the interval holds one.",
}


def _number(row: xr.Dataset, name: str, digits: int) -> str:
    low, high = row[f"{name}_ci"].values
    form = f".{digits}f"
    if not np.isfinite(low):
        return f"{float(row[name]):{form}} (no interval)"
    return f"{float(row[name]):{form}} [{low:{form}}, {high:{form}}]"


def _categories(items: xr.Dataset) -> str:
    counts = np.bincount(items["category"].values, minlength=3)
    named = zip(estimators.CATEGORIES, counts, strict=True)
    return ", ".join(f"{n:,} {name}" for name, n in named)


def _warnings(subset: Subset) -> list[str]:
    attrs = subset.items.attrs
    lines = [
        "Training, tuning or selecting on it and then reporting results on it.",
        "Judging the observers it was chosen by: it was selected on their errors, so its numbers for them are not "
        "those of new ones. Compare observers that are not listed below.",
        "Observers unlike those below. What is hard for them may be easy for others.",
    ]
    if "weight" not in subset.items or attrs["keep"]:
        lines.append(
            "Reporting an accuracy on it as one of the whole data set. The share right on it is lower or higher, and "
            "differences between observers are stretched."
        )
    else:
        lines.append(
            "Reporting the plain share right on it as an accuracy. Only the weighted one is; the plain share orders."
        )
    if attrs["families"] == len(attrs["chosen_by"]):
        lines.append(
            "Trusting the check above where observers are kin: no families were given, so two networks of one kind may "
            "have stood on both sides."
        )
    lines.append(
        "Estimating how many labels of the data set are wrong, or how classes are balanced: hard and mislabelled items "
        "are more frequent here."
    )
    return lines


def _reading(subset: Subset) -> list[str]:
    lines = ["To order observers, take the share right among these items."]
    if "weight" in subset.items:
        of = f"the {subset.items.attrs['pool']:,} items it was chosen from"
        lines.append(
            f"To estimate accuracy on {of}, take one less the sum of the weights of the items answered wrongly "
            f"(`subset_accuracy` does, with intervals). This is right on average for any observer."
        )
    else:
        lines.append(
            "It has no weights: it was not drawn at random, and says nothing about accuracy on other items."
        )
    return lines


def _observers(attrs: dict[str, Any]) -> str:
    names = attrs["chosen_by"]
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    shown = ", ".join(f"`{n}`" for n in names[:SHOWN])
    return f"{len(names)} observers of {attrs['families']} families (by `{attrs['families_by']}`): {shown}{more}."


def _table(rows: list[tuple[str, str]]) -> str:
    return "\n".join(["| | |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows)])


def _bullets(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
