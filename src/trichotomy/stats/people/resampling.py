"""What the results about people share: the weights of their resamples, and what their attributes say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy import estimators
from trichotomy.stats.snapshot import Seed, seed_of, with_bounds

DRAWS = 1000
LEVEL = 0.95
SAME = 1e-12
LARGEST_R = 1 - 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Resamples:
    """Weights of people and items: row 0 is what was seen (all ones), the others are drawn.

    Attributes
    ----------
    person, item
        float[draws + 1, M] and float[draws + 1, N].
    level, seed
        Of the intervals, and of the draws.
    """

    person: NDArray[np.float64]
    item: NDArray[np.float64]
    level: float
    seed: int | None

    @classmethod
    def of(
        cls,
        people: int,
        items: int,
        *,
        strata: ArrayLike | None = None,
        draws: int = DRAWS,
        level: float = LEVEL,
        rng: Seed = 0,
    ) -> Resamples:
        """Draw ``draws`` resamples; items within ``strata``."""
        person, item = estimators.crossed_weights(people, items, strata=strata, draws=draws, rng=rng)
        return cls(
            np.vstack([np.ones(people), person]), np.vstack([np.ones(items), item]), level, seed_of(rng)
        )

    def bounds(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Percentile interval of each quantity, float[..., 2], from float[draws + 1, ...], the estimate first.

        Undefined where no draw differs from the estimate: answers that are all alike do not make anything certain.
        """
        found = with_bounds(*estimators.percentile_bounds(values[1:], values[0], level=self.level))
        varies = np.any(np.isfinite(values) & (np.abs(values - values[0]) > SAME), axis=0)
        return np.where(varies[..., None], found, np.nan)

    def correlation_bounds(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Interval of a correlation, float[2], from float[draws + 1], the estimate first.

        Means over the people drawn are noisier than those over the people asked, so draws lie nearer to 0 than the
        estimate. They are moved, on Fisher's z, such that their median is the estimate.
        """
        z = np.arctanh(np.clip(values, -LARGEST_R, LARGEST_R))
        if not np.isfinite(z[0]) or not np.isfinite(z[1:]).any():
            return np.full(2, np.nan)
        moved = z - np.nanmedian(z[1:]) + z[0]
        return np.tanh(self.bounds(np.concatenate([z[:1], moved[1:]])))

    def attrs(self, method: str, *, what: str = "people and items", **more: Any) -> dict[str, Any]:
        """Attributes of a result whose intervals these are."""
        if self.person.shape[1] == 1:
            what = what.replace("people and ", "").replace("people", "the answers")
        return {
            "method": method, "participants": self.person.shape[1], "n": self.item.shape[1], "level": self.level,
            "interval": f"percentile bootstrap over {what}, {len(self.person) - 1} draws", "seed": self.seed, **more,
        }  # fmt: skip


def known_mean(values: NDArray[np.float64]) -> float:
    """Mean of the values that are known; NaN where none is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")
