"""How alike the representations of networks are: all pairs, and each condition with those it is compared with."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from trichotomy import estimators
from trichotomy.decisions import Decisions
from trichotomy.errors import UnknownNameError
from trichotomy.representations import Features, Reading, readings
from trichotomy.stats.comparisons import Comparison, reference_names, some_comparisons
from trichotomy.stats.feature_pairs import Measure, Progress, at_one_epoch, feature_pairs
from trichotomy.stats.snapshot import BOUNDS, Seed, seed_of, with_bounds

INTERVALS = {
    "delta": "over items, from their projections, symmetric in Fisher's z",
    "bootstrap": "percentile bootstrap of items, without pairs of an item with its own copy",
}


def similarity(
    f: Features,
    *,
    layer: str = "penultimate",
    measure: Measure = "rsa",
    debiased: bool = True,
    epoch: int | None = None,
    interval: str = "delta",
    draws: int = 200,
    level: float = 0.95,
    rng: Seed = 0,
    progress: Progress = lambda *_: None,
) -> xr.Dataset:
    """Similarity of the representations of all pairs of networks.

    Uses the items whose features all networks have, none missing, finite and not constant; ``left_out`` counts the
    others.

    Parameters
    ----------
    layer
        As the features call it.
    measure
        ``rsa``: Pearson between RDMs; ``cka``: linear CKA; ``procrustes``; ``rank-rsa``: Spearman between RDMs.
    debiased
        Of CKA: by unbiased HSIC, so that it does not depend on the number of items.
    epoch
        Of the networks; default the one at which most were read. One that was not read then is taken where it was.
    interval
        ``delta``, or ``bootstrap`` with ``draws`` samples, each as dear as the estimate (not of ``rank-rsa``).
    level, rng
        Of the intervals, which treat the networks as given and the items as a sample.
    progress
        Called as ``progress(name, done, total)`` with each pair.

    Returns
    -------
    Dataset over ``observer_a``, ``observer_b``, symmetric, NaN on the diagonal: ``similarity``, ``standard_error`` (by
    projections), ``ci``. ``mean``, the mean over pairs, with ``mean_ci``. ``condition`` and ``epoch`` of the observers.

    References
    ----------
    Kriegeskorte et al. 2008; Kornblith et al. 2019; Ding et al. 2021; Sen 1960 (standard errors of U-statistics).
    """
    known = [name for name in INTERVALS if name == "delta" or measure != "rank-rsa"]
    if interval not in known:
        kind = f"interval of {measure}"
        raise UnknownNameError(kind, interval, known)
    chosen, when = at_one_epoch(f, epoch)
    own = list(chosen.values())
    pairs = feature_pairs(f, own, layer=layer, measure=measure, debiased=debiased)
    M = len(own)
    value, error = np.full((M, M), np.nan), np.full((M, M), np.nan)
    ci = np.full((M, M, 2), np.nan)
    sums, degree = np.zeros(int(pairs.kept.sum())), 2
    for a, b in zip(*np.triu_indices(M, 1), strict=True):
        progress(
            f"{own[a].observer} and {own[b].observer}",
            int(a * (2 * M - a - 1) // 2 + b - a),
            M * (M - 1) // 2,
        )
        found = pairs.compare(own[a], own[b])
        value[a, b] = value[b, a] = found.value
        error[a, b] = error[b, a] = found.standard_error
        sums, degree = sums + found.influence, found.degree
        if interval == "bootstrap":
            ci[a, b] = ci[b, a] = estimators.bootstrap_similarity(
                pairs.raw(own[a]),
                pairs.raw(own[b]),
                measure,
                debiased=debiased,
                draws=draws,
                level=level,
                rng=rng,
            )
    if interval == "delta":
        ci = with_bounds(*estimators.correlation_interval(value, error, level=level))
    mean = float(value[np.triu_indices(M, 1)].mean())
    mean_error = estimators.standard_error(sums / (M * (M - 1) / 2), degree)
    names = np.array(list(chosen), dtype=object)
    dims = ("observer_a", "observer_b")
    return xr.Dataset(
        {
            "similarity": (dims, value),
            "standard_error": (dims, error),
            "ci": ((*dims, "ci_bound"), ci),
            "mean": mean,
            "mean_ci": ("ci_bound", with_bounds(*estimators.correlation_interval(mean, mean_error, level=level))),
        },
        coords={
            "observer_a": names, "observer_b": names, "ci_bound": list(BOUNDS),
            "condition": ("observer_a", np.array([r.condition for r in own], dtype=object)),
            "epoch": ("observer_a", [r.epoch for r in own]),
        },
        attrs=pairs.attrs(at_epoch=when, observers=M, level=level, interval=INTERVALS[interval],
                          draws=draws if interval == "bootstrap" else 0,
                          seed=seed_of(rng) if interval == "bootstrap" else None),
    )  # fmt: skip


def condition_similarity(
    f: Features,
    d: Decisions | None = None,
    *,
    layer: str = "penultimate",
    measure: Measure = "rsa",
    debiased: bool = True,
    epoch: int | None = None,
    level: float = 0.95,
    progress: Progress = lambda *_: None,
) -> xr.Dataset:
    """Mean similarity of each condition's networks with those that it is compared with (Meding et al. 2022, Fig. 7).

    Items that some network has no features of are left out, as in ``similarity``.

    Parameters
    ----------
    d
        Decisions of the study, whose comparisons are taken; without, each condition is compared with ``base``, or the
        first one.
    layer, measure, debiased, epoch, level, progress
        As in ``similarity``. Comparisons with networks at later epochs use features of exactly these epochs.

    Returns
    -------
    Dataset over ``condition``: ``similarity`` (plain mean over its pairs), ``ci``, ``pairs`` (how many), ``shift``,
    ``references``. Over ``pair``: ``pair_similarity``, ``pair_condition``, ``observer_a``, ``observer_b``, ``epoch_a``,
    ``epoch_b``. NaN, and 0 pairs, where features are lacking.
    """
    chosen, own, when = compared(f, d, epoch)
    found = [pairs_of(f, c, own, when) for c in chosen]
    used = list(dict.fromkeys(r for pairs in found for pair in pairs for r in pair))
    pairs = feature_pairs(f, used, layer=layer, measure=measure, debiased=debiased)
    total, done = sum(map(len, found)), 0
    rows: list[tuple[float, float, float]] = []
    values: list[float] = []
    for c, its in zip(chosen, found, strict=True):
        compared_pairs = []
        for a, b in its:
            done += 1
            progress(c.condition, done, total)
            compared_pairs.append(pairs.compare(a, b))
        values += [s.value for s in compared_pairs]
        rows.append(_mean(compared_pairs, level))
    flat = [(c.condition, a, b) for c, its in zip(chosen, found, strict=True) for a, b in its]
    return xr.Dataset(
        {
            "similarity": ("condition", [row[0] for row in rows]),
            "ci": (("condition", "ci_bound"), with_bounds([row[1] for row in rows], [row[2] for row in rows])),
            "pairs": ("condition", [len(its) for its in found]),
            "shift": ("condition", [c.shift for c in chosen]),
            "pair_similarity": ("pair", values),
            "pair_condition": ("pair", _texts([name for name, _, _ in flat])),
            "observer_a": ("pair", _texts([a.observer for _, a, _ in flat])),
            "observer_b": ("pair", _texts([b.observer for _, _, b in flat])),
            "epoch_a": ("pair", [a.epoch for _, a, _ in flat]),
            "epoch_b": ("pair", [b.epoch for _, _, b in flat]),
        },
        coords={
            "condition": _texts([c.condition for c in chosen]),
            "references": ("condition", _texts(reference_names(chosen))),
            "ci_bound": list(BOUNDS),
        },
        attrs=pairs.attrs(epoch=when, observers=len(own), level=level, interval=INTERVALS["delta"], seed=None,
                          elsewhere=elsewhere(own, when)),
    )  # fmt: skip


def compared(
    f: Features, d: Decisions | None, epoch: int | None
) -> tuple[tuple[Comparison, ...], dict[str, Reading], int]:
    """Comparisons among the networks that have features, each one's reading, and the epoch of the analysis."""
    own, when = at_one_epoch(f, epoch)
    if d is None:
        record = {}
    else:
        record = d.attrs
        own = {name: r for name, r in own.items() if name in d["observer"].values}
    labels = xr.Dataset(
        coords={
            "observer": _texts(list(own)),
            "condition": ("observer", _texts([r.condition for r in own.values()])),
        },
        attrs=record,
    )
    return some_comparisons(labels), own, when


def pairs_of(f: Features, c: Comparison, own: dict[str, Reading], when: int) -> list[tuple[Reading, Reading]]:
    """Pairs of a comparison, each once, no network with itself at the same epoch."""
    exact = {(r.observer, r.epoch): r for r in readings(f)}
    found: dict[frozenset[Reading], tuple[Reading, Reading]] = {}
    for observer in c.observers:
        for reference in c.references:
            a = exact.get((observer, when + c.shift)) if c.shift else own.get(observer)
            b = exact.get((reference, when)) if c.shift else own.get(reference)
            if a is not None and b is not None and a != b:
                found.setdefault(frozenset((a, b)), (a, b))
    return list(found.values())


def elsewhere(own: dict[str, Reading], when: int) -> dict[str, int]:
    """Networks that are read at another epoch than the analysis, and at which."""
    return {name: r.epoch for name, r in own.items() if r.epoch != when}


def _mean(found: list[estimators.Similarity], level: float) -> tuple[float, float, float]:
    """Plain mean over pairs and its interval, joint over the items that the pairs share."""
    if not found:
        return np.nan, np.nan, np.nan
    value = float(np.mean([s.value for s in found]))
    error = estimators.standard_error(np.mean([s.influence for s in found], axis=0), found[0].degree)
    low, high = estimators.correlation_interval(value, error, level=level)
    return value, float(low), float(high)


def _texts(values: Any) -> Any:
    return np.array(values, dtype=object)
