"""Bringing tables up to date, and refusing those that are not ours or not of this version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from trichotomy.decisions.schema import few
from trichotomy.errors import InputError

STEP = "alembic_version"


def migrate(connection: sa.Connection) -> None:
    """Make the tables, or bring them up to date."""
    config = _config()
    config.attributes["connection"] = connection
    _current(connection, config)
    command.upgrade(config, "head")


def check_up_to_date(connection: sa.Connection, place: str) -> None:
    """Refuse tables that are not there or of an earlier version: who only looks makes and changes none."""
    config = _config()
    current = _current(connection, config)
    if current is None:
        raise no_answers(place)
    if current != ScriptDirectory.from_config(config).get_current_head():
        msg = (
            f"the tables at {place} were made by an earlier version of trichotomy (step {current}); "
            "`trichotomy experiment run` brings them up to date"
        )
        raise InputError(msg)


def check_ours(connection: sa.Connection, place: str) -> None:
    """Refuse a file that holds tables of another program."""
    names = sa.inspect(connection).get_table_names()
    if names and STEP not in names:
        msg = (
            f"{place} is a database of another program (it holds {few(sorted(names))}); answers need a file of "
            "their own"
        )
        raise InputError(msg)


def no_answers(place: str) -> InputError:
    """Say that nobody has taken part."""
    msg = f"there are no answers at {place}; run the experiment first"
    return InputError(msg)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "trichotomy.experiments.database:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _current(connection: sa.Connection, config: Config) -> str | None:
    """Step that the tables are at, None where there are none; refused where it is of a later version."""
    if not sa.inspect(connection).has_table(STEP):
        return None
    current = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        msg = f"the tables were made by a later version of trichotomy (step {current}); install that one"
        raise InputError(msg)
    return current
