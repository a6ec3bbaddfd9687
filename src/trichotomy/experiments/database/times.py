"""Times as they are stored: UTC, ISO 8601 to the millisecond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def now() -> str:
    """Return the time now."""
    return written(datetime.now(UTC))


def since(time: str) -> float:
    """Return the seconds since a stored time."""
    return (datetime.now(UTC) - datetime.fromisoformat(time)).total_seconds()


def before(time: str, milliseconds: float) -> str:
    """Return the time so many milliseconds before a stored one."""
    return written(datetime.fromisoformat(time) - timedelta(milliseconds=milliseconds))


def written(time: datetime) -> str:
    """Write a time."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
