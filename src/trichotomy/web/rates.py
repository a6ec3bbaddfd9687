"""How often somebody may do something: a bucket that fills steadily (token bucket)."""

from __future__ import annotations

import time
from collections.abc import Callable

MANY = 10_000


class Rate:
    """A limit per key, kept in memory alone.

    Parameters
    ----------
    per_minute
        How often in the long run, and at most at once; 0 is without limit.
    clock
        Seconds.
    """

    def __init__(self, per_minute: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def allow(self, key: str) -> bool:
        """Whether ``key`` may do it now; if so, it has."""
        if not self._per_minute:
            return True
        now = self._clock()
        if len(self._buckets) > MANY:
            self._buckets = {k: v for k, v in self._buckets.items() if now - v[1] < 60}
        level, then = self._buckets.get(key, (self._per_minute, now))
        level = min(self._per_minute, level + (now - then) * self._per_minute / 60)
        allowed = level >= 1
        self._buckets[key] = (level - allowed, now)
        return allowed
