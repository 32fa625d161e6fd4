"""Causes of faults: the maker's lists, and what faults of closed orders turned out to be."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.clock import Clock
from kit.db import Database
from services.orders.catalogue import CauseRules
from services.orders.domain.causes import Cause, Found, Knowledge, counted
from services.orders.tables import causes, found_causes, orders

FRESH = timedelta(minutes=5)
_CLOSED: Select[Any] = (
    select(found_causes.c.fault, found_causes.c.cause, found_causes.c.model, found_causes.c.band, func.count())
    .join_from(found_causes, orders, found_causes.c.order_id == orders.c.order_id)
    .where(orders.c.state == "closed")
    .group_by(found_causes.c.fault, found_causes.c.cause, found_causes.c.model, found_causes.c.band)
)


class Experience:
    """What is known of causes, at most five minutes old: intake does not count closed orders each time."""

    def __init__(self, db: Database, clock: Clock, rules: CauseRules):
        self._db = db
        self._clock = clock
        self._rules = rules
        self._known: Knowledge | None = None
        self._read_at: datetime | None = None

    async def get(self) -> Knowledge:
        now = self._clock.now()
        if self._known is None or self._read_at is None or now - self._read_at >= FRESH:
            async with self._db.read() as tx:
                own = (await tx.execute(select(causes).order_by(causes.c.fault, causes.c.prior.desc()))).all()
                found = [Found(*row) for row in await tx.execute(_CLOSED)]
            lists = _lists(self._rules.causes, own)
            self._known = Knowledge(lists, self._rules.weights, self._rules.other_prior, counted(found))
            self._read_at = now
        return self._known

    def forget(self) -> None:
        """Read anew the next time: a list was imported here."""
        self._known = None


def _lists(shipped: Sequence[Cause], own: Sequence[Row[Any]]) -> dict[str, list[Cause]]:
    """The causes of each fault: the maker's own list where there is one."""
    lists: dict[str, list[Cause]] = defaultdict(list)
    for row in own:
        lists[row.fault].append(Cause(row.fault, row.cause, row.name_zh, row.name_en, row.prior, row.parts))
    replaced = set(lists)
    for cause in shipped:
        if cause.fault not in replaced:
            lists[cause.fault].append(cause)
    return dict(lists)


async def of_order(tx: AsyncConnection, order_id: str) -> Sequence[Row[Any]]:
    """What was told for one order, by fault."""
    query = select(found_causes).where(found_causes.c.order_id == order_id).order_by(found_causes.c.fault)
    return (await tx.execute(query)).all()


async def keep(tx: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Put on record what faults turned out to be; the latest word on a fault of an order counts."""
    if not rows:
        return
    statement = upsert(found_causes)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in ("order_id", "fault")}
    await tx.execute(statement.on_conflict_do_update(index_elements=["order_id", "fault"], set_=changed), list(rows))
