"""Does a condition differ from mere reseeding? Equivalence tests against the seed ceiling."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.decisions import Decisions
from trichotomy.errors import InputError
from trichotomy.stats.comparisons import reference_names, some_comparisons
from trichotomy.stats.conditions import Pairs, mean_or_nan
from trichotomy.stats.readings import Readings, readings
from trichotomy.stats.snapshot import BOUNDS, Seed, seed_of, with_bounds

CAUTION = (
    "The items are the sample and the networks are given: the interval says what other items of this kind would show "
    "of these very networks, not what other networks would."
)


def equivalence(
    d: Decisions,
    *,
    epoch: int | None = None,
    margin: float = 0.05,
    ceiling: str = "initialization",
    level: float = 0.95,
    method: str = "linearised",
    draws: int = 1000,
    rng: Seed = 0,
) -> xr.Dataset:
    """Test each condition for being as consistent with its references as reseeded networks are with one another.

    The seed ceiling is the mean kappa of the ceiling condition's own networks among themselves, at the epoch. Two
    one-sided tests (Schuirmann 1987) ask whether a condition's mean kappa lies within ``margin`` of it. That a
    difference is not significant would show nothing; that it is shown to be small does. Both means use the same items
    and often the same networks, which the joint standard error knows. A pair uses the items that both answered.

    Parameters
    ----------
    epoch
        Default: the last that every observer has.
    margin
        Largest difference of kappas that counts as none.
    ceiling
        Condition of the networks that differ by their seed alone; two or more of them must be there.
    level
        1 - alpha of each one-sided test; the interval has 1 - 2 alpha (0.90 for 0.95).
    method, draws, rng
        ``linearised``, or ``bootstrap`` of items with that many draws.

    Returns
    -------
    Dataset over ``condition``: ``kappa``, ``difference`` (kappa minus the ceiling's), ``ci`` and ``standard_error`` of
    it, ``p_value``, ``equivalent`` (bool), ``pairs``. NaN and not equivalent where nothing was run or defined. The
    attributes hold ``ceiling``, ``ceiling_kappa``, ``ceiling_pairs``, ``margin``, ``alpha``, ``level`` (the interval's,
    1 - 2 alpha) and a ``caution`` to be shown with the result.

    Raises
    ------
    InputError
        Fewer than two networks of the ceiling condition, a margin or level that makes no test.
    """
    if not 0.5 < level < 1:
        msg = f"the level of an equivalence test lies between 0.5 and 1, such as 0.95; got {level}"
        raise InputError(msg)
    chosen = some_comparisons(d)
    r = readings(d, chosen, epoch)
    kappa = estimators.error_consistency(r.correct)
    reseeded = _defined(_within(d, ceiling, r), kappa)
    top = mean_or_nan([kappa[a, b] for a, b in reseeded])
    inner = round(2 * level - 1, 12)
    options: dict[str, Any] = {"method": method, "draws": draws, "rng": rng, "level": inner}
    pairs = [_defined(r.pairs(c), kappa) for c in chosen]
    rows = [estimators.kappa_contrast(*_difference(r.correct, own, reseeded), **options) for own in pairs]
    # a condition that is the ceiling itself differs by nothing, which no contrast can say
    rows = [
        estimators.Estimate(0.0, 0.0, 0.0, 0.0, len(own), "none needed") if own and _same(own, reseeded) else row
        for own, row in zip(pairs, rows, strict=True)
    ]  # fmt: skip
    error = [row.standard_error for row in rows]
    p = estimators.two_one_sided([row.value for row in rows], error, margin=margin)
    drawn = f"bootstrap of items, {draws} draws" if method == "bootstrap" else "linearised over items"
    return xr.Dataset(
        {
            "kappa": ("condition", [mean_or_nan([kappa[a, b] for a, b in own]) for own in pairs]),
            "difference": ("condition", [row.value for row in rows]),
            "ci": (("condition", "ci_bound"), with_bounds([row.lower for row in rows], [row.upper for row in rows])),
            "standard_error": ("condition", error),
            "p_value": ("condition", p),
            "equivalent": ("condition", p < 1 - level),
            "pairs": ("condition", [len(own) for own in pairs]),
        },
        coords={
            "condition": np.array([c.condition for c in chosen], dtype=object),
            "references": ("condition", np.array(reference_names(chosen), dtype=object)),
            "ci_bound": list(BOUNDS),
        },
        attrs=r.attrs("two one-sided tests of mean kappa minus the seed ceiling, normal approximation",
                      margin=margin, ceiling=ceiling, ceiling_kappa=top, ceiling_pairs=len(reseeded), level=inner,
                      alpha=round(1 - level, 12), interval=f"{drawn}, jointly for both means", seed=seed_of(rng),
                      undefined="NaN, and not equivalent, where no pair was run or defined", caution=CAUTION,
                      reference="Schuirmann 1987; Meding et al. 2022"),
    )  # fmt: skip


def _within(d: Decisions, condition: str, r: Readings) -> Pairs:
    """Pairs of the condition's networks at the epoch."""
    names = d["observer"].values[d["condition"].values == condition]
    rows = [r.rows[str(o), r.epoch] for o in names if (str(o), r.epoch) in r.rows]
    if len(rows) >= 2:
        return [(a, b) for k, a in enumerate(rows) for b in rows[k + 1 :]]
    known, count = np.unique(d["condition"].values.astype(str), return_counts=True)
    several = [str(c) for c, n in zip(known, count, strict=True) if n > 1 and c != condition]
    remedy = (
        f"name another condition as ceiling: {', '.join(several)}"
        if several
        else "train another instance of it"
    )
    msg = (
        f"the seed ceiling needs two networks or more of the condition '{condition}' at epoch {r.epoch}; there "
        f"{'is' if len(rows) == 1 else 'are'} {len(rows)}; {remedy}"
    )
    raise InputError(msg)


def _defined(pairs: Pairs, kappa: NDArray[np.float64]) -> Pairs:
    return [(a, b) for a, b in pairs if not np.isnan(kappa[a, b])]


def _same(own: Pairs, reseeded: Pairs) -> bool:
    return {frozenset(p) for p in own} == {frozenset(p) for p in reseeded}


def _difference(
    correct: NDArray[np.int8], own: Pairs, reseeded: Pairs
) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """The rows that count, and the weights of their pairs in mean(own) - mean(reseeded); no weight if one has none."""
    weights = np.zeros((len(correct), len(correct)))
    for pairs, sign in ((own, 1.0), (reseeded, -1.0)):
        for a, b in pairs if own and reseeded else ():
            weights[a, b] += sign / len(pairs)
            weights[b, a] += sign / len(pairs)
    used = np.flatnonzero(weights.any(axis=1))
    return correct[used], weights[np.ix_(used, used)]
