"""Which class of difficulty carries the agreement of representations."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.decisions import Decisions
from trichotomy.errors import InputError
from trichotomy.estimators.intervals import student_quantile
from trichotomy.estimators.pair_matrices import FEWEST_ITEMS
from trichotomy.representations import Features
from trichotomy.stats.difficulty import partition
from trichotomy.stats.feature_pairs import Measure, Progress, feature_pairs
from trichotomy.stats.similarity import compared, elsewhere, pairs_of
from trichotomy.stats.snapshot import BOUNDS, Seed, seed_of, with_bounds

CLASSES = len(estimators.CATEGORIES)


def agreement_carried(
    f: Features,
    d: Decisions,
    *,
    layer: str = "penultimate",
    measure: Measure = "rsa",
    debiased: bool = True,
    epoch: int | None = None,
    tolerance: int = 0,
    folds: int = 20,
    level: float = 0.95,
    rng: Seed = 0,
    progress: Progress = lambda *_: None,
) -> xr.Dataset:
    """Shares of representational agreement that trivial, in-between and impossible items carry.

    A measure of similarity is a sum over pairs of items of how far both representations find them alike (above or below
    the average); half of each pair is counted for each of its items. Were agreement spread evenly, a class would carry
    its share of the items, which is its share of the pairs counted so. Shares can be negative. Uses the items that all
    observers answered and whose features all networks have; the others are left out.

    Parameters
    ----------
    d
        Decisions of the same networks and items: the partition, and what is compared with what.
    layer, measure, debiased, progress
        As in ``similarity``.
    epoch
        Of the networks and of the partition.
    tolerance
        Of the partition, which all networks make, the compared ones included.
    folds, level, rng
        Intervals by a jackknife over that many random folds of the items, alike in their classes (Student's t); 0 for
        none. Not of ``rank-rsa``.

    Returns
    -------
    Dataset over ``condition`` and ``difficulty``: ``share`` (mean over the condition's pairs of networks), ``ci``,
    ``within`` (mean similarity on the items of one class alone, NaN below four). Over ``difficulty``: ``items``
    (share). Over all compared pairs of networks, by ``difficulty`` and ``difficulty_b``, each pair of classes counted
    once: ``pair_share`` of agreement, ``pair_ci``, ``pairs`` (share of all pairs of items); NaN below the diagonal, and
    for measures that are no sums over pairs in feature space (``procrustes``, ``rank-rsa``).

    Raises
    ------
    InputError
        The decisions and the features have no items in common, or nothing is compared.
    """
    parts = partition(d, tolerance=tolerance, epoch=epoch)
    category = (
        parts["category"].to_series().reindex(f.coords["item"].values).fillna(-1).to_numpy().astype(np.int64)
    )
    if not (category >= 0).any():
        msg = "the features are of other items than the decisions: no id is in both; give those of the same items"
        raise InputError(msg)
    chosen, own, when = compared(f, d, epoch)
    networks = [pairs_of(f, c, own, when) for c in chosen]
    used = list(dict.fromkeys(r for pairs in networks for pair in pairs for r in pair))
    pairs = feature_pairs(f, used, layer=layer, measure=measure, debiased=debiased, items=category >= 0)
    group = category[pairs.kept]
    folds = 0 if measure == "rank-rsa" else folds
    found: list[list[estimators.Carried]] = []
    within = np.full((len(chosen), CLASSES), np.nan)
    total, done = sum(map(len, networks)), 0
    options = {"debiased": debiased} if measure == "cka" else {}
    for k, (c, its) in enumerate(zip(chosen, networks, strict=True)):
        found.append([])
        inside = []
        for a, b in its:
            done += 1
            progress(c.condition, done, total)
            x, y = pairs.raw(a), pairs.raw(b)
            found[k].append(
                estimators.carried(
                    x, y, group, count=CLASSES, measure=measure, debiased=debiased, folds=folds, rng=rng
                )
            )
            inside.append(
                [
                    estimators.similarity(x[group == g], y[group == g], measure, **options).value
                    if (group == g).sum() >= FEWEST_ITEMS
                    else np.nan
                    for g in range(CLASSES)
                ]
            )
        if inside:
            within[k] = np.mean(inside, axis=0)
    share = np.array([_mean([c.shares for c in own_], CLASSES) for own_ in found])
    errors = np.array(
        [estimators.jackknife_error(_mean([c.replicates for c in o], folds, CLASSES)) for o in found]
    )
    every = [c for own_ in found for c in own_]
    pair_share = _once(_mean([c.pairs for c in every], CLASSES, CLASSES))
    pair_error = estimators.jackknife_error(
        np.array(
            [_once(m) for m in _mean([c.pair_replicates for c in every], folds, CLASSES, CLASSES)]
        ).reshape(folds, CLASSES, CLASSES)
    )
    t = student_quantile(level, folds - 1)
    names = list(estimators.CATEGORIES)
    square = ("difficulty", "difficulty_b")
    return xr.Dataset(
        {
            "share": (("condition", "difficulty"), share),
            "ci": (
                ("condition", "difficulty", "ci_bound"),
                with_bounds(share - t * errors, share + t * errors),
            ),
            "within": (("condition", "difficulty"), within),
            "items": ("difficulty", np.bincount(group, minlength=CLASSES) / len(group)),
            "pair_share": (square, pair_share),
            "pair_ci": (
                (*square, "ci_bound"),
                with_bounds(pair_share - t * pair_error, pair_share + t * pair_error),
            ),
            "pairs": (square, _once(estimators.pair_shares(group, CLASSES))),
        },
        coords={
            "condition": np.array([c.condition for c in chosen], dtype=object),
            "difficulty": names, "difficulty_b": names, "ci_bound": list(BOUNDS),
        },
        attrs=pairs.attrs(epoch=when, observers=parts.attrs["observers"], tolerance=tolerance, network_pairs=len(every),
                          level=level, seed=seed_of(rng) if folds else None, elsewhere=elsewhere(own, when),
                          interval=f"jackknife over {folds} folds of the items" if folds else "none"),
    )  # fmt: skip


def _mean(arrays: list[NDArray[np.float64]], *shape: int) -> NDArray[np.float64]:
    return np.asarray(np.mean(arrays, axis=0)) if arrays else np.full(shape, np.nan)


def _once(square: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of both orders of two classes above the diagonal, NaN below."""
    both = square + square.T - np.diag(square.diagonal())
    return np.asarray(np.where(np.tri(len(both), k=-1, dtype=bool), np.nan, both))
