"""Pairs of networks' features in one layer, compared one after another with few of them in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.decisions.schema import few
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.estimators.pair_matrices import FEWEST_ITEMS
from trichotomy.representations import Features, Reading, matrix, readings

Measure: TypeAlias = Literal["rsa", "cka", "procrustes", "rank-rsa"]
Progress: TypeAlias = Callable[[str, int, int], None]
MOST_KEPT_BYTES = 2**28
"""Features made ready for comparison are kept up to this size; two networks' always."""
REFERENCES = {
    "rsa": "Kriegeskorte et al. 2008; Meding et al. 2022, Fig. 7",
    "cka": "Kornblith et al. 2019; Song et al. 2012",
    "procrustes": "Ding et al. 2021; Williams et al. 2021",
    "rank-rsa": "Kriegeskorte et al. 2008; Nili et al. 2014",
}
METHODS = {
    "rsa": "RSA: Pearson between RDMs of 1 - Pearson",
    "cka": "linear CKA",
    "procrustes": "Procrustes similarity",
    "rank-rsa": "rank RSA: Spearman between RDMs of 1 - Pearson",
}


@dataclass(frozen=True, slots=True, eq=False)
class FeaturePairs:
    """Features of a layer of some networks on the items that all of them have.

    Attributes
    ----------
    kept
        bool[items]: whose features are finite and not constant for every network.
    """

    features: Features
    layer: str
    measure: str
    debiased: bool
    kept: NDArray[np.bool_]
    _own: dict[Reading, NDArray[np.float64]] = field(default_factory=dict)
    _load: list[Callable[[Reading], Any]] = field(default_factory=list)

    def raw(self, reading: Reading) -> NDArray[Any]:
        """float[N, D] of the items kept."""
        whole = matrix(self.features, reading, self.layer)
        return whole if self.kept.all() else whole[self.kept]

    def compare(self, a: Reading, b: Reading) -> estimators.Similarity:
        """The similarity of two networks."""
        one, other = self._prepared(a), self._prepared(b)
        if self.measure == "rank-rsa":
            return estimators.compare_ranks(one, other)
        if self.measure == "procrustes":
            return estimators.aligned(one, other)
        for reading, its in ((a, one), (b, other)):
            if reading not in self._own:
                self._own[reading] = estimators.row_sums(its, its)
        return estimators.compare(one, other, (self._own[a], self._own[b]))

    def attrs(self, **more: Any) -> dict[str, Any]:
        """Attributes that every result carries."""
        method = METHODS[self.measure]
        if self.measure == "cka":
            method += ", debiased" if self.debiased else ", biased"
        return {
            "method": method, "measure": self.measure, "debiased": self.debiased, "layer": self.layer,
            "n": int(self.kept.sum()), "left_out": int((~self.kept).sum()),
            "undefined": "items whose features are missing or constant for some network are left out of all pairs",
            "reference": REFERENCES[self.measure], **more,
        }  # fmt: skip

    def _prepared(self, reading: Reading) -> Any:
        return self._load[0](reading)


def feature_pairs(
    f: Features,
    chosen: Sequence[Reading],
    *,
    layer: str,
    measure: str,
    debiased: bool = True,
    items: NDArray[np.bool_] | None = None,
) -> FeaturePairs:
    """Take the items whose features are usable for all networks chosen.

    Parameters
    ----------
    items
        bool[items]: those wanted; default all.

    Raises
    ------
    UnknownNameError
        A layer or measure that is not there.
    InputError
        Fewer than two networks, features of one number, or too few items.
    """
    if measure not in METHODS:
        kind = "measure of similarity"
        raise UnknownNameError(kind, measure, list(METHODS))
    if len(chosen) < 2:
        msg = f"similarity needs the features of two networks or more; there are {len(chosen)}"
        raise InputError(msg)
    kept = np.ones(f.sizes["item"], dtype=bool) if items is None else items.copy()
    widths = []
    for reading in chosen:
        own = matrix(f, reading, layer)
        if own.shape[1] < 2:
            msg = f"layer '{layer}' of {reading} has one number per item; choose a layer with two or more"
            raise InputError(msg)
        widths.append(own.shape[1])
        good = estimators.usable(own)
        if not good[kept].any():
            msg = f"the features of {reading} in layer '{layer}' are all missing or constant; leave that network out"
            raise InputError(msg)
        kept &= good
    if kept.sum() < FEWEST_ITEMS:
        msg = f"{kept.sum()} items have usable features in layer '{layer}' of all networks; {FEWEST_ITEMS} are needed"
        raise InputError(msg)
    pairs = FeaturePairs(f, layer, measure, debiased, kept)

    def load(reading: Reading) -> Any:
        raw = pairs.raw(reading)
        if measure == "rank-rsa":
            return estimators.rank_matrix(raw)
        return estimators.prepare(raw, measure, debiased=debiased)

    size = 8 * int(kept.sum()) * max(widths)
    pairs._load.append(lru_cache(maxsize=max(2, MOST_KEPT_BYTES // size))(load))
    return pairs


def at_one_epoch(f: Features, epoch: int | None = None) -> tuple[dict[str, Reading], int]:
    """Each observer's reading at an epoch, by default the one at which most are read; else its first.

    Raises
    ------
    InputError
        Nobody is read at that epoch.
    """
    every = list(readings(f))
    epochs = [r.epoch for r in every]
    chosen = max(dict.fromkeys(epochs), key=epochs.count) if epoch is None and epochs else epoch
    if chosen not in epochs:
        msg = f"no features are of epoch {chosen}; there are {few(sorted(set(epochs)), 5)}"
        raise InputError(msg)
    own: dict[str, Reading] = {}
    for r in every:
        if r.observer not in own or (r.epoch == chosen and own[r.observer].epoch != chosen):
            own[r.observer] = r
    assert chosen is not None
    return own, chosen
