"""What is stored of an experiment: participants, their identities apart, answers and events."""

from trichotomy.errors import MissingExtraError

try:
    import alembic  # noqa: F401 - its own message would not say which extra to install
    import sqlalchemy  # noqa: F401
except ImportError as error:
    feature = "storing answers"
    raise MissingExtraError(feature, "web") from error

from trichotomy.experiments.database.answers import Answer, answer_at, record
from trichotomy.experiments.database.connection import BusyError, Database, GoneError, lock, open_database
from trichotomy.experiments.database.participants import (
    Participant,
    begin,
    by_identity,
    by_token,
    exclude,
    forget,
    identity_of,
    issue,
    mark_used,
    numbers_of,
    set_state,
)
from trichotomy.experiments.database.progress import answer_rows, event_rows, participant_rows

__all__ = [
    "Answer",
    "BusyError",
    "Database",
    "GoneError",
    "Participant",
    "answer_at",
    "answer_rows",
    "begin",
    "by_identity",
    "by_token",
    "event_rows",
    "exclude",
    "forget",
    "identity_of",
    "issue",
    "lock",
    "mark_used",
    "numbers_of",
    "open_database",
    "participant_rows",
    "record",
    "set_state",
]
