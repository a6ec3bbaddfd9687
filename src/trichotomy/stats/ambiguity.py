"""Are items hard because their labels are ambiguous? Numbers of accepted labels, entropies of votes, by difficulty."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.decisions import Decisions
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.stats.snapshot import BOUNDS, Seed, seed_of, snapshot, with_bounds

AMBIGUITY = ("accepted_labels", "vote_entropy", "human_entropy")
"""Annotations that measure ambiguity, as ``tri.annotate`` calls them."""
STATISTICS = ("spearman", "kendall", "somers")
MOST_LEVELS = 8


def label_ambiguity(
    d: Decisions,
    *,
    annotations: Sequence[str] | str | None = None,
    tolerance: int = 0,
    epoch: int | None = None,
    level: float = 0.95,
    draws: int = 1000,
    rng: Seed = 0,
) -> xr.Dataset:
    """Association of numbers that annotate the items with their difficulty, the number of observers wrong.

    Uses the items that all observers answered and that the annotation knows (not NaN); ``n`` counts them.

    Parameters
    ----------
    annotations
        Numbers that annotate the items; default those of ``accepted_labels``, ``vote_entropy`` and ``human_entropy``
        that are there.
    tolerance
        Of the partition in ``trivial`` and ``impossible``.
    level, draws, rng
        Of the intervals over items: percentile bootstrap for associations, Wilson's for shares.

    Returns
    -------
    Dataset. Over ``annotation`` and ``statistic`` (Spearman's rho, Kendall's tau-b, Somers' d of difficulty given the
    annotation): ``association`` and ``association_ci``, positive where larger values go with harder items; ``n``. Over
    ``level``: values of the annotation, or up to eight groups of them of about equal size: ``level_annotation``,
    ``lowest``, ``highest``, ``items``, ``accuracy`` (mean over observers and items) and ``accuracy_ci`` (normal, over
    items), ``trivial``, ``impossible`` and their ``_ci``.

    Raises
    ------
    UnknownNameError, InputError
        No such annotation, one that is no number, or none at all.

    References
    ----------
    Meding et al. 2022, A.13; Kendall 1945; Somers 1962.
    """
    names = _chosen(d, annotations)
    shot = snapshot(d, epoch, complete=True)
    s, M = estimators.number_right(shot.complete), len(shot.observers)
    category = estimators.partition(s, M, tolerance=tolerance)
    values = [np.asarray(d[name].values[shot.answered], dtype=float) for name in names]
    found = np.array([estimators.rank_association(x, M - s) for x in values])
    bounds = [
        estimators.rank_association_interval(x, M - s, level=level, draws=draws, rng=rng) for x in values
    ]
    groups = [group for k, x in enumerate(values) for group in _levels(k, x)]
    rows = [_row(s[m] / M, category[m], level) for _, _, _, m in groups]
    table = {key: np.array([row[key] for row in rows]) for key in rows[0]} if rows else {}
    return xr.Dataset(
        {
            "association": (("annotation", "statistic"), found),
            "association_ci": (
                ("annotation", "statistic", "ci_bound"), with_bounds(*np.array(bounds).transpose(1, 0, 2))
            ),
            "n": ("annotation", [int((~np.isnan(x)).sum()) for x in values]),
            "level_annotation": ("level", np.array([names[k] for k, *_ in groups], dtype=object)),
            "lowest": ("level", np.array([low for _, low, _, _ in groups], dtype=float)),
            "highest": ("level", np.array([high for _, _, high, _ in groups], dtype=float)),
            **{
                key: (("level", "ci_bound") if column.ndim > 1 else ("level",), column)
                for key, column in table.items()
            },
        },
        coords={
            "annotation": np.array(names, dtype=object), "statistic": list(STATISTICS), "ci_bound": list(BOUNDS),
        },
        attrs=shot.attrs("rank association with the number of observers wrong", tolerance=tolerance,
                         left_out=shot.left_out, level=level, seed=seed_of(rng), draws=draws,
                         interval="percentile bootstrap of items; shares Wilson score, accuracies normal",
                         undefined="items that the annotation does not know are left out",
                         reference="Meding et al. 2022, A.13; Kendall 1945; Somers 1962"),
    )  # fmt: skip


def _chosen(d: Decisions, annotations: Sequence[str] | str | None) -> list[str]:
    of_items = [str(c) for c in d.coords if d.coords[c].dims == ("item",) and c != "item"]
    if annotations is None:
        names = [name for name in AMBIGUITY if name in of_items]
        if not names:
            msg = (
                f"no annotation of the items says how ambiguous their labels are ({', '.join(AMBIGUITY)}); add "
                "accepted labels or votes with tri.annotate, or name an annotation"
            )
            raise InputError(msg)
        return names
    names = [annotations] if isinstance(annotations, str) else list(annotations)
    for name in names:
        if name not in of_items:
            raise UnknownNameError("annotation", name, of_items)
        if d[name].dtype.kind not in "biuf":
            msg = f"'{name}' is text; an association with difficulty needs numbers"
            raise InputError(msg)
    return names


def _levels(k: int, x: NDArray[np.float64]) -> list[tuple[int, float, float, NDArray[np.bool_]]]:
    """Annotation, lowest, highest value and the items of each group."""
    known = np.sort(x[~np.isnan(x)])
    if not known.size:
        return []
    distinct = np.unique(known)
    if len(distinct) <= MOST_LEVELS:
        starts = distinct
    elif np.all(distinct == np.rint(distinct)):  # whole numbers: each of its own, the rest together
        starts = distinct[:MOST_LEVELS]
    else:
        starts = np.unique(known[(np.arange(MOST_LEVELS) * len(known)) // MOST_LEVELS])
    ends = [*starts[1:], np.inf]
    members = [(x >= low) & (x < high) for low, high in zip(starts, ends, strict=True)]
    return [(k, float(x[m].min()), float(x[m].max()), m) for m in members]


def _row(right: NDArray[np.float64], category: NDArray[np.int8], level: float) -> dict[str, object]:
    n = len(right)
    mean = float(right.mean())
    half = estimators.normal_quantile(level) * float(right.std(ddof=1)) / np.sqrt(n) if n > 1 else np.nan
    row: dict[str, object] = {
        "items": n, "accuracy": mean, "accuracy_ci": np.clip([mean - half, mean + half], 0, 1)
    }  # fmt: skip
    for name, code in (("trivial", estimators.TRIVIAL), ("impossible", estimators.IMPOSSIBLE)):
        hits = int((category == code).sum())
        row[name], row[f"{name}_ci"] = (
            hits / n,
            np.array(estimators.wilson(hits, n, level=level), dtype=float),
        )
    return row
