"""The journal: audit trail, timeline and outbox of a service in one append-only table.

Rows are appended in the transaction of the change, unsealed, so that writers never queue for a number. A sealer then
gives committed rows a gapless `seq` and chains them by hash; readers see sealed rows only.
"""

import asyncio
import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import BigInteger, Column, DateTime, Index, MetaData, Table, func, select, text
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import TOLD, Database
from kit.events import Event, Message
from kit.ids import new_id
from kit.loops import pace
from kit.wake import Wakeups, feed_channel

log = structlog.get_logger()
GENESIS = "0" * 64
SEAL_BATCH = 500
PACE_S = 0.05
RUSH_PACE_S = 0.2
"""Pauses after rows were sealed: a row in quiet times is sealed at once, those of a rush come together."""
RETRY_S = 1.0
"""The pause after an outage of the database."""


def journal_table(metadata: MetaData) -> Table:
    """The journal of a service, on its own metadata."""
    table = Table(
        "journal",
        metadata,
        Column("row", BigInteger, primary_key=True, autoincrement=True),
        Column("seq", BigInteger, unique=True),
        Column("id", SqlText, nullable=False, unique=True),
        Column("kind", SqlText, nullable=False),
        Column("subject", SqlText, nullable=False),
        Column("order_id", SqlText),
        Column("actor", SqlText, nullable=False),
        Column("effective_at", DateTime(timezone=True), nullable=False),
        Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
        Column("payload", JSONB, nullable=False),
        Column("hash", SqlText),
    )
    Index("journal_unsealed", table.c.row, postgresql_where=table.c.seq.is_(None))
    Index("journal_subject", table.c.subject)
    return table


_JOURNAL = journal_table(MetaData())


async def append(
    tx: AsyncConnection,
    message: Message,
    *,
    subject: str,
    actor: str,
    effective_at: datetime | None = None,
    order_id: str | None = None,
) -> None:
    """Tell a fact in the transaction that makes it true; all its facts are written at once, just before it commits.

    `subject` is the thing it is about (events of one subject are read in order); `order_id` defaults to the
    message's own; `effective_at` to the commit. `tx` is of `Database.transaction`, outside of savepoints: what a
    rolled back savepoint had told would be told all the same.
    """
    assert not tx.in_nested_transaction()  # noqa: S101 - see above
    told = tx.info.get(TOLD)
    if told is None:
        told = tx.info[TOLD] = _Told()
    told.rows.append(
        {
            "id": new_id(),
            "kind": message.kind,
            "subject": subject,
            "order_id": order_id or getattr(message, "order_id", None),
            "actor": actor,
            "payload": message.model_dump_json(),
            "effective_at": effective_at and effective_at.isoformat(),
        }
    )


@dataclass(slots=True)
class _Told:
    """The facts of one transaction until it commits."""

    rows: list[dict[str, Any]] = field(default_factory=list)

    async def write(self, tx: AsyncConnection) -> None:
        """One statement for all of them, and one JSON text: in arrays every quote of a payload would be escaped."""
        await tx.execute(_APPEND, {"rows": f"[{','.join(map(_row_text, self.rows))}]"})


def _row_text(row: dict[str, Any]) -> str:
    """A row as a JSON object; its payload is JSON text already."""
    columns = json.dumps({name: value for name, value in row.items() if name != "payload"})
    return f'{columns[:-1]}, "payload": {row["payload"]}}}'


async def read(tx: AsyncConnection, *, publisher: str, after: int, limit: int) -> list[Event]:
    """Sealed rows with seq > `after`, in order, at most `limit`."""
    rows = await tx.execute(select(_JOURNAL).where(_JOURNAL.c.seq > after).order_by(_JOURNAL.c.seq).limit(limit))
    return [_event(row, publisher) for row in rows]


async def head(tx: AsyncConnection) -> int:
    """The newest sealed seq, 0 for an empty journal."""
    return int((await tx.execute(select(func.coalesce(func.max(_JOURNAL.c.seq), 0)))).scalar_one())


async def verify(tx: AsyncConnection) -> int | None:
    """The first seq whose row was edited, or which is missing; None when the chain holds."""
    previous, expected = GENESIS, 1
    rows = await tx.stream(select(_JOURNAL).where(_JOURNAL.c.seq.is_not(None)).order_by(_JOURNAL.c.seq))
    async for row in rows:
        if row.seq != expected or row.hash != _chained(previous, row):
            return expected
        previous, expected = row.hash, expected + 1
    return None


class Sealer:
    """Seals what was committed. Replicas may all run one: they take turns, transaction by transaction."""

    def __init__(self, db: Database, wakeups: Wakeups):
        self._db = db
        self._wakeups = wakeups
        self._asked = wakeups.listen(written_channel(db.service))

    async def run(self) -> None:
        """Seal until cancelled, surviving every outage of the database."""
        while True:
            self._asked.clear()
            try:
                while sealed := await self.seal_batch():
                    await self._wakeups.publish(feed_channel(self._db.service), "")
                    await asyncio.sleep(pace(sealed, least_s=PACE_S, most_s=RUSH_PACE_S))
                    if sealed < SEAL_BATCH:
                        break
            except (DBAPIError, PoolTimeout, OSError) as error:
                log.warning("sealer_waits", service=self._db.service, error=type(error).__name__)
                await asyncio.sleep(RETRY_S)
            await self._wakeups.wait(self._asked)

    async def seal_batch(self) -> int:
        """Seal up to `SEAL_BATCH` committed rows in one transaction; how many it were."""
        async with self._db.transaction() as tx:
            # The lock ends with the transaction: a sealer that hangs or loses its connection keeps nobody for long.
            await tx.execute(_TURN, {"service": self._db.service})
            last = (await tx.execute(_LAST)).first()
            seq, previous = (last.seq, last.hash) if last else (0, GENESIS)
            rows = (await tx.execute(_UNSEALED)).all()
            hashes: list[str] = []
            for row in rows:
                hashes.append(previous := _chained(previous, row))
            if rows:
                numbers = list(range(seq + 1, seq + len(rows) + 1))
                await tx.execute(_SEAL, {"rows": [row.row for row in rows], "seqs": numbers, "hashes": hashes})
            return len(rows)


_APPEND = text(
    "INSERT INTO journal (id, kind, subject, order_id, actor, effective_at, payload) "
    "SELECT id, kind, subject, order_id, actor, coalesce(effective_at, clock_timestamp()), payload "
    "FROM ROWS FROM (jsonb_to_recordset(CAST(:rows AS jsonb)) AS (id text, kind text, subject text, order_id text, "
    "actor text, effective_at timestamptz, payload jsonb)) "
    "WITH ORDINALITY AS told (id, kind, subject, order_id, actor, effective_at, payload, place) ORDER BY place"
)
_TURN = text("SELECT pg_advisory_xact_lock(hashtext('roadcall-sealer'), hashtext(:service))")
_LAST = (
    select(_JOURNAL.c.seq, _JOURNAL.c.hash).where(_JOURNAL.c.seq.is_not(None)).order_by(_JOURNAL.c.seq.desc()).limit(1)
)
_UNSEALED = select(_JOURNAL).where(_JOURNAL.c.seq.is_(None)).order_by(_JOURNAL.c.row).limit(SEAL_BATCH)
_SEAL = text(
    "UPDATE journal SET seq = new.seq, hash = new.hash "
    "FROM unnest(CAST(:rows AS bigint[]), CAST(:seqs AS bigint[]), CAST(:hashes AS text[])) AS new (row, seq, hash) "
    "WHERE journal.row = new.row AND journal.seq IS NULL"
)


def written_channel(service: str) -> str:
    """Where a service's processes tell its sealer that they committed something."""
    return f"written:{service}"


def _event(row: Any, publisher: str) -> Event:
    return Event(
        publisher=publisher,
        seq=row.seq,
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        order_id=row.order_id,
        actor=row.actor,
        effective_at=row.effective_at,
        recorded_at=row.recorded_at,
        payload=row.payload,
    )


def _chained(previous: str, row: Any) -> str:
    """SHA-256 over the previous hash and the row's facts in canonical JSON."""
    facts = [
        row.id,
        row.kind,
        row.subject,
        row.order_id,
        row.actor,
        row.effective_at.isoformat(),
        row.recorded_at.isoformat(),
        row.payload,
    ]
    canonical = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}{canonical}".encode()).hexdigest()


__all__ = ["Sealer", "append", "head", "journal_table", "read", "verify", "written_channel"]
