"""How alike observers decide at each epoch, and how near each is to its own end."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.decisions import Decisions, correctness
from trichotomy.errors import InputError
from trichotomy.estimators.joint import interval_from_influence
from trichotomy.stats.consistency import SCOPES
from trichotomy.stats.following import epochs_until
from trichotomy.stats.readings import one_epoch
from trichotomy.stats.snapshot import BOUNDS, with_bounds

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]


def consistency_over_epochs(d: Decisions, *, epoch: int | None = None, level: float = 0.95) -> xr.Dataset:
    """Mean error consistency of all pairs at each epoch, and each observer's consistency with its own last epoch.

    A pair uses the items that both answered at that epoch, and an observer those it answered at both epochs.

    Parameters
    ----------
    epoch
        The last one; default the last that every observer has.
    level
        Of the intervals over items, which treat the observers as given.

    Returns
    -------
    Dataset. Over ``epoch`` and ``scope`` (all, within conditions, between conditions, and where there are several kinds
    of observers, the pairs of kinds, such as ``human-model``): ``kappa``, the mean over pairs, ``ci``, ``pairs``. Over
    ``epoch``: ``conditional_independence``, the mean kappa of observers that share nothing but the items' difficulty
    (fitted beta-binomial); ``accuracy``, mean over observers; ``to_final`` and ``to_final_ci``, the mean over observers
    of kappa to the own last epoch; ``observers``, how many ran it; ``n``, items that somebody answered. Over
    ``observer``, ``epoch``: ``observer_to_final``. NaN where undefined, and at the last epoch for ``to_final``.

    Raises
    ------
    InputError
        Fewer than two epochs or observers.

    References
    ----------
    Geirhos et al. 2020; Meding et al. 2022.
    """
    if d.sizes["observer"] < 2:
        msg = "consistency over the epochs needs two observers or more; there is one"
        raise InputError(msg)
    epochs = epochs_until(d, epoch)
    scopes = _scopes(d)
    M, E, S = d.sizes["observer"], len(epochs), len(scopes)
    last = _decisions(d, epochs[-1])
    kappa, ci, pairs = np.full((E, S), np.nan), np.full((E, S, 2), np.nan), np.zeros((E, S), dtype=np.int64)
    alone = {name: np.full(E, np.nan) for name in ("conditional_independence", "accuracy", "to_final")}
    counts = {name: np.zeros(E, dtype=np.int64) for name in ("observers", "n")}
    own, own_ci = np.full((M, E), np.nan), np.full((E, 2), np.nan)
    for k, when in enumerate(epochs):
        now = last if k == E - 1 else _decisions(d, when)
        for s, chosen in enumerate(scopes.values()):
            if chosen.any():
                mean = estimators.mean_kappa(now, pairs=chosen, level=level)
                kappa[k, s], ci[k, s], pairs[k, s] = mean.value, (mean.lower, mean.upper), mean.n
        there = now >= 0
        alone["conditional_independence"][k] = _independent(now)
        answered = there.sum(axis=1)
        ran = answered > 0
        counts["observers"][k], counts["n"][k] = ran.sum(), there.any(axis=0).sum()
        if ran.any():
            alone["accuracy"][k] = float(((now == 1).sum(axis=1)[ran] / answered[ran]).mean())
        if k < E - 1:
            own[:, k], alone["to_final"][k], own_ci[k] = _to_final(now, last, level)
    return xr.Dataset(
        {
            "kappa": (("epoch", "scope"), kappa),
            "ci": (("epoch", "scope", "ci_bound"), ci),
            "pairs": (("epoch", "scope"), pairs),
            **{name: ("epoch", values) for name, values in {**alone, **counts}.items()},
            "to_final_ci": (("epoch", "ci_bound"), own_ci),
            "observer_to_final": (("observer", "epoch"), own),
        },
        coords={
            "epoch": epochs,
            "scope": np.array(list(scopes), dtype=object),
            "observer": d["observer"].values,
            "ci_bound": list(BOUNDS),
        },
        attrs={
            "method": "mean kappa over pairs at each epoch, and over observers with their own last epoch",
            "epoch": int(epochs[-1]),
            "observers": M,
            "n": d.sizes["item"],
            "level": level,
            "seed": None,
            "interval": "linearised over items, jointly for all pairs",
            "undefined": "a pair uses the items that both answered; NaN where there are none or one is constant",
            "reference": "Geirhos et al. 2020; Meding et al. 2022",
        },
    )


def _decisions(d: Decisions, epoch: int) -> Codes:
    return np.asarray(correctness(one_epoch(d, epoch)).values[:, 0])


def _scopes(d: Decisions) -> dict[str, NDArray[np.bool_]]:
    """bool[M, M], symmetric: which pairs each scope is made of."""
    conditions = d["condition"].values
    alike = conditions[:, None] == conditions[None, :]
    scopes = dict(zip(SCOPES, (np.ones_like(alike), alike, ~alike), strict=True))
    kinds = d["kind"].values.astype(str)
    names = sorted(set(kinds.tolist()))
    if len(names) > 1:
        for a, b in combinations_with_replacement(names, 2):
            pair = np.outer(kinds == a, kinds == b)
            scopes[f"{a}-{b}"] = pair | pair.T
    return {name: np.triu(chosen, 1) for name, chosen in scopes.items()}


def _independent(now: Codes) -> float:
    """Mean kappa given shared difficulty alone, over the items that all who ran the epoch answered."""
    ran = (now >= 0).any(axis=1)
    complete = (now[ran] >= 0).all(axis=0)
    if ran.sum() < 2 or not complete.any():
        return np.nan
    c = now[ran][:, complete] == 1
    fitted = estimators.fit_beta_binomial(estimators.histogram(c))
    return estimators.conditional_independence(*fitted, len(c))["raw"]


def _to_final(now: Codes, last: Codes, level: float) -> tuple[Floats, float, Floats]:
    """Each observer's kappa with its own end, their mean and its interval over items, linearised."""
    both = (now >= 0) & (last >= 0)
    cells = [both & (now == a) & (last == b) for a, b in ((1, 1), (1, 0), (0, 1), (0, 0))]
    table = estimators.Cells(*(cell.sum(axis=1).astype(float) for cell in cells))
    kappa = estimators.kappa(table)
    defined = ~np.isnan(kappa)
    if not defined.any():
        return kappa, np.nan, np.full(2, np.nan)
    influence = np.zeros(now.shape[1])
    g = estimators.kappa_gradient(table)
    for cell, slope in zip(cells, (g.both_right, g.a_only, g.b_only, g.both_wrong), strict=True):
        influence += slope[defined] @ cell[defined] / defined.sum()
    mean = interval_from_influence(float(kappa[defined].mean()), influence, n=int(defined.sum()), level=level)
    return kappa, mean.value, with_bounds(mean.lower, mean.upper)
