"""Whether people get better or faster over the trials, and how long they take when right and when wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.errors import InputError
from trichotomy.stats.people.answers import Answers
from trichotomy.stats.people.resampling import DRAWS, LEVEL, Resamples
from trichotomy.stats.snapshot import BOUNDS, Seed, with_bounds

OUTCOMES = ("all", "right", "wrong")
TOO_FAST_MS = 200
"""Faster than anybody sees and decides."""


def learning(
    a: Answers, *, bins: int = 8, level: float = LEVEL, draws: int = DRAWS, rng: Seed = 0
) -> xr.Dataset:
    """Accuracy and reaction time over the course of the experiment.

    A trial's place is its rank among the person's own trials that count, from 0 (first) to 1 (last).

    Parameters
    ----------
    bins
        Stretches of equal length.

    Returns
    -------
    Dataset over ``bin``: ``middle`` (place, 0 to 1), ``answers``, ``accuracy``, ``ci``, ``median_rt`` (ms, median over
    people of their medians). ``slope`` with ``slope_ci``: change of the log odds of being right from first to last
    trial, by logistic regression. Intervals resample people; of a single person they are Wilson's and the regression's.

    Raises
    ------
    InputError
        Neither is known.
    """
    main = a.main.sort_values(["participant", "trial"], kind="stable")
    rank = main.groupby("participant", sort=False).cumcount()
    most = main.groupby("participant", sort=False)["trial"].transform("size") - 1
    place = np.where(most > 0, rank / np.maximum(most, 1), 0.0)
    stretch = np.minimum((place * bins).astype(int), bins - 1)
    person = pd.Index(a.participants).get_indexer(pd.Index(main["participant"]))
    correct = main["correct"].to_numpy(dtype=float)
    if np.isnan(correct).all() and main["rt_ms"].isna().all():
        msg = "there is neither accuracy nor reaction time to follow over the trials"
        raise InputError(msg)
    M, known = len(a.participants), ~np.isnan(correct)
    r = Resamples.of(M, 1, draws=draws, level=level, rng=rng)
    right, answered = (
        _table(person, stretch, w, (M, bins)) for w in (np.nan_to_num(correct), known.astype(float))
    )
    accuracy, slope = np.full((draws + 1, bins), np.nan), np.full(draws + 1, np.nan)
    ci, slope_ci = np.full((bins, 2), np.nan), np.full(2, np.nan)
    if known.any():
        at, where = np.unique(place, return_inverse=True)
        fine = [_table(person, where, w, (M, len(at))) for w in (np.nan_to_num(correct), known.astype(float))]
        with np.errstate(invalid="ignore", divide="ignore"):
            accuracy = (r.person @ right) / (r.person @ answered)
        fit = estimators.logistic_fit(at, r.person @ fine[0], r.person @ fine[1])
        slope = fit.slope
        if M > 1:
            ci, slope_ci = r.bounds(accuracy), r.bounds(slope)
        else:
            ci = with_bounds(*estimators.wilson(right[0], answered[0], level=level))
            half = estimators.normal_quantile(level) * float(fit.slope_se[0])
            slope_ci = np.array([slope[0] - half, slope[0] + half])
    return xr.Dataset(
        {
            "middle": ("bin", (np.arange(bins) + 0.5) / bins),
            "answers": ("bin", np.bincount(stretch, minlength=bins)),
            "accuracy": ("bin", accuracy[0]),
            "ci": (("bin", "ci_bound"), ci),
            "median_rt": ("bin", _medians(main["rt_ms"].to_numpy(dtype=float), person, stretch, bins)),
            "slope": float(slope[0]),
            "slope_ci": ("ci_bound", slope_ci),
        },
        coords={"ci_bound": list(BOUNDS)},
        attrs=r.attrs("share right by place in the experiment, and logistic regression", what="people", n=len(main),
                      kind=a.kind)
        | ({} if M > 1 else {"interval": "Wilson score over trials"}),
    )  # fmt: skip


def reaction_times(a: Answers, *, level: float = LEVEL, draws: int = DRAWS, rng: Seed = 0) -> xr.Dataset:
    """Median and quartiles of each person's reaction times, of all answers, of the right and of the wrong ones.

    Returns
    -------
    Dataset over ``participant`` and ``outcome`` (all, right, wrong): ``median``, ``quartiles`` (``quartile``: lower,
    upper), ``n``; ``too_fast`` per participant, the share below 200 ms. Over ``outcome``: ``group``, the median over
    people of their medians, and ``group_ci``. ``difference`` with ``difference_ci``: the median over people of wrong
    minus right. All in ms; intervals resample people, NaN for a single one.

    Raises
    ------
    InputError
        No reaction times.
    """
    main = a.main[a.main["rt_ms"].notna()]
    if not len(main):
        msg = "these answers have no reaction times; the column 'rt_ms' is empty"
        raise InputError(msg)
    people = a.participants
    shape = (len(people), len(OUTCOMES))
    median, quartiles, n = np.full(shape, np.nan), np.full((*shape, 2), np.nan), np.zeros(shape, dtype=int)
    fast = np.full(len(people), np.nan)
    groups = dict(tuple(main.groupby("participant", sort=False)))
    for m, who in enumerate(people):
        if who not in groups:
            continue
        rt, correct = (groups[who][c].to_numpy(dtype=float) for c in ("rt_ms", "correct"))
        fast[m] = (rt < TOO_FAST_MS).mean()
        for k, own in enumerate((rt, rt[correct == 1], rt[correct == 0])):
            n[m, k] = len(own)
            if len(own):
                median[m, k] = np.median(own)
                quartiles[m, k] = np.quantile(own, [0.25, 0.75])
    r = Resamples.of(len(people), 1, draws=draws, level=level, rng=rng)
    difference = (median[:, 2] - median[:, 1])[:, None]
    group, apart = (_resampled_median(v, r.person) for v in (median, difference))
    alone = len(people) == 1
    nothing = np.full((len(OUTCOMES), 2), np.nan)
    return xr.Dataset(
        {
            "median": (("participant", "outcome"), median),
            "quartiles": (("participant", "outcome", "quartile"), quartiles),
            "n": (("participant", "outcome"), n),
            "too_fast": ("participant", fast),
            "group": ("outcome", group[0]),
            "group_ci": (("outcome", "ci_bound"), nothing if alone else r.bounds(group)),
            "difference": float(apart[0, 0]),
            "difference_ci": ("ci_bound", nothing[0] if alone else r.bounds(apart)[0]),
        },
        coords={"participant": np.array(people, dtype=object), "outcome": list(OUTCOMES),
                "quartile": list(BOUNDS), "ci_bound": list(BOUNDS)},
        attrs=r.attrs("medians of medians", what="people", n=len(main), unit="ms"),
    )  # fmt: skip


def _resampled_median(values: NDArray[np.float64], person: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median over people that are repeated as often as their weight, float64[draws, K]; NaN where nobody has one."""
    M = len(values)
    chosen = np.stack([np.repeat(np.arange(M), row.astype(int)) for row in person])
    drawn = values[chosen]
    found = np.full((len(person), values.shape[1]), np.nan)
    some: NDArray[np.bool_] = np.any(np.isfinite(drawn), axis=1)
    for k in range(values.shape[1]):
        if some[:, k].any():
            found[some[:, k], k] = np.nanmedian(drawn[some[:, k], :, k], axis=1)
    return found


def _table(
    person: NDArray[np.intp], column: NDArray[np.intp], weight: NDArray[np.float64], shape: tuple[int, int]
) -> NDArray[np.float64]:
    flat: NDArray[Any] = np.bincount(
        person * shape[1] + column, weights=weight, minlength=shape[0] * shape[1]
    )
    return np.asarray(flat, dtype=np.float64).reshape(shape)


def _medians(
    rt: NDArray[np.float64], person: NDArray[np.intp], stretch: NDArray[np.intp], bins: int
) -> NDArray[np.float64]:
    """Median over people of their median in each stretch."""
    table = pd.DataFrame({"rt": rt, "person": person, "stretch": stretch})
    own = table.groupby(["person", "stretch"])["rt"].median()
    return own.groupby("stretch").median().reindex(range(bins)).to_numpy(dtype=float)
