"""Alembic's environment for writing migrations; `kit.migrations` hands the connection in."""

from alembic import context

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    target_metadata=attributes["metadata"],
    version_table_schema=attributes["service"],
)
with context.begin_transaction():
    context.run_migrations()
