"""Trivial, impossible, in-between: the partition, the histogram behind it and the nulls beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.decisions import Decisions, at_epoch, flagged, select
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.stats.comparisons import comparisons
from trichotomy.stats.snapshot import BOUNDS, Snapshot, snapshot, with_bounds
from trichotomy.stats.study import study_of

RAREFIED_TO = 5


def one_per_condition(d: Decisions, *, paper_compatible: bool = False) -> Decisions:
    """One observer per condition, the one of the highest instance (the last in order among equals).

    Parameters
    ----------
    paper_compatible
        Count as the paper does: for each of the study's comparisons that has no networks of its own ("plus-1",
        "plus-10", "different-data"), the observer chosen for the networks it reads stands there once more, at the same
        epoch, under an id of its own such as ``base (plus-1)``. The paper's 13 "networks" are 10 distinct ones.

    Raises
    ------
    InputError
        ``paper_compatible`` of decisions that are not of a study.
    """
    conditions, instance = d["condition"].values, d["instance"].values
    chosen: dict[Any, int] = {}
    for k, condition in enumerate(conditions):
        if condition not in chosen or instance[k] >= instance[chosen[condition]]:
            chosen[condition] = k
    kept = sorted(chosen.values())
    return _as_the_paper_counts(d, kept, chosen) if paper_compatible else d.isel(observer=kept)


def partition(
    d: Decisions,
    *,
    tolerance: int = 0,
    one_per: str | None = None,
    paper_compatible: bool = False,
    exclude: str | None = None,
    epoch: int | None = None,
    level: float = 0.95,
) -> xr.Dataset:
    """Class of difficulty of each item (Meding et al. 2022), and the shares with Wilson intervals.

    Uses the items that all observers chosen answered; ``left_out`` says how many others there are, and those
    have the category ``-1``.

    Parameters
    ----------
    tolerance
        t: trivial where at most t observers are wrong, impossible where at most t are right.
    one_per
        ``condition``: one observer per condition, the last instance; ``attrs["chosen"]`` names them.
    paper_compatible
        One per condition, counted as the paper does (see ``one_per_condition``): base three times.
    exclude
        Item annotation; items where it is true are set aside first.

    Returns
    -------
    Dataset: ``right`` and ``category`` per ``item`` (0 impossible, 1 in-between, 2 trivial, -1 left out),
    ``count``, ``share`` and ``ci`` per ``difficulty``.
    """
    d = _chosen(d, one_per, exclude, paper_compatible=paper_compatible)
    shot = snapshot(d, epoch, complete=True)
    M = len(shot.observers)
    s = estimators.number_right(shot.complete)
    category = np.full(len(shot.items), -1, dtype=np.int8)
    category[shot.answered] = estimators.partition(s, M, tolerance=tolerance)
    right = np.full(len(shot.items), -1, dtype=np.int64)
    right[shot.answered] = s
    count = np.array([(category == k).sum() for k in range(3)])
    return xr.Dataset(
        {
            "right": ("item", right),
            "category": ("item", category),
            "count": ("difficulty", count),
            "share": ("difficulty", count / count.sum()),
            "ci": (("difficulty", "ci_bound"), with_bounds(*estimators.wilson(count, count.sum(), level=level))),
        },
        coords={"item": shot.items, "difficulty": list(estimators.CATEGORIES), "ci_bound": list(BOUNDS)},
        attrs=shot.attrs("partition by the number of observers right", n=int(count.sum()), tolerance=tolerance,
                         left_out=shot.left_out, chosen=shot.observers.tolist(), paper_compatible=paper_compatible,
                         level=level, interval="Wilson score over items", reference="Meding et al. 2022"),
    )  # fmt: skip


def difficulty(
    d: Decisions,
    *,
    tolerance: int = 0,
    one_per: str | None = None,
    paper_compatible: bool = False,
    exclude: str | None = None,
    flags: str | None = None,
    epoch: int | None = None,
) -> xr.Dataset:
    """Histogram of the number of observers right, beside what simple models of difficulty would give.

    Uses the items that all observers chosen answered; ``left_out`` says how many others there are.

    Parameters
    ----------
    tolerance, one_per, paper_compatible, exclude
        As in ``partition``.
    flags
        Item annotation to count separately (default ``label_error`` where there is one).

    Returns
    -------
    Dataset with ``count`` and ``flagged`` per ``number_right``; per ``null``: ``probability`` (over
    ``number_right``), ``trivial``, ``impossible``, ``total_variation`` to the data. Scalars:
    ``dichotomy_index`` and its parts, ``rarefied_index`` at ``rarefied_to`` observers, ``alpha``, ``beta`` of
    the beta-binomial fitted by maximum likelihood; ``a9_alpha``, ``a9_beta``, ``a9_slope``, ``a9_shift`` of the paper's
    two difficulty distributions on its grid, fitted (``beta_fitted``, ``sigmoid_fitted``); as printed they are
    ``beta_a9`` and ``sigmoid_a9``, the latter shifted to the mean accuracy.

    References
    ----------
    Meding et al. 2022 (Fig. 2, A.9); Guttman 1944 (comonotone).
    """
    d = _chosen(d, one_per, exclude, paper_compatible=paper_compatible)
    shot = snapshot(d, epoch, complete=True)
    c = shot.complete
    M = len(c)
    counts = estimators.histogram(c)
    accuracies = c.mean(axis=1)
    alpha, beta = estimators.fit_beta_binomial(counts)
    curves = {
        "beta": estimators.fit_beta_difficulty(counts),
        "sigmoid": estimators.fit_sigmoid_difficulty(counts),
    }
    nulls = _nulls(c, accuracies, _targets(d, shot), (alpha, beta), curves)
    index = estimators.dichotomy_index(counts, accuracies, tolerance=tolerance)
    rarefied_to = min(RAREFIED_TO, M)
    rarefied = estimators.rarefied_dichotomy_index(counts, accuracies, rarefied_to).index if M > 1 else np.nan
    table = np.array(list(nulls.values()))
    extremes = [estimators.extreme_shares(p, tolerance=tolerance) for p in table]
    return xr.Dataset(
        {
            "count": ("number_right", counts),
            "flagged": ("number_right", _flagged(d, shot, flags)),
            "probability": (("null", "number_right"), table),
            "trivial": ("null", [e[0] for e in extremes]),
            "impossible": ("null", [e[1] for e in extremes]),
            "total_variation": ("null", [estimators.total_variation(counts, p) for p in table]),
            "dichotomy_index": index.index,
            "observed": index.observed,
            "independent": index.independent,
            "attainable": index.attainable,
            "rarefied_index": rarefied,
            "alpha": alpha,
            "beta": beta,
            "a9_alpha": curves["beta"][0],
            "a9_beta": curves["beta"][1],
            "a9_slope": curves["sigmoid"][0],
            "a9_shift": curves["sigmoid"][1],
        },
        coords={"number_right": np.arange(M + 1), "null": list(nulls)},
        attrs=shot.attrs("histogram of the number of observers right", n=int(counts.sum()), tolerance=tolerance,
                         left_out=shot.left_out, chosen=shot.observers.tolist(), paper_compatible=paper_compatible,
                         rarefied_to=rarefied_to, reference="Meding et al. 2022"),
    )  # fmt: skip


def rarefaction(d: Decisions, *, tolerance: int = 0, epoch: int | None = None) -> xr.Dataset:
    """How many observers until the partition settles: expected shares among k of them; exact (Hurlbert 1971).

    Uses the items that all observers answered; ``left_out`` says how many others there are.

    Returns
    -------
    Dataset over ``observers_drawn`` (1..M): ``trivial``, ``impossible``; NaN where k <= 2 * tolerance.
    """
    shot = snapshot(d, epoch, complete=True)
    sizes = np.arange(1, len(shot.observers) + 1)
    counts = estimators.histogram(shot.complete)
    trivial, impossible = estimators.rarefaction(counts, sizes, tolerance=tolerance)
    return xr.Dataset(
        {"trivial": ("observers_drawn", trivial), "impossible": ("observers_drawn", impossible)},
        coords={"observers_drawn": sizes},
        attrs=shot.attrs("expectation over all subsets", n=int(counts.sum()), tolerance=tolerance,
                         left_out=shot.left_out, reference="Hurlbert 1971"),
    )  # fmt: skip


def influence(d: Decisions, *, tolerance: int = 0, epoch: int | None = None) -> xr.Dataset:
    """Trivial and impossible shares without each observer, largest change of their sum first.

    Uses the items that all observers answered, the same for all. NaN where the tolerance does not fit one observer
    fewer.

    Returns
    -------
    Dataset over ``observer``: ``trivial``, ``impossible``, ``change`` (of their sum), ``accuracy``.
    """
    shot = snapshot(d, epoch, at_least=2, complete=True)
    c = shot.complete
    if 2 * tolerance >= len(c) - 1:
        trivial = impossible = np.full(len(c), np.nan)
    else:
        trivial, impossible = estimators.influence(c, tolerance=tolerance)
    whole = sum(estimators.extreme_shares(estimators.histogram(c), tolerance=tolerance))
    change = trivial + impossible - whole
    order = np.argsort(-np.abs(change), kind="stable")
    return xr.Dataset(
        {
            "trivial": ("observer", trivial[order]),
            "impossible": ("observer", impossible[order]),
            "change": ("observer", change[order]),
            "accuracy": ("observer", c.mean(axis=1)[order]),
        },
        coords={"observer": shot.observers[order]},
        attrs=shot.attrs(
            "shares without one observer", n=c.shape[1], tolerance=tolerance, left_out=shot.left_out
        ),
    )


def outsiders(
    d: Decisions, *, tolerance: int = 0, epoch: int | None = None, change: float = 0.03, share: float = 0.4
) -> list[str]:
    """Observers that decide the partition by themselves, found by leaving out the most influential in turn.

    An observer is named while leaving it out changes the trivial and impossible shares by at least ``change``
    and makes up at least ``share`` of the sum of what leaving out each observer alone would change. A broken
    model among good ones does so; with fewer than four observers nobody is named. Uses the items that all
    observers answered.

    Returns
    -------
    Their ids, the most influential first.
    """
    shot = snapshot(d, epoch, complete=True)
    c, names, found = shot.complete, shot.observers.tolist(), []
    while len(c) >= max(4, 2 * tolerance + 2):
        whole = sum(estimators.extreme_shares(estimators.histogram(c), tolerance=tolerance))
        gain = np.sum(estimators.influence(c, tolerance=tolerance), axis=0) - whole
        most = int(gain.argmax())
        if gain[most] < change or gain[most] < share * gain[gain > 0].sum():
            break
        found.append(names.pop(most))
        c = np.delete(c, most, axis=0)
    return found


def _chosen(
    d: Decisions, one_per: str | None, exclude: str | None, *, paper_compatible: bool = False
) -> Decisions:
    if one_per not in (None, "condition"):
        raise UnknownNameError("choice for one_per", str(one_per), ["condition"])
    if one_per or paper_compatible:
        d = one_per_condition(d, paper_compatible=paper_compatible)
    return select(d, exclude=exclude) if exclude else d


def _as_the_paper_counts(d: Decisions, kept: list[int], chosen: dict[Any, int]) -> Decisions:
    """The observers kept, and those that comparisons without networks of their own read once more."""
    if study_of(d) is None:
        msg = (
            "the paper's count needs the comparisons of a study, and these decisions are not of one; leave "
            "paper_compatible out to count distinct networks"
        )
        raise InputError(msg)
    names, conditions = d["observer"].values, d["condition"].values
    again = [(c.condition, c.observers[-1]) for c in comparisons(d) if c.condition not in chosen]
    repeated = [chosen[conditions[names.tolist().index(observer)]] for _, observer in again]
    ids = [*names[kept], *(f"{names[k]} ({c})" for k, (c, _) in zip(repeated, again, strict=True))]
    labels = [*conditions[kept], *(c for c, _ in again)]
    return d.isel(observer=[*kept, *repeated]).assign_coords(
        observer=np.array(ids, dtype=object), condition=("observer", np.array(labels, dtype=object))
    )


def _targets(d: Decisions, shot: Snapshot) -> NDArray[Any]:
    return at_epoch(d, shot.epoch)["target"].values[shot.answered]


def _nulls(
    c: NDArray[np.bool_], accuracies: NDArray[Any], targets: NDArray[Any], fitted: tuple[float, float],
    curves: dict[str, tuple[float, float]],
) -> dict[str, NDArray[np.float64]]:  # fmt: skip
    M = len(c)
    mean = float(accuracies.mean())
    nulls = {
        "binomial": estimators.binomial(M, mean),
        "poisson_binomial": estimators.poisson_binomial(accuracies),
        "two_spike": estimators.two_spike(M, mean),
        "comonotone": estimators.comonotone(accuracies),
        "beta_a9": estimators.beta_difficulty(M),
        "sigmoid_a9": estimators.sigmoid_difficulty(M, mean),
    }
    if np.isfinite(fitted[0]):
        nulls["beta_binomial"] = estimators.beta_binomial(M, *fitted)
        alpha, beta = curves["beta"]
        slope, shift = curves["sigmoid"]
        nulls["beta_fitted"] = estimators.beta_difficulty(M, alpha=alpha, beta=beta)
        nulls["sigmoid_fitted"] = estimators.sigmoid_difficulty(M, slope=slope, shift=shift)
    if (targets >= 0).all() and len(np.unique(targets)) > 1:
        sizes = np.bincount(targets)
        order = np.argsort(targets, kind="stable")
        starts = np.concatenate([[0], np.cumsum(sizes[sizes > 0])[:-1]])
        per_class = np.add.reduceat(c[:, order], starts, axis=1, dtype=np.int64) / sizes[sizes > 0]
        nulls["per_class"] = estimators.per_class_poisson_binomial(per_class.T, sizes[sizes > 0])
    return nulls


def _flagged(d: Decisions, shot: Snapshot, flags: str | None) -> NDArray[np.int64]:
    name = flags or "label_error"
    if name not in d.coords:
        if flags:
            raise UnknownNameError("annotation", flags, [str(c) for c in d.coords])
        return np.zeros(len(shot.observers) + 1, dtype=np.int64)
    return estimators.histogram(shot.complete[:, flagged(d, name)[shot.answered]])
