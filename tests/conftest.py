"""Real servers for every test: one PostgreSQL and one Valkey per run, a fresh migrated database per test."""

import gc
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import hypothesis
import psycopg
import pytest

from kit import logs
from kit.embedded import EmbeddedPostgres, EmbeddedValkey
from kit.ids import new_id
from kit.migrations import migrate
from kit.packages import package_of
from kit.settings import Settings
from services.assembly import SERVICES
from tests.running import System, running_system

TEMPLATE = "roadcall_template"

# How fast a machine is says nothing about the code.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    """As in production: structlog's own default renders every local variable of a traceback, which takes seconds."""
    logs.configure()


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A folder that the database's own user may reach (mode 0755), removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="roadcall-tests-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _imported() -> None:
    """Everything that a system imports is there and stays: looking through it took the collector a fifth of a run."""
    for name in SERVICES:
        import_module(f"{package_of(name)}.app")
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgres(scratch: Path, _imported: None) -> Iterator[EmbeddedPostgres]:
    """One PostgreSQL, holding a template with the newest schema of every service."""
    server = EmbeddedPostgres(scratch / "postgres")
    # What a power cut would lose is tested elsewhere; here every test makes and drops a database.
    server.start(settings={"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"})
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {TEMPLATE}")
    migrate(_database(server.url, TEMPLATE), list(SERVICES))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def valkey(scratch: Path) -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey(scratch / "valkey")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A fresh database with every schema."""
    with fresh_database(postgres) as url:
        yield url


@pytest.fixture(scope="module")
def module_database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """Like `database_url`, one for all tests of a module that leave nothing behind that another would stumble over."""
    with fresh_database(postgres) as url:
        yield url


@contextmanager
def fresh_database(postgres: EmbeddedPostgres, template: str = TEMPLATE) -> Iterator[str]:
    name = f"test_{new_id().replace('-', '')}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        # Copying files instead of logging every block takes a third of the time.
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield _database(postgres.url, name)
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def settings(database_url: str, valkey: EmbeddedValkey, tmp_path: Path) -> Settings:
    return Settings(
        data=tmp_path, database_url=database_url, redis_url=valkey.url, secret="a secret of the tests", requests_per_s=0
    )


@pytest.fixture
async def system(settings: Settings) -> AsyncIterator[System]:
    """All services that exist, in this process, over ASGI, with their loops and feeds running, without a worker."""
    async with running_system(settings) as running:
        yield running


def _database(url: str, name: str) -> str:
    return url.replace("/postgres?", f"/{name}?")
