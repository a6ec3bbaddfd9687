"""What makes networks decide differently? Each condition's consistency with its reference, and with the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.decisions import Decisions
from trichotomy.errors import InputError
from trichotomy.stats.comparisons import Comparison, comparisons, reference_names, some_comparisons
from trichotomy.stats.readings import Readings, readings
from trichotomy.stats.snapshot import BOUNDS, Seed, seed_of, with_bounds

Pairs = Sequence[tuple[int, int]]

MISSING_RULE = (
    "a pair uses the items that both answered, pruning those that all networks answered; NaN where nothing was run, "
    "or an observer is constant"
)


def condition_consistency(
    d: Decisions, *, epoch: int | None = None, tolerance: int = 1, level: float = 0.95, rng: Seed = 0
) -> xr.Dataset:
    """Mean error consistency of each condition's networks with those that it is compared with.

    The mean goes over all pairs of instances; a network is never paired with itself at the same epoch. Comparisons
    with a shift read the condition's networks that many epochs later. A pair uses the items that both answered.

    Parameters
    ----------
    epoch
        Default: the last that every observer has.
    tolerance
        Of ``pruned``, which leaves out the items that are trivial or impossible among all distinct networks of
        that epoch, the compared ones included (as the paper does; it pushes kappa down). NaN where it does not fit.
    level, rng
        Of the intervals over items, which treat the networks as given. Pairs share items and networks, so the mean is
        linearised jointly; a condition with one pair has that pair's own interval (Dirichlet, 1000 draws).

    Returns
    -------
    Dataset over ``condition``: ``kappa``, ``ci``, ``pruned``, ``pairs`` (defined ones), ``accuracy`` (mean of the
    condition's networks), ``shift`` (epochs), ``references`` (a label). Over ``pair``: ``pair_kappa``,
    ``pair_condition``, ``observer_a``, ``observer_b``. NaN, and 0 pairs, where the shifted epoch was not run.

    Raises
    ------
    InputError
        There is nothing to compare, or the study's record is malformed.

    References
    ----------
    Meding et al. 2022 (Fig. 3, 5); Geirhos et al. 2020.
    """
    chosen = some_comparisons(d)
    r = readings(d, chosen, epoch)
    kept = r.in_between(tolerance)
    cells = estimators.pair_cells(r.correct)
    kappa = estimators.kappa(cells)
    pruned = estimators.error_consistency(r.correct[:, kept])
    pairs = [r.pairs(c) for c in chosen]
    means = [_mean(r.correct, cells, p, level=level, rng=rng) for p in pairs]
    names = [name for name, _ in r.rows]
    flat = [(c.condition, a, b) for c, own in zip(chosen, pairs, strict=True) for a, b in own]
    return xr.Dataset(
        {
            "kappa": ("condition", [m.value for m in means]),
            "ci": (("condition", "ci_bound"), with_bounds([m.lower for m in means], [m.upper for m in means])),
            "pruned": ("condition", [mean_or_nan([pruned[a, b] for a, b in p]) for p in pairs]),
            "pairs": ("condition", [m.n for m in means]),
            "accuracy": ("condition", [mean_or_nan(_accuracies(r.correct[r.shifted(c)])) for c in chosen]),
            "shift": ("condition", [c.shift for c in chosen]),
            "pair_kappa": ("pair", [kappa[a, b] for _, a, b in flat]),
            "pair_condition": ("pair", np.array([name for name, _, _ in flat], dtype=object)),
            "observer_a": ("pair", np.array([names[a] for _, a, _ in flat], dtype=object)),
            "observer_b": ("pair", np.array([names[b] for _, _, b in flat], dtype=object)),
        },
        coords={**_labels(chosen), "ci_bound": list(BOUNDS)},
        attrs=r.attrs("mean of kappa over the pairs of a condition's networks and its references",
                      tolerance=tolerance, pruning="in-sample", kept=int(kept.sum()), level=level, seed=seed_of(rng),
                      undefined=MISSING_RULE,
                      interval="linearised over items, jointly for all pairs; of one pair, dirichlet, 1000 draws",
                      reference="Geirhos et al. 2020; Meding et al. 2022"),
    )  # fmt: skip


def condition_matrix(d: Decisions, *, epoch: int | None = None, tolerance: int = 1) -> xr.Dataset:
    """Mean error consistency of any two conditions: over all pairs of their networks (Meding et al. 2022, Fig. 5a).

    The conditions are those of the networks, the reference first, and after them the comparisons that read networks at
    another epoch ("plus 1"). Comparisons among the networks of a condition are on the diagonal, so the paper's
    thirteen conditions make twelve here. A pair uses the items that both answered.

    Parameters
    ----------
    epoch, tolerance
        As in ``condition_consistency``.

    Returns
    -------
    Dataset over ``condition_a``, ``condition_b``, symmetric: ``kappa``, ``pruned``, ``pairs`` (defined ones). The
    diagonal holds the pairs within a condition, NaN where it has one network.
    """
    chosen = comparisons(d)
    r = readings(d, chosen, epoch)
    kept = r.in_between(tolerance)
    groups = _groups(d, chosen, r)
    kappa, pairs = _between(estimators.error_consistency(r.correct), groups)
    pruned, _ = _between(estimators.error_consistency(r.correct[:, kept]), groups)
    dims, names = ("condition_a", "condition_b"), np.array(list(groups), dtype=object)
    return xr.Dataset(
        {"kappa": (dims, kappa), "pruned": (dims, pruned), "pairs": (dims, pairs)},
        coords=dict.fromkeys(dims, names),
        attrs=r.attrs("mean of kappa over the pairs of two conditions' networks", tolerance=tolerance,
                      pruning="in-sample", kept=int(kept.sum()), interval="none", seed=None, undefined=MISSING_RULE,
                      reference="Meding et al. 2022, Fig. 5a"),
    )  # fmt: skip


def mean_or_nan(values: Sequence[float] | NDArray[np.float64]) -> float:
    """Mean of the defined values, NaN without any."""
    defined = np.asarray(values, dtype=float)
    defined = defined[~np.isnan(defined)]
    return float(defined.mean()) if defined.size else np.nan


def _mean(
    correct: NDArray[np.int8], cells: estimators.Cells, pairs: Pairs, *, level: float, rng: Seed
) -> estimators.Estimate:
    """Mean kappa of the pairs with an interval over items."""
    if not pairs:
        return estimators.Estimate(np.nan, np.nan, np.nan, np.nan, 0, "no pair")
    rows, index = np.unique(pairs, return_inverse=True)
    a, b = index.reshape(-1, 2).T
    chosen = np.zeros((len(rows), len(rows)), dtype=bool)
    chosen[a, b] = chosen[b, a] = True
    mean = estimators.mean_kappa(correct[rows], pairs=chosen, level=level)
    if mean.n != 1:
        return mean
    own = cells.of(tuple(np.array(pairs).T))
    (one,) = np.flatnonzero(~np.isnan(estimators.kappa(own)))
    lower, upper = estimators.kappa_interval(own.of([one]), level=level, rng=rng)
    return replace(
        mean, lower=float(lower[0]), upper=float(upper[0]), method="dirichlet over items, one pair"
    )


def _accuracies(correct: NDArray[np.int8]) -> NDArray[np.float64]:
    answered = (correct >= 0).sum(axis=1)
    right = (correct == 1).sum(axis=1)
    return np.where(answered > 0, right / np.maximum(answered, 1), np.nan)


def _labels(chosen: Sequence[Comparison]) -> dict[str, tuple[str, NDArray[np.object_]]]:
    return {
        "condition": ("condition", np.array([c.condition for c in chosen], dtype=object)),
        "references": ("condition", np.array(reference_names(tuple(chosen)), dtype=object)),
    }


def _groups(d: Decisions, chosen: Sequence[Comparison], r: Readings) -> dict[str, list[int]]:
    """Rows of each condition's networks: the reference's, the others in the order compared, the shifted readings."""
    of = {str(o): str(c) for o, c in zip(d["observer"].values, d["condition"].values, strict=True)}
    order = [*(chosen[0].references if chosen else ()), *(o for c in chosen for o in c.observers), *of]
    groups: dict[str, list[int]] = {}
    for observer in dict.fromkeys(order):
        own = groups.setdefault(of[observer], [])
        if (observer, r.epoch) in r.rows:
            own.append(r.rows[observer, r.epoch])
    for c in chosen:
        if c.shift and c.condition in groups:
            msg = f"'{c.condition}' is a condition of networks and a comparison at other epochs; rename one of them"
            raise InputError(msg)
        if c.shift:
            groups[c.condition] = r.shifted(c)
    return groups


def _between(
    kappa: NDArray[np.float64], groups: dict[str, list[int]]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Mean kappa between all groups of rows, and how many defined pairs each is made from."""
    member = np.zeros((len(groups), len(kappa)))
    for k, rows in enumerate(groups.values()):
        member[k, rows] = 1
    values = np.where(np.eye(len(kappa), dtype=bool), np.nan, kappa)
    total = member @ np.nan_to_num(values) @ member.T
    total = (total + total.T) / 2  # the products round the two halves differently
    count = member @ ~np.isnan(values) @ member.T
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(count > 0, total / count, np.nan)
    count[np.diag_indices(len(groups))] /= 2  # within a group each pair was met twice
    return mean, np.rint(count).astype(np.int64)
