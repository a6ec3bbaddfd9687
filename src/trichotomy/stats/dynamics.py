"""How decisions form over the epochs of a training."""

from __future__ import annotations

import numpy as np
import xarray as xr

from trichotomy import estimators
from trichotomy.decisions import MISSING, Decisions, correctness
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.stats.snapshot import pair_matrix


def dynamics(d: Decisions, *, reference: str | None = None) -> xr.Dataset:
    """Per epoch: accuracy, consistency and change; per item: when it is learned and how often forgotten.

    Missing decisions do not count: a kappa uses the items that both sides answered, and an item is ``followed``
    by an observer that answered it at every epoch it ran; the learning of other items is unknown (-1, not used).

    Parameters
    ----------
    reference
        Observer to compare the others with at each epoch; default the first.

    Returns
    -------
    Dataset. Over ``observer``, ``epoch``: ``accuracy``, ``kappa_to_reference``, ``kappa_to_next`` (own next
    epoch), ``changed`` (share of items whose being right changes until the next epoch). Over ``observer``,
    ``item``: ``first_learned``, ``finally_learned`` (epoch values, -1 never), ``forgotten`` (events), ``followed``, and
    ``confidence``, ``variability`` where ``p_target`` is stored (Swayamdipta et al. 2020). Over pairs:
    ``order_agreement``, Spearman's correlation of first-learned epochs.

    References
    ----------
    Toneva et al. 2019 (forgetting); Meding et al. 2022 (Fig. 4, 17).
    """
    if d.sizes["epoch"] < 2:
        msg = "dynamics need two epochs or more; these decisions have one"
        raise InputError(msg)
    names = d["observer"].values
    chosen = names[0] if reference is None else reference
    if chosen not in names:
        raise UnknownNameError("observer", chosen, names.tolist())
    c = correctness(d).values
    right, asked = c == 1, c >= 0
    n = asked.sum(axis=2)
    with np.errstate(invalid="ignore"):
        accuracy = np.where(n > 0, right.sum(axis=2) / np.maximum(n, 1), np.nan)
    base = int(np.flatnonzero(names == chosen)[0])
    kappa_reference = _kappa(c, np.broadcast_to(c[base], c.shape))
    kappa_reference[base] = np.nan
    next_kappa, changed = np.full(n.shape, np.nan), np.full(n.shape, np.nan)
    next_kappa[:, :-1] = _kappa(c[:, :-1], c[:, 1:])
    both = asked[:, :-1] & asked[:, 1:]
    flips = ((right[:, :-1] != right[:, 1:]) & both).sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        changed[:, :-1] = np.where(both.any(axis=2), flips / both.sum(axis=2), np.nan)
    result = xr.Dataset(
        {
            "accuracy": (("observer", "epoch"), accuracy),
            "kappa_to_reference": (("observer", "epoch"), kappa_reference),
            "kappa_to_next": (("observer", "epoch"), next_kappa),
            "changed": (("observer", "epoch"), changed),
        },
        coords={n: d.coords[n] for n in ("observer", "epoch", "item", "condition")},
        attrs={"method": "decisions per epoch", "reference": str(chosen)},
    )
    return result.merge(_learning(d, c), combine_attrs="override")


def _learning(d: Decisions, c: np.ndarray[tuple[int, ...], np.dtype[np.int8]]) -> xr.Dataset:
    """Learning epochs per observer and item, over the epochs that the observer ran."""
    M, E, N = c.shape
    epochs = d["epoch"].values
    tables = {name: np.full((M, N), MISSING) for name in ("first_learned", "finally_learned", "forgotten")}
    followed = np.zeros((M, N), dtype=bool)
    for m in range(M):
        ran = (c[m] >= 0).any(axis=1)
        if not ran.any():
            continue
        own, axis = c[m][ran], epochs[ran]
        followed[m] = (own >= 0).all(axis=0)
        for name, learned in (
            ("first_learned", estimators.first_learned(own)),
            ("finally_learned", estimators.finally_learned(own)),
        ):
            tables[name][m] = np.where(followed[m] & (learned >= 0), axis[learned], MISSING)
        tables["forgotten"][m] = np.where(followed[m], estimators.forgetting_events(own), MISSING)
    first = tables["first_learned"]
    order = np.where(first < 0, MISSING, np.searchsorted(epochs, first))
    agreement = estimators.order_agreement(order, never=E, known=followed)
    variables = {
        name: (("observer", "item"), table) for name, table in {**tables, "followed": followed}.items()
    }
    if "p_target" in d:
        p = d["p_target"].values.astype(np.float32)
        counted = np.maximum((~np.isnan(p)).sum(axis=1), 1)
        mean = np.nansum(p, axis=1) / counted
        spread = np.sqrt(np.nansum((p - mean[:, None]) ** 2, axis=1) / counted)
        unseen = np.isnan(p).all(axis=1)
        variables["confidence"] = (("observer", "item"), np.where(unseen, np.nan, mean))
        variables["variability"] = (("observer", "item"), np.where(unseen, np.nan, spread))
    pairs = xr.Dataset({"order_agreement": pair_matrix(agreement, d["observer"].values)})
    return xr.Dataset(variables, coords={n: d.coords[n] for n in ("observer", "item")}).merge(pairs)


def _kappa(
    a: np.ndarray[tuple[int, ...], np.dtype[np.int8]], b: np.ndarray[tuple[int, ...], np.dtype[np.int8]]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Kappa of two arrays of decisions along their last axis."""
    shared = (a >= 0) & (b >= 0)
    ra, rb = (a == 1) & shared, (b == 1) & shared
    both, n = (ra & rb).sum(axis=-1), shared.sum(axis=-1)
    only_a, only_b = ra.sum(axis=-1) - both, rb.sum(axis=-1) - both
    parts = (both, only_a, only_b, n - both - only_a - only_b)
    return estimators.kappa(estimators.Cells(*(x.astype(np.float64) for x in parts)))
