"""PostgreSQL: one schema and one role per service, gather–decide–commit in one transaction.

A connection logs in as the installation's user and at once takes the service's own role, whose search path is its own
schema: SQL that reaches into another service's tables fails with a permission error, which a test relies on.
"""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any, Protocol

import psycopg
from sqlalchemy import Engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Settings under which an acknowledged write could be lost; readiness refuses them."""

IDLE_CONNECTION_S = 60
"""A connection that nobody used for so long is closed: each costs the server some megabytes."""

PINGED_AFTER_S = 1.0
"""A connection that was used within this time is trusted; asking each time costs as much as a statement. When one of
them has died with the server the request gets a 503, and all of them are made anew."""

_BRIEFLY = text("SET LOCAL lock_timeout = 250")

TOLD = "told"
"""Where a transaction keeps what it will have told when it commits."""


class HeldUp(Exception):
    """Another transaction holds what this one needs, and it was not to wait."""


class Told(Protocol):
    """What a transaction tells with its commit."""

    async def write(self, tx: AsyncConnection) -> None:
        """Write it, in the transaction."""


def role_of(service: str) -> str:
    """The database role (and owner of the schema) of a service."""
    return f"roadcall_{service}"


class Database:
    """The connections of one service to its own schema."""

    def __init__(self, url: str, service: str, *, pool_size: int = 10):
        self.service = service
        self.after_commit: list[Callable[[], None]] = []
        self._engine: AsyncEngine = create_async_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            # What overflows is closed when it comes back: in a rush each transaction would pay for a connection, and
            # none would live long enough to have its statements prepared.
            max_overflow=0,
            # The newest is used first, so that what a rush opened falls idle, and the server ends it.
            pool_use_lifo=True,
            pool_timeout=10,
            # What goes wrong is logged, and the values are people's names and telephone numbers.
            hide_parameters=True,
            connect_args={
                "connect_timeout": 5,
                "application_name": f"roadcall-{service}",
                "options": f"-c role={role_of(service)} -c search_path={service},jobs "
                "-c timezone=UTC -c statement_timeout=60000 -c idle_in_transaction_session_timeout=60000 "
                f"-c idle_session_timeout={IDLE_CONNECTION_S * 1000}",
            },
        )

        engine = self._engine.sync_engine
        event.listen(engine, "checkout", partial(_ping_when_idle, engine))
        event.listen(engine, "checkin", _note_use)

    @asynccontextmanager
    async def transaction(self, *, patient: bool = True) -> AsyncIterator[AsyncConnection]:
        """One transaction; commits at the end, then wakes whoever waits for the facts that it told.

        Without patience it raises HeldUp, rather than wait long for a row that another transaction holds.
        """
        async with self._engine.begin() as tx:
            tx.info.pop(TOLD, None)
            if patient:
                yield tx
            else:
                with _impatience():
                    await tx.execute(_BRIEFLY)
                    yield tx
            told: Told | None = tx.info.pop(TOLD, None)
            if told is not None:
                await told.write(tx)
        if told is not None:
            for wake in self.after_commit:
                wake()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """One read-only snapshot: everything read in it belongs together."""
        async with self._engine.connect() as connection:
            snapshot = await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield snapshot

    @asynccontextmanager
    async def look(self) -> AsyncIterator[AsyncConnection]:
        """For reading by one statement: no transaction around it."""
        async with self._engine.connect() as connection:
            yield await connection.execution_options(isolation_level="AUTOCOMMIT")

    async def unsafe_settings(self) -> list[str]:
        """Durability settings that are wrong on the server; empty when an acknowledged write survives a crash."""
        async with self.read() as tx:
            rows = await tx.execute(
                text("SELECT name FROM pg_settings WHERE name = ANY(:names) AND setting = 'off'"),
                {"names": list(UNSAFE)},
            )
            return [row.name for row in rows]

    async def close(self) -> None:
        await self._engine.dispose()

    def on_connect(self, listener: Callable[[Any, Any], None]) -> None:
        """Call `listener` for every new connection (tests count and break them)."""
        event.listen(self._engine.sync_engine, "connect", listener)


@contextmanager
def _impatience() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, psycopg.errors.LockNotAvailable):
            raise HeldUp from error
        raise


def _ping_when_idle(engine: Engine, connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
    """Raises DisconnectionError for a connection that is dead: the pool then makes another one."""
    if time.monotonic() - record.info.get("used", time.monotonic()) > PINGED_AFTER_S:
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError("the connection died while it was idle") from error


def _note_use(_: Any, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()


async def raw(tx: AsyncConnection) -> "psycopg.AsyncConnection[Any]":
    """The psycopg connection below a transaction, for libraries that want to join it."""
    proxied = await tx.get_raw_connection()
    connection = proxied.driver_connection
    assert isinstance(connection, psycopg.AsyncConnection)  # noqa: S101 - the driver is fixed in the URL
    return connection


def is_outage(error: Exception) -> bool:
    """The database is away, full or overloaded: no fault of what was asked of it."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None) or ""
    return error.connection_invalidated or (state[:2] in _SERVER_TROUBLE and state != _STATEMENT_TIMEOUT)


_SERVER_TROUBLE = {"08", "53", "57", "58"}
"""PostgreSQL's error classes: connection, insufficient resources, operator intervention, system error."""
_STATEMENT_TIMEOUT = "57014"
