"""The tables. Times are UTC in ISO 8601, which sorts as text; what has a structure is JSON in text."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
STATES = ("consent", "running", "complete", "expired", "refused")

experiments = Table(
    "experiments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("created_at", String(32), nullable=False),
)
"""One row: the experiment that the answers belong to, by the SHA-256 of its design.

Nothing asks for its kind again: that is for people who look into the file.
"""

participants = Table(
    "participants",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("participant", String(16), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("done", Integer, nullable=False),
    Column("trials", Integer, nullable=False),
    Column("screen", Text, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("excluded", Text, nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("seen_at", String(32), nullable=False),
    Column("completed_at", String(32), nullable=True),
    CheckConstraint(f"state IN ({', '.join(map(repr, STATES))})", name="state"),
)

orders = Table(
    "orders",
    metadata,
    Column("participant_id", ForeignKey("participants.id", ondelete="CASCADE"), primary_key=True),
    Column("placed", Text, nullable=False),
)
"""Everybody's order of trials; apart from the participants, whose rows are written anew with every answer."""

identities = Table(
    "identities",
    metadata,
    Column("participant_id", ForeignKey("participants.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("value", String(256), nullable=False, index=True),
    Column("parameters", Text, nullable=False),
)
"""Who somebody is: what the recruitment service says. Apart from the answers, so that it can be deleted."""

sessions = Table(
    "sessions",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("participant_id", ForeignKey("participants.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("image_key", String(64), nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("used", Boolean, nullable=False),
    Column("replaced", Boolean, nullable=False),
)
"""Tokens, by their SHA-256 alone."""

answers = Table(
    "answers",
    metadata,
    Column("participant_id", ForeignKey("participants.id", ondelete="CASCADE"), primary_key=True),
    Column("trial", Integer, primary_key=True),
    Column("trial_id", String(128), nullable=False),
    Column("phase", String(16), nullable=False),
    Column("block", Integer, nullable=False),
    Column("side", String(8), nullable=False),
    Column("answer", Text, nullable=False),
    Column("correct", Integer, nullable=True),
    Column("rt_ms", Float, nullable=True),
    Column("started_at_ms", Float, nullable=True),
    Column("presented_at", String(32), nullable=False),
    Column("answered_at", String(32), nullable=False),
    Column("frames", Text, nullable=True),
    UniqueConstraint("participant_id", "trial_id"),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("participant_id", ForeignKey("participants.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("trial", Integer, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("at_ms", Float, nullable=False),
)
