"""How often somebody may do something: a bucket that fills steadily (token bucket)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

MANY = 10_000
MINUTE = 60.0


class Rate:
    """A limit per key, kept in memory alone.

    Parameters
    ----------
    per_minute
        How often in the long run, and at most at once, though one is always possible; 0 is without limit.
    clock
        Seconds.
    """

    def __init__(self, per_minute: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._most = max(1.0, per_minute)
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}
        self._cleared = -math.inf

    def allow(self, key: str) -> bool:
        """Whether ``key`` may do it now; if so, it has."""
        if not self._per_minute:
            return True
        now = self._clock()
        if len(self._buckets) > MANY and now - self._cleared >= MINUTE:
            full = MINUTE * self._most / self._per_minute
            self._buckets = {k: v for k, v in self._buckets.items() if now - v[1] < full}
            self._cleared = now
        level, then = self._buckets.get(key, (self._most, now))
        level = min(self._most, level + (now - then) * self._per_minute / MINUTE)
        allowed = level >= 1
        self._buckets[key] = (level - allowed, now)
        return allowed
