"""Alembic's environment for writing migrations; `kit.migrations` hands the connection in."""

from alembic import context

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    target_metadata=attributes["metadata"],
    version_table_schema=attributes["service"],
    # The version table lies in the service's schema but belongs to Alembic: no migration may drop it.
    include_name=lambda name, kind, _: (kind, name) != ("table", "alembic_version"),
)
with context.begin_transaction():
    context.run_migrations()
