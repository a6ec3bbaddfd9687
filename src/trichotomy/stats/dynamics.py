"""How decisions form over the epochs of a training, read epoch by epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.decisions import MISSING, Decisions, correctness
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.stats.following import Histories
from trichotomy.stats.readings import one_epoch
from trichotomy.stats.snapshot import pair_matrix

Floats = NDArray[np.float64]


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
    base = int(np.flatnonzero(names == chosen)[0])
    tables, histories = _follow(d, base)
    result = xr.Dataset(
        {name: (("observer", "epoch"), table) for name, table in tables.items()},
        coords={n: d.coords[n] for n in ("observer", "epoch", "item", "condition")},
        attrs={"method": "decisions per epoch", "reference": str(chosen)},
    )
    return result.merge(_learning(d, histories), combine_attrs="override")


def _follow(d: Decisions, base: int) -> tuple[dict[str, Floats], Histories]:
    """Values of each observer at each epoch, float64[M, E], and the histories of all items."""
    M, E = d.sizes["observer"], d.sizes["epoch"]
    names = ("accuracy", "kappa_to_reference", "kappa_to_next", "changed")
    tables = {name: np.full((M, E), np.nan) for name in names}
    histories = Histories.empty(M, d.sizes["item"])
    before: NDArray[np.int8] | None = None
    for k, epoch in enumerate(d["epoch"].values):
        now = correctness(one_epoch(d, epoch)).values[:, 0]
        histories.add(k, now)
        tables["accuracy"][:, k] = _share(now == 1, now >= 0)
        tables["kappa_to_reference"][:, k] = pairwise_kappa(now, np.broadcast_to(now[base], now.shape))
        if before is not None:
            tables["kappa_to_next"][:, k - 1] = pairwise_kappa(before, now)
            tables["changed"][:, k - 1] = _share(before != now, (before >= 0) & (now >= 0))
        before = now
    tables["kappa_to_reference"][base] = np.nan
    return tables, histories


def _learning(d: Decisions, h: Histories) -> xr.Dataset:
    """Learning epochs per observer and item, over the epochs that the observer ran."""
    epochs, followed = d["epoch"].values, h.followed
    tables = {
        "first_learned": np.where(followed & (h.first >= 0), epochs[h.first], MISSING),
        "finally_learned": np.where(followed & (h.final >= 0), epochs[h.final], MISSING),
        "forgotten": np.where(followed, h.forgotten, MISSING),
        "followed": followed,
    }
    variables: dict[str, Any] = {name: (("observer", "item"), table) for name, table in tables.items()}
    if "p_target" in d:
        for name, table in confidence_and_variability(d, epochs).items():
            variables[name] = (("observer", "item"), table)
    agreement = estimators.order_agreement(h.first, never=len(epochs), known=followed)
    pairs = xr.Dataset({"order_agreement": pair_matrix(agreement, d["observer"].values)})
    return xr.Dataset(variables, coords={n: d.coords[n] for n in ("observer", "item")}).merge(pairs)


def confidence_and_variability(d: Decisions, epochs: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
    """Mean and standard deviation over epochs of the target's probability, float32[M, N] each; NaN where unseen.

    Read epoch by epoch and updated after Welford 1962.
    """
    shape = d.sizes["observer"], d.sizes["item"]
    mean, squares = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    counted = np.zeros(shape, dtype=np.int16)
    for epoch in epochs:
        p = d["p_target"].sel(epoch=epoch).transpose("observer", "item").values.astype(np.float32)
        known = ~np.isnan(p)
        counted += known
        step = np.where(known, p - mean, 0)
        mean += step / np.maximum(counted, 1)
        squares += np.where(known, step * (p - mean), 0)
    unseen = counted == 0
    spread = np.sqrt(squares / np.maximum(counted, 1))
    return {"confidence": np.where(unseen, np.nan, mean), "variability": np.where(unseen, np.nan, spread)}


def pairwise_kappa(a: NDArray[np.int8], b: NDArray[np.int8]) -> Floats:
    """Kappa of two arrays of decisions along their last axis, over the items that both have."""
    shared = (a >= 0) & (b >= 0)
    ra, rb = (a == 1) & shared, (b == 1) & shared
    both, n = (ra & rb).sum(axis=-1), shared.sum(axis=-1)
    only_a, only_b = ra.sum(axis=-1) - both, rb.sum(axis=-1) - both
    parts = (both, only_a, only_b, n - both - only_a - only_b)
    return estimators.kappa(estimators.Cells(*(x.astype(np.float64) for x in parts)))


def _share(hits: NDArray[np.bool_], counted: NDArray[np.bool_]) -> Floats:
    """Share of what is counted, row by row; NaN where nothing is."""
    n = counted.sum(axis=1)
    return np.where(n > 0, (hits & counted).sum(axis=1) / np.maximum(n, 1), np.nan)
