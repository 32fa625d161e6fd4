"""Schemas come to their newest version once, however often and by however many it is asked."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from kit.embedded import EmbeddedPostgres
from kit.ids import new_id
from kit.migrations import NotAllowed, differences, migrate
from services.assembly import SERVICES


@pytest.fixture
def empty_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A database without any schema of ours."""
    name = f"empty_{new_id().replace('-', '')}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield postgres.url.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def structure(url: str) -> list[tuple[object, ...]]:
    query = """SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns
               WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2, ordinal_position"""
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def test_twice_is_once(empty_url: str) -> None:
    chosen = list(SERVICES[:2])
    migrate(empty_url, chosen)
    before = structure(empty_url)
    migrate(empty_url, chosen)
    assert structure(empty_url) == before
    assert {row[0] for row in before} == {"jobs", *chosen}


def test_several_at_once_are_one(empty_url: str) -> None:
    chosen = list(SERVICES[:2])
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: migrate_in_a_process(empty_url, chosen), range(3)))
    with psycopg.connect(empty_url) as connection:
        for service in chosen:
            versions = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(table_of(service)))
            assert versions.fetchone() == (1,)


def table_of(service: str) -> sql.Identifier:
    return sql.Identifier(service, "alembic_version")


def migrate_in_a_process(url: str, services: list[str]) -> None:
    script = "import sys; from kit.migrations import migrate; migrate(sys.argv[1], sys.argv[2:])"
    subprocess.run([sys.executable, "-c", script, url, *services], check=True, capture_output=True)


def test_a_failed_attempt_does_not_keep_the_lock(empty_url: str) -> None:
    with pytest.raises(ModuleNotFoundError):
        migrate(empty_url, ["of_nobody"])
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("SET lock_timeout = '2s'")
        connection.execute("SELECT pg_advisory_lock(hashtext('roadcall-migrations'))")


@pytest.mark.parametrize("service", SERVICES)
def test_the_migrations_make_what_the_tables_say(module_database_url: str, service: str) -> None:
    engine = create_engine(make_url(module_database_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        assert differences(connection, service) == []
    engine.dispose()


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_cannot_read_anothers_tables(module_database_url: str, service: str) -> None:
    other = next(name for name in SERVICES if name != service)
    with psycopg.connect(module_database_url) as connection:
        connection.execute(f"SET ROLE roadcall_{service}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(sql.SQL("SELECT * FROM {}").format(table_of(other)))


def test_a_second_installations_user_is_told_what_to_grant(postgres: EmbeddedPostgres) -> None:
    """The roles are there, made by somebody else; with the grants that are named it works."""
    name = f"second_{new_id().replace('-', '')}"
    url = postgres.url.replace("postgres@/postgres?", f"{name}@/{name}?")
    chosen = list(SERVICES[:2])
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(sql.Identifier(name)))
        try:
            for service in ("jobs", *chosen):
                with pytest.raises(NotAllowed, match=f"GRANT roadcall_{service} TO {name}") as refused:
                    migrate(url, chosen)
                connection.execute(str(refused.value).rpartition("run: ")[2].encode())
            migrate(url, chosen)
            assert {row[0] for row in structure(url)} == {"jobs", *chosen}
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))
