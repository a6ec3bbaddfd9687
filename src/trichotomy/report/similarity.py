"""What ``trichotomy similarity`` writes: how alike representations are, beside decisions, as numbers and figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from trichotomy import stats
from trichotomy.decisions import Decisions, select
from trichotomy.decisions.schema import few
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.placement import appearing, check_free
from trichotomy.plots import SIMILARITY_FIGURES, Drawing, check_format, condition_order, save, to_svg
from trichotomy.report.page import csv_text
from trichotomy.report.summary import to_json
from trichotomy.report.tables import Columns
from trichotomy.representations import Features, is_feature_store, readings

FEATURES = "features.zarr"
"""Where in the folder features are, if they were made for it."""
FILES = ("similarity.json", "pairs.csv", "conditions.csv")
STEPS = {
    "similarity": "all pairs of networks",
    "condition_similarity": "conditions",
    "agreement_carried": "classes of difficulty",
}


class SimilarityAnalysis:
    """Results about the representations of networks, each computed when first asked for.

    Parameters
    ----------
    f
        Features.
    d
        Decisions of the same networks on the same items.
    options
        As of ``stats.similarity``: ``layer``, ``measure``, ``debiased``, ``epoch``, and ``progress``.
    tolerance
        Of the partition.
    draws
        Bootstrap samples for the intervals of pairs; 0: from projections.
    rng
        Seed of what is drawn.
    """

    def __init__(
        self, f: Features, d: Decisions, *, tolerance: int = 0, draws: int = 0, rng: int = 0, **options: Any
    ) -> None:
        names = {r.observer for r in readings(f)}
        both = [str(o) for o in d["observer"].values if o in names]
        if len(both) < 2:
            msg = (
                f"the features and the decisions have {len(both)} observers in common, and two are needed; features "
                f"are of {few(sorted(names))}, decisions of {few(d['observer'].values)}"
            )
            raise InputError(msg)
        self.features, self.history = f, select(d, observers=both)
        self._options, self._tolerance, self._draws, self._rng = options, tolerance, draws, rng

    @cached_property
    def similarity(self) -> xr.Dataset:
        """``stats.similarity``."""
        drawn: dict[str, Any] = (
            {"interval": "bootstrap", "draws": self._draws, "rng": self._rng} if self._draws else {}
        )
        return stats.similarity(self.features, **self._options, **drawn)

    @cached_property
    def condition_similarity(self) -> xr.Dataset:
        """``stats.condition_similarity``."""
        return stats.condition_similarity(self.features, self.history, **self._options)

    @cached_property
    def condition_consistency(self) -> xr.Dataset:
        """``stats.condition_consistency`` at the epoch of the features, where all networks ran it."""
        when = int(self.condition_similarity.attrs["epoch"])
        there = when in self.history["epoch"].values
        return stats.condition_consistency(self.history, epoch=when if there else None)

    @cached_property
    def agreement_carried(self) -> xr.Dataset:
        """``stats.agreement_carried``."""
        when = int(self.condition_similarity.attrs["epoch"])
        options = {**self._options, "epoch": when if when in self.history["epoch"].values else None}
        return stats.agreement_carried(
            self.features, self.history, tolerance=self._tolerance, rng=self._rng, **options
        )

    @cached_property
    def conditions(self) -> tuple[str, ...]:
        """Conditions of the networks, and after them those that only comparisons have."""
        own = [*self.history["condition"].values, *self.condition_similarity["condition"].values]
        return tuple(dict.fromkeys(map(str, own)))

    @cached_property
    def order(self) -> list[str]:
        """``plots.condition_order`` of the error consistency."""
        return condition_order(self.condition_consistency)


@dataclass(frozen=True, slots=True, eq=False)
class SimilarityReport:
    """What was found and where it was written.

    Attributes
    ----------
    folder
        Holds ``similarity.json``, ``pairs.csv``, ``conditions.csv``, ``figures/``; ``features.zarr`` if it was made.
    headline
        The answer in a sentence or two.
    summary
        The numbers, as in ``similarity.json``.
    """

    folder: Path
    headline: str
    summary: dict[str, Any] = field(repr=False)


def write_similarity(
    results: SimilarityAnalysis,
    out: str | Path,
    *,
    into: bool = False,
    notes: tuple[str, ...] = (),
    force: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> SimilarityReport:
    """Compute all results and write them.

    Parameters
    ----------
    out
        Folder to make; with ``into`` one that is there and holds ``features.zarr``, which stays.
    notes
        Sentences to repeat beside the numbers.
    force
        Replace what is there.

    Raises
    ------
    InputError
        Something is in the way, or nothing can be compared; nothing is written.
    """
    folder = Path(out)
    for name, step in STEPS.items():
        progress(step)
        getattr(results, name)
    summary = summarise(results, notes)
    files = {"similarity.json": to_json(summary) + "\n", "pairs.csv": csv_text(_pairs(results)),
             "conditions.csv": csv_text(_conditions(results))}  # fmt: skip
    for name in SIMILARITY_FIGURES:
        progress(f"figure {name}")
        drawing = _drawn(name, results)
        files[f"figures/{name}.svg"] = to_svg(drawing.figure)
        files[f"figures/{name}.txt"] = f"{drawing.caption}\n\n{drawing.alt}\n"
    try:
        if into:
            (folder / "figures").mkdir(exist_ok=True)
            _write(folder, files)
        else:
            with appearing(folder, kind="similarity report", is_one=is_similarity, force=force) as work:
                (work / "figures").mkdir(parents=True)
                _write(work, files)
    except OSError as error:
        msg = f"cannot write {folder}: {error}"
        raise InputError(msg) from error
    return SimilarityReport(folder, _headline(results), summary)


def draw_similarity(name: str, results: SimilarityAnalysis, out: str | Path) -> Drawing:
    """Draw one of ``plots.SIMILARITY_FIGURES`` and write it, in any format that matplotlib writes.

    Raises
    ------
    UnknownNameError
        There is no such figure.
    """
    if name not in SIMILARITY_FIGURES:
        kind = "figure of features"
        raise UnknownNameError(kind, name, list(SIMILARITY_FIGURES))
    check_format(Path(out))
    drawing = _drawn(name, results)
    save(drawing.figure, Path(out))
    return drawing


def check_similarity_place(out: str | Path, *, force: bool = False) -> None:
    """Refuse a place where something is already; with ``force`` only what this command wrote is replaced."""
    check_free(Path(out), kind="similarity report", is_one=is_similarity, force=force)


def is_similarity(folder: Path) -> bool:
    """Whether a folder holds what this command writes, whole or stopped on the way, and nothing else."""
    names = {p.name for p in folder.iterdir()} if folder.is_dir() else set()
    ours = "similarity.json" in names or is_feature_store(folder / FEATURES)
    return ours and names <= {*FILES, "figures", FEATURES}


def summarise(results: SimilarityAnalysis, notes: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the numbers as plain JSON; NaN becomes null when written."""
    all_pairs, compared, carried = results.similarity, results.condition_similarity, results.agreement_carried
    kappa = results.condition_consistency["kappa"].to_series()
    names = [str(n) for n in carried["difficulty"].values]
    attrs = all_pairs.attrs
    return {
        "schema": 1, "measure": attrs["measure"], "method": attrs["method"], "layer": attrs["layer"],
        "items": attrs["n"], "left_out": attrs["left_out"], "observers": attrs["observers"],
        "epoch": compared.attrs["epoch"], "mean": float(all_pairs["mean"]), "ci": all_pairs["mean_ci"].values.tolist(),
        "conditions": [
            {"condition": str(c), "similarity": float(s), "ci": ci.tolist(), "pairs": int(n),
             "error_consistency": float(kappa.get(c, np.nan)),
             "carried": dict(zip(names, carried["share"].sel(condition=c).values.tolist(), strict=True)),
             "within": dict(zip(names, carried["within"].sel(condition=c).values.tolist(), strict=True))}
            for c, s, ci, n in zip(compared["condition"].values, compared["similarity"].values, compared["ci"].values,
                                   compared["pairs"].values, strict=True)
        ],
        "difficulty": {
            name: {"items": float(carried["items"][k]), "carried": float(carried["share"][:, k].mean(skipna=True))}
            for k, name in enumerate(names)
        },
        "tolerance": carried.attrs["tolerance"], "notes": list(notes),
    }  # fmt: skip


def _headline(results: SimilarityAnalysis) -> str:
    s, carried = results.similarity, results.agreement_carried
    low, high = s["mean_ci"].values
    share = carried["share"].sel(difficulty="trivial").mean(skipna=True)
    items = carried["items"].sel(difficulty="trivial")
    return (
        f"Mean similarity of {s.attrs['observers']} networks ({s.attrs['method']}, layer {s.attrs['layer']}, "
        f"{s.attrs['n']:,} items): {float(s['mean']):.3f} [{low:.3f}, {high:.3f}]. Trivial items are "
        f"{float(items):.0%} of the items and carry {float(share):.0%} of the agreement."
    )


def _pairs(results: SimilarityAnalysis) -> Columns:
    s = results.similarity
    names = s["observer_a"].values
    a, b = np.triu_indices(len(names), 1)
    columns: Columns = {"observer_a": names[a], "observer_b": names[b]}
    columns |= {name: s[name].values[a, b] for name in ("similarity", "standard_error")}
    return columns | {str(bound): s["ci"].values[a, b, k] for k, bound in enumerate(s["ci_bound"].values)}


def _conditions(results: SimilarityAnalysis) -> Columns:
    rows = summarise(results)["conditions"]
    names = ("condition", "similarity", "error_consistency", "pairs")
    columns: Columns = {name: np.array([r[name] for r in rows]) for name in names}
    columns["condition"] = columns["condition"].astype(object)
    return columns | {
        f"carried_{name}": np.array([r["carried"][name] for r in rows]) for name in rows[0]["carried"]
    }


def _drawn(name: str, results: SimilarityAnalysis) -> Drawing:
    return SIMILARITY_FIGURES[name].draw(*(getattr(results, need) for need in SIMILARITY_FIGURES[name].needs))


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
