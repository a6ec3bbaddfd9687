"""Do observers err on the same items? Agreement of pairs and of the whole population."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.decisions import Decisions, at_epoch
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.stats.snapshot import (
    BOUNDS,
    Seed,
    Snapshot,
    estimate_variables,
    pair_matrix,
    seed_of,
    snapshot,
    with_bounds,
)

SCOPES = ("all", "within conditions", "between conditions")


def error_consistency(
    d: Decisions,
    *,
    epoch: int | None = None,
    interval: str = "dirichlet",
    level: float = 0.95,
    draws: int = 1000,
    rng: Seed = 0,
    alternative: str = "two-sided",
) -> xr.Dataset:
    """Error consistency of all pairs with intervals and exact p-values.

    A pair uses the items that both answered (``n``). Undefined values are NaN, and ``constant`` marks the
    observers that are always right or always wrong, whose kappa is 0 or NaN whatever the other does.

    Parameters
    ----------
    interval
        ``dirichlet`` (default), ``multinomial`` or ``delta``; see ``estimators.kappa_interval``.
    alternative
        Of Fisher's exact test: ``two-sided``, ``greater`` or ``less``.

    Returns
    -------
    Dataset over ``observer_a``, ``observer_b``: ``kappa``, ``ci``, ``agreement``, ``n``, ``log_p`` (natural
    logarithm), ``log_p_holm``, ``log_p_fdr`` (Benjamini-Hochberg), ``lowest`` and ``highest`` kappa that the
    two accuracies allow, ``attainable`` (kappa in that range), ``double_fault``, ``yule_q``, ``forced`` (1 where one of
    the two is always right or always wrong on the shared items, so that kappa can only be 0 or undefined).

    References
    ----------
    Cohen 1960; Geirhos, Meding & Wichmann 2020; Fisher 1935; Holm 1979; Benjamini & Hochberg 1995.
    """
    shot = snapshot(d, epoch, at_least=2)
    cells = _cells(d, shot)
    above = np.triu_indices(len(shot.observers), 1)
    upper = cells.of(above)
    log_p = estimators.fisher_log_p(upper, alternative=alternative)
    log_p = np.where(upper.n > 0, log_p, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        accuracy_a, accuracy_b = ((upper.both_right + x) / upper.n for x in (upper.a_only, upper.b_only))
    kappa = estimators.kappa(upper)
    lowest, highest = estimators.kappa_bounds(accuracy_a, accuracy_b)
    columns = {
        "kappa": kappa,
        "agreement": estimators.observed_agreement(upper),
        "n": upper.n,
        "log_p": log_p,
        "log_p_holm": estimators.holm(log_p),
        "log_p_fdr": estimators.benjamini_hochberg(log_p),
        "lowest": lowest,
        "highest": highest,
        "attainable": estimators.attainable_kappa(kappa, accuracy_a, accuracy_b),
        "double_fault": estimators.double_fault(upper),
        "yule_q": estimators.yule_q(upper),
        "forced": forced(upper).astype(float),
    }
    bounds = estimators.kappa_interval(upper, method=interval, level=level, draws=draws, rng=rng)
    M = len(shot.observers)
    result = xr.Dataset(
        {name: pair_matrix(_square(values, M), shot.observers) for name, values in columns.items()}
    )
    result["ci"] = (
        ("observer_a", "observer_b", "ci_bound"), with_bounds(*(_square(b, M) for b in bounds)),
    )  # fmt: skip
    right = (shot.correct == 1).sum(axis=1)
    result = result.assign_coords(
        ci_bound=list(BOUNDS),
        condition_a=("observer_a", at_epoch(d, shot.epoch)["condition"].values),
        constant=("observer_a", (right == 0) | (right == (shot.correct >= 0).sum(axis=1))),
    )
    drawn = [] if interval == "delta" else [f"{draws} draws"]
    result.attrs = shot.attrs(
        "kappa = (o - e) / (1 - e)",
        interval=", ".join([interval, *drawn, "over items"]), level=level, seed=seed_of(rng),
        p_value=f"Fisher's exact test, {alternative}", reference="Cohen 1960; Geirhos et al. 2020",
        undefined="NaN where an observer is constant for both, or no item is shared",
    )  # fmt: skip
    return result


def mean_consistency(
    d: Decisions,
    *,
    epoch: int | None = None,
    method: str = "linearised",
    clusters: str | None = None,
    level: float = 0.95,
    draws: int = 1000,
    rng: Seed = 0,
) -> xr.Dataset:
    """Mean kappa over all pairs, within and between conditions.

    The interval over items treats the observers as given; the jackknife over observers asks what other
    observers of this kind would give, and ``clusters="target"`` takes whole classes of items as the sample.
    A pair uses the items that both answered; a pair whose kappa is undefined does not count.

    Parameters
    ----------
    method
        ``linearised`` or ``bootstrap``.
    clusters
        ``target`` or an item annotation whose values are the clusters; items are clusters of one by default.

    Returns
    -------
    Dataset over ``scope`` (all, within conditions, between conditions): ``mean``, ``ci``, ``pairs``,
    ``forced_pairs`` (of these, how many have a constant observer: their kappa is 0 or undefined whatever the
    other does), ``jackknife_ci`` (all pairs only).
    """
    shot = snapshot(d, epoch, at_least=2)
    conditions = at_epoch(d, shot.epoch)["condition"].values
    alike = conditions[:, None] == conditions[None, :]
    scopes = (np.ones_like(alike), alike, ~alike)
    label = None
    if clusters is not None:
        if clusters not in d.variables or d[clusters].dims != ("item",):
            raise UnknownNameError("item annotation", clusters, ["target", *map(str, d.coords)])
        label = d[clusters].values
        if clusters == "target":
            known = label >= 0
            shot, label = replace(shot, correct=shot.correct[:, known]), label[known]
    rows = [
        estimators.mean_kappa(
            shot.correct, pairs=pairs, method=method, clusters=label, level=level, draws=draws, rng=rng
        )
        for pairs in scopes
    ]
    cells = estimators.pair_cells(shot.correct)
    rows = [_own_interval(row, cells, level=level, draws=draws, rng=rng) for row in rows]
    constant = np.triu(forced(cells), 1)
    kappas = estimators.error_consistency(shot.correct)
    M = len(shot.observers)
    jackknife = estimators.jackknife_mean(kappas, level=level) if M > 2 else None
    nothing = np.full((len(SCOPES), 2), np.nan)
    if jackknife is not None:
        nothing[0] = jackknife.lower, jackknife.upper
    return xr.Dataset(
        {
            "mean": ("scope", [e.value for e in rows]),
            "ci": (("scope", "ci_bound"), with_bounds([e.lower for e in rows], [e.upper for e in rows])),
            "pairs": ("scope", [e.n for e in rows]),
            "forced_pairs": ("scope", [int((constant & pairs).sum()) for pairs in scopes]),
            "jackknife_ci": (("scope", "ci_bound"), nothing),
        },
        coords={"scope": list(SCOPES), "ci_bound": list(BOUNDS)},
        attrs=shot.attrs("plain mean of kappa over pairs", interval=rows[0].method, level=level, seed=seed_of(rng),
                         jackknife="over observers, Student t"),
    )  # fmt: skip


def consistency_difference(
    d: Decisions, first: tuple[str, str], second: tuple[str, str], *, epoch: int | None = None, **options: Any
) -> xr.Dataset:
    """Kappa of one pair of observers minus kappa of another, with an interval that knows their shared items.

    Each pair uses the items that both of it answered. NaN where one of the two kappas is undefined.

    Parameters
    ----------
    first, second
        Two observers each, by id.
    options
        As in ``estimators.kappa_contrast``: ``method``, ``level``, ``draws``, ``rng``; ``clusters`` takes labels
        per item.

    Returns
    -------
    Dataset of scalars: ``difference``, with ``difference_ci``; its attributes have ``standard_error`` and ``n``.

    Raises
    ------
    UnknownNameError
        No such observer.
    """
    shot = snapshot(d, epoch, at_least=2)
    known = shot.observers.tolist()
    for name in (*first, *second):
        if name not in known:
            raise UnknownNameError("observer", name, known)
    places = [(known.index(a), known.index(b)) for a, b in (first, second)]
    estimate = estimators.kappa_difference(shot.correct, *places, **options)
    return xr.Dataset(
        estimate_variables("difference", estimate),
        attrs=shot.attrs(f"kappa({', '.join(first)}) - kappa({', '.join(second)})", interval=estimate.method),
    )


def response_consistency(d: Decisions, *, epoch: int | None = None) -> xr.Dataset:
    """Cohen's kappa on the classes answered: over all items, and among items that both get wrong (Cohen 1960).

    A pair uses the items that both answered with a class (``n``); NaN where all these answers are alike.

    Returns
    -------
    Dataset over ``observer_a``, ``observer_b``: ``kappa``, ``n``, ``kappa_both_wrong``, ``n_both_wrong``.
    """
    shot = snapshot(d, epoch, at_least=2)
    if "response" not in d:
        msg = "these decisions say only right or wrong; agreement about classes needs the responses"
        raise InputError(msg)
    response = at_epoch(d, shot.epoch)["response"].values[:, 0]
    columns: dict[str, xr.DataArray] = {}
    for suffix, both_wrong in (("", False), ("_both_wrong", True)):
        kappa, n = estimators.response_kappa(response, d["target"].values, both_wrong=both_wrong)
        columns[f"kappa{suffix}"] = pair_matrix(kappa, shot.observers)
        columns[f"n{suffix}"] = pair_matrix(n, shot.observers)
    return xr.Dataset(columns, attrs=shot.attrs("Cohen's kappa on class responses", reference="Cohen 1960"))


def overall_agreement(d: Decisions, *, epoch: int | None = None) -> xr.Dataset:
    """Agreement of all observers at once: Fleiss' kappa and Krippendorff's alpha of right / wrong and of classes.

    Fleiss uses the items that everybody answered; alpha uses all items answered twice or more (Fleiss 1971;
    Krippendorff 2011).

    Returns
    -------
    Dataset over ``about`` (``right or wrong``, ``class``): ``fleiss_kappa``, ``krippendorff_alpha``.
    """
    shot = snapshot(d, epoch, at_least=2)
    ratings: dict[str, NDArray[Any]] = {"right or wrong": shot.correct}
    if "response" in d:
        ratings["class"] = at_epoch(d, shot.epoch)["response"].values[:, 0]
    return xr.Dataset(
        {
            "fleiss_kappa": ("about", [estimators.fleiss_kappa(r) for r in ratings.values()]),
            "krippendorff_alpha": ("about", [estimators.krippendorff_alpha(r) for r in ratings.values()]),
        },
        coords={"about": list(ratings)},
        attrs=shot.attrs("nominal agreement over all observers", reference="Fleiss 1971; Krippendorff 2011"),
    )


def near_duplicates(d: Decisions, *, epoch: int | None = None, at_least: float = 0.8) -> xr.Dataset:
    """Pairs of observers whose decisions are nearly the same: kappa of ``at_least`` or more, highest first.

    A pair uses the items that both answered; a pair whose kappa is undefined is not listed.

    Returns
    -------
    Dataset over ``pair``: ``observer_a``, ``observer_b``, ``kappa``.
    """
    shot = snapshot(d, epoch, at_least=2)
    kappa = estimators.kappa(_cells(d, shot))
    a, b = np.triu_indices(len(shot.observers), 1)
    values = kappa[a, b]
    chosen = np.flatnonzero(values >= at_least)
    chosen = chosen[np.argsort(-values[chosen], kind="stable")]
    return xr.Dataset(
        {
            "kappa": ("pair", values[chosen]),
            "observer_a": ("pair", shot.observers[a[chosen]]),
            "observer_b": ("pair", shot.observers[b[chosen]]),
        },
        attrs=shot.attrs("pairs of high error consistency", at_least=at_least),
    )


def _cells(d: Decisions, shot: Snapshot) -> estimators.Cells:
    if "correct" not in d:
        response = at_epoch(d, shot.epoch)["response"].values[:, 0]
        return estimators.pair_cells_from_responses(response, d["target"].values)
    return estimators.pair_cells(shot.correct)


def _own_interval(row: estimators.Estimate, cells: estimators.Cells, **options: Any) -> estimators.Estimate:
    """The mean over a single pair is that pair, with the pair's own interval."""
    if row.n != 1:
        return row
    above = np.triu_indices(len(cells.both_right), 1)
    kappas = estimators.kappa(cells.of(above))
    (place,) = np.flatnonzero(kappas == row.value)[:1] if np.isfinite(row.value) else (0,)
    lower, upper = estimators.kappa_interval(cells.of(above).of([place]), **options)
    return replace(row, lower=float(lower[0]), upper=float(upper[0]), method="dirichlet over items, one pair")


def forced(cells: estimators.Cells) -> NDArray[np.bool_]:
    """Where one observer of the pair is constant on the items they share."""
    right_a, right_b = cells.both_right + cells.a_only, cells.both_right + cells.b_only
    constant = (right_a == 0) | (right_b == 0) | (right_a == cells.n) | (right_b == cells.n)
    return np.asarray(constant & (cells.n > 0))


def _square(upper: NDArray[np.float64], M: int) -> NDArray[np.float64]:
    """Symmetric [M, M] from the upper triangle; NaN on the diagonal, where a pair is no pair."""
    square = np.full((M, M), np.nan)
    a, b = np.triu_indices(M, 1)
    square[a, b] = square[b, a] = upper
    return square
