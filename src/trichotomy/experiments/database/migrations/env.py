"""Alembic's way in: the connection is given by ``open_database``."""

from alembic import context

from trichotomy.experiments.database.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
