"""Schemas, roles and Alembic migrations of the services.

Every service owns the schema of its name through the role `roadcall_<name>`; the user of the database URL needs
CREATEROLE once. `python -m kit.migrations SERVICE "message"` writes a new migration from the difference between the
service's tables and its migrations.
"""

import sys
import tempfile
from importlib import import_module
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, MetaData, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from kit.db import role_of
from kit.packages import package_of

JOBS_ROLE = role_of("jobs")
LOCK = "SELECT pg_advisory_lock(hashtext('roadcall-migrations'))"


class NotAllowed(Exception):
    """The database's user may not do what is needed once; the message says what to grant."""


def migrate(url: str, services: list[str]) -> None:
    """Bring the schema of jobs and of every service to its newest version. Safe to run from several processes.

    Raises NotAllowed.
    """
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), connect_args={"connect_timeout": 10})
    try:
        with engine.connect() as connection:
            connection.execute(text(LOCK))
            _prepare_jobs(connection)
            for service in services:
                prepare_schema(connection, service)
                connection.commit()
                _upgrade(connection, service)
                connection.commit()
    finally:
        engine.dispose()  # the lock is the connection's: whoever tries again must not wait for a pooled one


def differences(connection: Connection, service: str) -> list[object]:
    """What the tables in code have and the migrated schema lacks, or the other way round."""
    connection.execute(text(f"SET search_path = {service}"))
    return list(compare_metadata(MigrationContext.configure(connection), _metadata(service)))


def _metadata(service: str) -> MetaData:
    metadata: MetaData = import_module(f"{package_of(service)}.tables").metadata
    return metadata


def prepare_schema(connection: Connection, service: str) -> None:
    """The service's role and its empty schema; nothing happens to what is there. Raises NotAllowed."""
    role = role_of(service)
    _make_role(connection, role)
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {service} AUTHORIZATION {role}"))
    _grant(connection, JOBS_ROLE, to=role)


def _make_role(connection: Connection, role: str) -> None:
    known = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).first()
    user = connection.execute(text("SELECT quote_ident(current_user)")).scalar_one()
    if known is None:
        try:
            connection.execute(text(f"CREATE ROLE {role} NOLOGIN"))
        except ProgrammingError as error:
            if not isinstance(error.orig, InsufficientPrivilege):
                raise
            raise NotAllowed(f"the database user {user} may not make roles: ALTER ROLE {user} CREATEROLE") from None
    _grant(connection, role, to=user)


def _grant(connection: Connection, role: str, *, to: str) -> None:
    """Roles are the server's: where another installation's user made them, only its administrator can grant them."""
    try:
        with connection.begin_nested():
            connection.execute(text(f"GRANT {role} TO {to}"))
    except ProgrammingError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        member = connection.execute(
            text("SELECT pg_has_role(:to, :role, 'MEMBER')"), {"to": to.strip('"'), "role": role}
        )
        if not member.scalar_one():
            raise NotAllowed(
                f"another user of this PostgreSQL, of a second installation perhaps, made the role {role}: give this "
                f"installation a server of its own, use that user, or let an administrator run: GRANT {role} TO {to}"
            ) from None


def _prepare_jobs(connection: Connection) -> None:
    _make_role(connection, JOBS_ROLE)
    connection.execute(text("CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public"))
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS jobs AUTHORIZATION {JOBS_ROLE}"))
    there = text("SELECT 1 FROM information_schema.tables WHERE table_schema = 'jobs' LIMIT 1")
    if connection.execute(there).first() is None:
        from procrastinate.schema import SchemaManager

        connection.execute(text(f"SET LOCAL ROLE {JOBS_ROLE}"))
        connection.execute(text("SET LOCAL search_path = jobs"))
        raw = connection.connection.driver_connection
        assert raw is not None  # noqa: S101 - the connection is open
        raw.execute(SchemaManager.get_schema())
    connection.commit()


def _config(service: str) -> Config:
    folder = Path(import_module(package_of(service)).__file__ or "").parent / "migrations"
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic"))
    config.set_main_option("version_locations", str(folder))
    config.set_main_option("path_separator", "newline")
    return config


def _upgrade(connection: Connection, service: str) -> None:
    config = _config(service)
    script = ScriptDirectory.from_config(config)
    connection.execute(text(f"SET ROLE {role_of(service)}"))
    connection.execute(text(f"SET search_path = {service}, public"))
    connection.commit()
    context = MigrationContext.configure(connection, opts={"version_table_schema": service})
    if set(context.get_current_heads()) != set(script.get_heads()):
        connection.rollback()
        with EnvironmentContext(config, script, fn=lambda rev, _: script._upgrade_revs("heads", rev)) as environment:
            environment.configure(connection=connection, version_table_schema=service, target_metadata=None)
            with environment.begin_transaction():
                environment.run_migrations()
    connection.execute(text("RESET ROLE"))
    connection.execute(text("RESET search_path"))


def _write(service: str, message: str) -> None:
    """Write a migration from the difference to a fresh database that has the migrations so far."""
    from kit.embedded import EmbeddedPostgres

    folder = Path(tempfile.mkdtemp(prefix="roadcall-migration-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder)
    server.start(settings={"fsync": "off"})
    try:
        config = _config(service)
        Path(config.get_main_option("version_locations") or "").mkdir(exist_ok=True)
        migrate(server.url, [service])
        engine = create_engine(make_url(server.url).set(drivername="postgresql+psycopg"))
        with engine.connect() as connection:
            connection.execute(text(f"SET search_path = {service}, public"))
            connection.commit()
            config.attributes.update(connection=connection, metadata=_metadata(service), service=service)
            numbers = len(list(ScriptDirectory.from_config(config).walk_revisions()))
            command.revision(config, message=message, autogenerate=True, rev_id=f"{service}_{numbers + 1:04d}")
        engine.dispose()
    finally:
        server.stop()


if __name__ == "__main__":
    _write(sys.argv[1], sys.argv[2])
