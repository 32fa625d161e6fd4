"""The stock KPIs by SQL on our own ledger, sheets, parcels and journal. Days are those of Asia/Shanghai."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, TextClause, delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.rows import as_rows, given_rows, types_of
from services.parts.tables import broken_promise, place, work_order

LINES = """
    SELECT order_id, part, effective_at AS at, NULL AS shelf, NULL AS why FROM movement
    WHERE kind = 'issue' AND order_id IS NOT NULL
    UNION ALL
    SELECT order_id, part, created_at, coalesce(to_place_id, from_place_id), 'sent_for' FROM shipment
    WHERE state <> 'cancelled'
    UNION ALL
    SELECT payload->>'order_id', payload->>'part', effective_at, payload->>'place_id', 'short' FROM journal
    WHERE kind = 'parts.short'
    UNION ALL
    SELECT order_id, part, since, coalesce(
        (SELECT min(place_id) FROM place p WHERE p.kind = 'station' AND p.station_id = o.station_id),
        o.station_id), 'nowhere'
    FROM lacked JOIN work_order o USING (order_id)"""
"""What orders asked of the shelves; `why` is empty when it came from one at once, otherwise `shelf` lacked it:
that of the order's station when the part was nowhere."""

FILL: TextClause = text(
    f"""SELECT count(*) AS asked, count(*) FILTER (WHERE NOT waited) AS filled FROM (
    SELECT order_id, part, min(at) AS at, bool_or(why IS NOT NULL) AS waited FROM ({LINES}) AS lines
    WHERE order_id = ANY(:orders) OR :everything GROUP BY order_id, part) AS asked
    WHERE at >= :begin AND at < :until"""  # noqa: S608 - put together from a constant of this page
)
ASKED = f"""SELECT order_id, part, min(at) AS at FROM ({LINES}
    UNION ALL
    SELECT order_id, part, effective_at, NULL, NULL FROM movement WHERE kind = 'transfer_out' AND order_id IS NOT NULL
    ) AS asked GROUP BY order_id, part"""  # noqa: S608 - put together from a constant of this page
"""When an order first asked for a part: used it, had it picked up or sent, or found none."""

STOCKED = f"""SELECT order_id, branch_id, station_id, (shelf.pieces <= 0)::int AS empty
    FROM ({ASKED}) AS asked JOIN work_order o USING (order_id) CROSS JOIN LATERAL (
        SELECT sum(m.quantity) AS pieces, bool_or(m.quantity > 0 AND m.order_id IS NULL
            AND m.effective_at >= asked.at - interval '12 months') AS filled
        FROM movement m JOIN place p USING (place_id)
        WHERE p.station_id = o.station_id AND p.kind IN ('station', 'van')
            AND m.part = asked.part AND m.effective_at < asked.at) AS shelf
    WHERE at >= :begin AND at < :until AND (shelf.pieces > 0 OR shelf.filled)"""  # noqa: S608 - see above
"""Lines first asked in a month for what the order's station stocks: has on its shelf or in a van, or was filled up with
in the twelve months before, not for an order. `empty`: there was no piece of it when it was asked for."""

STOCK_OUT = text(
    f"""SELECT count(*) AS asked, coalesce(sum(empty), 0) AS empty FROM ({STOCKED}) AS lines
    WHERE order_id = ANY(:orders) OR :everything"""  # noqa: S608 - see above
)
USED = text(
    """SELECT part, -sum(quantity * unit_cost_fen) AS value FROM movement
    WHERE kind IN ('issue', 'return') AND place_id = ANY(:places) AND effective_at >= :since AND effective_at < :until
    GROUP BY part"""
)
VALUE = text(
    """SELECT place_id, coalesce(class, 'C') AS of_class,
    date_trunc('month', effective_at, 'Asia/Shanghai') AS month,
    sum(quantity * unit_cost_fen) AS added,
    -coalesce(sum(quantity * unit_cost_fen) FILTER (WHERE kind IN ('issue', 'return')), 0) AS used,
    -coalesce(sum(quantity * unit_cost_fen) FILTER (WHERE kind IN ('issue', 'return', 'transfer_out')), 0) AS given
    FROM movement LEFT JOIN unnest(CAST(:parts AS text[]), CAST(:classes AS text[])) AS c (part, class) USING (part)
    WHERE place_id = ANY(:places) AND effective_at < :until GROUP BY place_id, 2, 3"""
)
"""By place, class of the part and month (its first moment there): what the value grew by, was used, and left."""
DEAD = text(
    """SELECT place_id, sum(value) AS value, coalesce(sum(value) FILTER (WHERE dead), 0) AS dead FROM (
    SELECT s.place_id, sum(m.quantity) * p.unit_cost_fen AS value,
        NOT p.insurance_spare AND min(m.effective_at) < :idle_since
        AND coalesce(max(m.effective_at) FILTER (WHERE m.kind IN ('issue', 'transfer_out')), '-infinity') < :idle_since
        AS dead
    FROM stock s JOIN part p USING (part) JOIN movement m USING (place_id, part)
    WHERE s.place_id = ANY(:places) AND m.effective_at < :until GROUP BY s.place_id, p.part HAVING sum(m.quantity) > 0
    ) AS shelves GROUP BY place_id"""
)
ACCURACY = text(
    """SELECT place_id, count(*) AS counted, count(*) FILTER (WHERE counted = recorded) AS equal,
    sum(recorded * unit_cost_fen) AS value, sum(abs(counted - recorded) * unit_cost_fen) AS off
    FROM count_line JOIN count_sheet ON count_sheet.id = sheet_id
    WHERE place_id = ANY(:places) AND state = 'posted' AND posted_at >= :begin AND posted_at < :until
    GROUP BY place_id"""
)
STATION_VALUES = text(
    """SELECT station_id, sum(on_hand * unit_cost_fen) AS value
    FROM stock JOIN place USING (place_id) JOIN part USING (part)
    WHERE place.kind = 'station' AND station_id IS NOT NULL GROUP BY station_id"""
)
LANES = text(
    """SELECT from_place_id, count(*) AS parcels, percentile_cont(0.5) WITHIN GROUP (ORDER BY took) AS p50_s,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY took) AS p90_s, avg(CAST(NOT late AS int)) AS on_time FROM (
    SELECT s.from_place_id, extract(epoch FROM min(e.at) - s.created_at)::float8 AS took,
        coalesce(min(e.at) > (SELECT f.eta FROM shipment_event f WHERE f.shipment_id = s.id AND f.eta IS NOT NULL
            ORDER BY f.recorded_at LIMIT 1), false) AS late
    FROM shipment s JOIN shipment_event e ON e.shipment_id = s.id AND e.kind = 'received'
    WHERE s.from_place_id = ANY(:places) AND s.state = 'received' AND (CAST(:branch_id AS text) IS NULL
        OR s.territory_id IN (SELECT territory_id FROM territory WHERE branch_id = :branch_id)) GROUP BY s.id
    HAVING min(e.at) >= :begin AND min(e.at) < :until) AS parcels GROUP BY from_place_id ORDER BY from_place_id"""
)
"""Order to door by the place that parcels leave; late is later than the carrier first said."""
MISSED = text(
    f"""SELECT DISTINCT b.order_id, b.clock, b.due, l.part, l.shelf, l.why
    FROM broken_promise b JOIN ({LINES}) AS l ON l.order_id = b.order_id AND l.why IS NOT NULL
    WHERE (b.order_id = ANY(:orders) OR :everything) AND b.due >= :begin AND b.due < :until
    ORDER BY b.due, b.order_id, b.clock, l.part"""  # noqa: S608 - put together from a constant of this page
)


async def rows(tx: AsyncConnection, query: TextClause, **given: Any) -> Sequence[Row[Any]]:
    return (await tx.execute(query, given)).all()


async def places_within(tx: AsyncConnection, which: ColumnElement[bool]) -> list[str]:
    return list((await tx.scalars(select(place.c.place_id).where(which).order_by(place.c.place_id))).all())


async def orders_within(tx: AsyncConnection, which: ColumnElement[bool]) -> list[str]:
    return list((await tx.scalars(select(work_order.c.order_id).where(which))).all())


_BROKEN = ("order_id", "clock", "due")
_broken = given_rows(types_of(broken_promise, _BROKEN))
_add = insert(broken_promise).from_select(_BROKEN, select(_broken).where(_broken.c.due.is_not(None)))
_ADD_BROKEN = _add.on_conflict_do_update(index_elements=["order_id", "clock"], set_={"due": _add.excluded.due})
_DROP_BROKEN = delete(broken_promise).where(
    broken_promise.c.order_id == _broken.c.order_id,
    broken_promise.c.clock == _broken.c.clock,
    _broken.c.due.is_(None),
)


async def set_broken(tx: AsyncConnection, clocks: Mapping[tuple[str, str], datetime | None]) -> None:
    """(order, clock) is broken, or (due None) no longer: it was met after all, waived or withdrawn."""
    if clocks:
        given = as_rows({"order_id": order, "clock": clock, "due": due} for (order, clock), due in clocks.items())
        await tx.execute(_DROP_BROKEN, given)
        await tx.execute(_ADD_BROKEN, given)
