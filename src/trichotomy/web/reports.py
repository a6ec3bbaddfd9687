"""What the operator is told on standard error: a line for each kind of event, once a minute at most."""

from __future__ import annotations

import logging

from trichotomy.web.rates import Rate

LOGGER = logging.getLogger("trichotomy.web")
PER_MINUTE = 1.0


class Seldom(logging.Filter):
    """Let a message of a kind through now and then; the kind is its text before the values are put in."""

    def __init__(self, per_minute: float = PER_MINUTE) -> None:
        super().__init__()
        self._rate = Rate(per_minute)

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the message is written."""
        error = record.exc_info[1] if record.exc_info else None
        return self._rate.allow(f"{record.msg} {type(error).__name__}")


SELDOM = Seldom()
LOGGER.addFilter(SELDOM)


def report(what: str, *values: object) -> None:
    """Tell the operator; ``values`` are put in for ``%s``, and do not make another kind of event."""
    LOGGER.warning(what, *values)
