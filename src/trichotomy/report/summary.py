"""The numbers of an analysis as one plain object, for programs: ``summary.json``."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from trichotomy import stats
from trichotomy.decisions import provenance
from trichotomy.report.analysis import Analysis
from trichotomy.report.cautions import cautions
from trichotomy.report.study import condition_rows

SCHEMA = 1


def summary(a: Analysis) -> dict[str, Any]:
    """Return the summary of an analysis: plain JSON types, shares as fractions, None where undefined.

    ``ci`` are [lower, upper] at 95 %; ``error_consistency.mean`` is the plain mean over pairs.
    """
    accuracy = a.accuracy["accuracy"].values
    kappa = a.consistency["kappa"].values
    pairs = kappa[np.triu_indices(len(kappa), 1)]
    defined = pairs[~np.isnan(pairs)]
    content = {
        "schema": SCHEMA,
        "items": a.partition.attrs["n"],
        "observers": a.decisions.sizes["observer"],
        "epoch": a.options["epoch"],
        "accuracy": {"mean": np.nanmean(accuracy), "min": np.nanmin(accuracy), "max": np.nanmax(accuracy)},
        "difficulty": _difficulty(a),
        "nulls": {
            str(name): {key: a.difficulty[key].sel(null=name).item() for key in ("trivial", "impossible")}
            for name in a.difficulty["null"].values
        },
        "error_consistency": {
            "mean": a.mean_consistency["mean"].sel(scope="all").item(),
            "ci": a.mean_consistency["ci"].sel(scope="all").values,
            "jackknife_ci": a.mean_consistency["jackknife_ci"].sel(scope="all").values,
            "min": defined.min() if defined.size else None,
            "max": defined.max() if defined.size else None,
            "pairs": int(a.mean_consistency["pairs"].sel(scope="all")),
            "undefined_pairs": len(pairs) - defined.size,
            "forced_pairs": int(a.mean_consistency["forced_pairs"].sel(scope="all")),
            "within_conditions": a.mean_consistency["mean"].sel(scope="within conditions").item(),
            "between_conditions": a.mean_consistency["mean"].sel(scope="between conditions").item(),
            "conditional_independence": a.raw_conditional_independence,
        },
        "pruned": {
            name: {
                "mean": r["mean"].item(),
                "ci": r["mean_ci"].values,
                "kept": r["kept"].item(),
                "conditional_independence": r["conditional_independence"].item(),
            }
            for name, r in (("insample", a.insample), ("crossfit", a.crossfit))
        },
        "residual": {
            "mean": a.residual["mean"].item(),
            "ci": a.residual["mean_ci"].values,
            "conditional_independence": a.residual["conditional_independence"].item(),
        },
        "agreement": {
            str(about): {
                k: a.overall[k].sel(about=about).item() for k in ("fleiss_kappa", "krippendorff_alpha")
            }
            for about in a.overall["about"].values
        },
        "influence": [
            {"observer": str(o), "trivial": t, "impossible": i}
            for o, t, i in zip(
                *(a.influence[n].values.tolist() for n in ("observer", "trivial", "impossible")), strict=True
            )
        ],
        "outsiders": list(a.outsiders),
        "dynamics": _dynamics(a),
        "annotations": _annotations(a),
        "study": _study(a),
        "warnings": cautions(a),
        "options": a.options,
        "intervals": {
            "shares": a.partition.attrs["interval"],
            "error_consistency": a.mean_consistency.attrs["interval"],
            "pruned": a.crossfit["mean"].attrs["interval"],
        },
        "versions": provenance()["versions"],
    }
    return plain(content)  # type: ignore[no-any-return]


def to_json(content: Any) -> str:
    """Return JSON text of plain content, NaN written ``null``."""
    return json.dumps(plain(content), indent=1, allow_nan=False, ensure_ascii=False)


def plain(value: Any) -> Any:
    """Turn NumPy values into plain ones, and NaN and infinities into None, all the way down."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _dynamics(a: Analysis) -> dict[str, Any] | None:
    """How decisions formed over the epochs; None with fewer than two, parts None where they cannot be said."""
    if a.history.sizes["epoch"] < 2:
        return None
    learned, early = a.learned, a.early_partition
    whole = None if learned is None else learned.sel(group="all")
    return {
        "learned": None if learned is None or whole is None else {
            "histories": learned.attrs["histories"],
            "never": {"share": whole["never"].item(), "ci": whole["never_ci"].values},
            "unforgettable": {"share": whole["unforgettable"].item(), "ci": whole["unforgettable_ci"].values},
            "unforgettable_independent": learned["unforgettable_independent"].item(),
        },
        "early_partition": None if early is None else {
            "epochs": early["epoch"].values,
            "agreement": early["agreement"].values,
            "chance": early["chance"].values,
            "kappa": early["kappa"].values,
            "enough": early.attrs["enough"],
            "told": early["told"].item(),
            "told_ci": early["told_ci"].values,
        },
    }  # fmt: skip


def _annotations(a: Analysis) -> list[dict[str, Any]]:
    """Annotated items by class of difficulty; empty without annotations that are true or false."""
    if a.enrichment is None:
        return []
    e = a.enrichment
    classes = {str(name).replace("-", "_"): name for name in reversed(e["difficulty"].values)}
    rows = [e.sel(annotation=name) for name in e["annotation"].values]
    return [
        {
            "annotation": str(row["annotation"].item()),
            "share": row["whole"].item(),
            **{
                key: {
                    "share": row["share"].sel(difficulty=name).item(),
                    "ci": row["ci"].sel(difficulty=name).values,
                    "odds_ratio": row["odds_ratio"].sel(difficulty=name).item(),
                    "odds_ratio_ci": row["odds_ratio_ci"].sel(difficulty=name).values,
                    "without": row["without"].sel(difficulty=name).item(),
                }
                for key, name in classes.items()
            },
        }
        for row in rows
    ]


def _study(a: Analysis) -> dict[str, Any] | None:
    """What a study found about its conditions; None for decisions that are no study."""
    if a.study is None or not a.comparisons:
        return None
    c, e = a.condition_consistency, a.equivalence
    return {
        "conditions": condition_rows(a),
        "pruned": None if c is None else {key: c.attrs[key] for key in ("tolerance", "kept", "n")},
        "seed_ceiling": None if e is None else {
            "condition": e.attrs["ceiling"], "kappa": e.attrs["ceiling_kappa"], "pairs": e.attrs["ceiling_pairs"],
            "margin": e.attrs["margin"], "alpha": e.attrs["alpha"],
        },
        "notes": list(stats.study_notes(a.history)),
        "failures": {**a.set_aside, **a.unfinished},
    }  # fmt: skip


def _difficulty(a: Analysis) -> dict[str, Any]:
    shares = {
        str(name).replace("-", "_"): {
            "share": a.partition["share"].sel(difficulty=name).item(),
            "ci": a.partition["ci"].sel(difficulty=name).values,
        }
        for name in reversed(a.partition["difficulty"].values)
    }
    return {
        "counts": a.difficulty["count"].values,
        "tolerance": a.options["tolerance"],
        **shares,
        "dichotomy_index": a.difficulty["dichotomy_index"].item(),
        "dichotomy_index_rarefied": {
            "observers": a.difficulty.attrs["rarefied_to"],
            "index": a.difficulty["rarefied_index"].item(),
        },
        "beta_binomial": {"alpha": a.difficulty["alpha"].item(), "beta": a.difficulty["beta"].item()},
        "observers": a.partition.attrs["chosen"],
        "left_out": a.partition.attrs["left_out"],
    }
