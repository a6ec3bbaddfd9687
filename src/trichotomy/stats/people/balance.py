"""Equal numbers of images in every class of difficulty, by leaving some out at random: for comparison.

The paper balanced so (Meding et al. 2022, experiment 2). What comes out depends on which images the draw leaves; the
class-weighted estimate of `ratings` uses them all and is what the draws scatter around.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import xarray as xr

from trichotomy import estimators
from trichotomy.errors import InputError
from trichotomy.estimators.partition import CATEGORIES, IMPOSSIBLE, IN_BETWEEN, TRIVIAL
from trichotomy.stats.people.answers import Answers
from trichotomy.stats.snapshot import BOUNDS, Seed, seed_of

AnySeed: TypeAlias = "int | np.random.Generator | np.random.RandomState"
_ORDER = (IN_BETWEEN, TRIVIAL, IMPOSSIBLE)
"""The authors drop in-between images first, then trivial ones; impossible ones are the fewest."""


def balanced(a: Answers, *, rng: AnySeed = 0) -> Answers:
    """Leave out images at random until all classes of difficulty have as many as the smallest.

    Parameters
    ----------
    rng
        Seed or generator. ``numpy.random.RandomState(1312)`` leaves out the images that the paper's authors left out.

    Raises
    ------
    InputError
        A class of difficulty has no image.
    """
    names = a.matrix("trial")[1]
    dropped = _surplus(a.difficulty(names), rng)
    gone = {names[k] for k in dropped} | {n for n, g in zip(names, a.difficulty(names), strict=True) if g < 0}
    return replace(a, trials=a.trials[~a.trials["item"].isin(gone)])


def balanced_association(a: Answers, *, level: float = 0.95, draws: int = 1000, rng: Seed = 0) -> xr.Dataset:
    """Correlation of mean rating and networks' accuracy over many random balancings, for each question.

    Returns
    -------
    Dataset over ``question``: ``pearson`` (mean over balancings), ``range`` (``ci_bound``; where ``level`` of the
    balancings lie: no confidence interval), ``items`` left in each.
    """
    names = a.matrix("trial")[1]
    group, y = a.difficulty(names), a.mean_correct(names)
    rating = {}
    for question in a.questions:
        total, n = estimators.item_totals(a.codes(question)[0], np.ones((1, len(a.participants))))
        with np.errstate(invalid="ignore", divide="ignore"):
            rating[question] = (total / n)[0]
    generator = np.random.default_rng(rng)
    kept = np.ones((draws, len(names)))
    kept[:, group < 0] = 0
    for row in kept:
        row[_surplus(group, generator)] = 0
    r = np.stack([estimators.weighted_pearson(x, y, kept) for x in rating.values()])
    ends = np.stack([estimators.percentile_bounds(v[:, None], v[:1], level=level) for v in r])[..., 0]
    return xr.Dataset(
        {
            "pearson": ("question", r.mean(axis=1)),
            "range": (("question", "ci_bound"), ends),
            "items": int(kept[0].sum()),
        },
        coords={"question": list(rating), "ci_bound": list(BOUNDS)},
        attrs={"method": f"Pearson correlation over {draws} random balancings", "level": level,
               "interval": f"where {level:.0%} of the balancings lie", "seed": seed_of(rng), "n": len(names),
               "reference": "Meding et al. 2022"},
    )  # fmt: skip


def _surplus(group: np.ndarray[tuple[int], np.dtype[np.int64]], rng: AnySeed) -> list[int]:
    """Places of the items to leave out."""
    made = isinstance(rng, np.random.Generator | np.random.RandomState)
    generator: Any = rng if made else np.random.default_rng(rng)  # both have choice()
    sizes = np.bincount(group[group >= 0], minlength=len(CATEGORIES))
    if not sizes.min():
        lacking = CATEGORIES[int(sizes.argmin())]
        msg = f"balancing needs images of all classes of difficulty; there is none that is {lacking}"
        raise InputError(msg)
    dropped: list[int] = []
    for category in _ORDER:
        more = int(sizes[category] - sizes.min())
        if more:
            own = np.flatnonzero(group == category)
            dropped += generator.choice(own, more, replace=False).tolist()
    return dropped
