"""Every figure of stock derived again from the ledger and the facts behind it, by statements that parts has not."""

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.parts.store import demand_months
from services.parts.use_cases.counts import ZONE

DISAGREE = {
    "balances": """SELECT place_id, part FROM stock s WHERE on_hand <> (
        SELECT coalesce(sum(quantity), 0) FROM movement m WHERE (m.place_id, m.part) = (s.place_id, s.part))""",
    "transfers": """SELECT t.id, l.part FROM transfer t JOIN transfer_line l ON l.transfer_id = t.id
        WHERE (state = 'received') <> (received IS NOT NULL)
        OR CASE WHEN state IN ('shipped', 'received') THEN -l.quantity ELSE 0 END <> coalesce((SELECT sum(quantity)
            FROM movement m WHERE (m.transfer_id, m.part, m.place_id) = (t.id, l.part, t.from_place_id)), 0)
        OR coalesce(received, 0) <> coalesce((SELECT sum(quantity)
            FROM movement m WHERE (m.transfer_id, m.part, m.place_id) = (t.id, l.part, t.to_place_id)), 0)""",
    "moved by no transfer": """SELECT m.id FROM movement m LEFT JOIN transfer_line l USING (transfer_id, part)
        WHERE m.transfer_id IS NOT NULL AND l.part IS NULL""",
    "parcels": """SELECT id FROM shipment s
        WHERE CASE WHEN state IN ('picked', 'shipped', 'received') THEN -quantity ELSE 0 END <> coalesce(
            (SELECT sum(quantity) FROM movement m WHERE (m.shipment_id, m.kind) = (s.id, 'transfer_out')), 0)
        OR CASE WHEN state = 'received' THEN quantity ELSE 0 END <> coalesce(
            (SELECT sum(quantity) FROM movement m WHERE (m.shipment_id, m.kind) = (s.id, 'transfer_in')), 0)""",
    "count sheets": """SELECT l.sheet_id, l.part FROM count_line l JOIN count_sheet s ON s.id = l.sheet_id
        WHERE CASE WHEN state = 'posted' THEN counted - recorded ELSE 0 END <> (SELECT coalesce(sum(quantity), 0)
            FROM movement m WHERE m.sheet_id = l.sheet_id AND m.part = l.part AND m.kind = 'count')""",
    "cores handed in": """SELECT id FROM core c
        WHERE returned <> (SELECT coalesce(sum(quantity), 0) FROM core_return r WHERE r.core_id = c.id)""",
    "cores owed": """SELECT order_id, part FROM (
            SELECT m.order_id, m.part, -coalesce(sum(m.quantity) FILTER (WHERE m.kind = 'issue'), 0) AS used,
                coalesce(sum(m.quantity) FILTER (WHERE m.kind = 'return'), 0) AS back
            FROM movement m JOIN part USING (part)
            WHERE core_deposit_fen > 0 AND m.kind IN ('issue', 'return') AND m.order_id IS NOT NULL GROUP BY 1, 2) AS u
        LEFT JOIN (SELECT order_id, part, sum(owed) AS owed FROM core GROUP BY 1, 2) AS c USING (order_id, part)
        WHERE coalesce(owed, 0) NOT BETWEEN used - back AND used""",
}
"""What there must be none of. A core that was handed in stays owed when its piece turns out unused: hence a range."""

LEDGER = "SELECT order_id, part, kind, quantity, effective_at AS at FROM movement WHERE kind IN ('issue', 'return')"
LACKED = "SELECT order_id, part, quantity, since AS at FROM lacked WHERE part IN (SELECT part FROM part)"
SHELVES = "SELECT station_id, min(place_id) AS place_id FROM place WHERE kind = 'station' GROUP BY station_id"
ALWAYS = {"since": datetime(2000, 1, 1, tzinfo=UTC), "until": datetime(2200, 1, 1, tzinfo=UTC)}


async def disagreements(tx: AsyncConnection) -> dict[str, list[Any]]:
    """What cannot be derived, by name; empty when all is well. Books the demand of all months anew."""
    found: dict[str, list[Any]] = {
        name: list((await tx.execute(text(query))).all()) for name, query in DISAGREE.items()
    }
    await demand_months.book(tx, **ALWAYS)
    rows = await tx.execute(text("SELECT place_id, part, month, booked FROM past_demand WHERE booked <> 0"))
    booked = Counter({(row.place_id, row.part, row.month): row.booked for row in rows})
    wanted = await _demand(tx)
    found["demand"] = [key for key in {*booked, *wanted} if booked[key] != wanted[key]]
    return {name: rows for name, rows in found.items() if rows}


async def _demand(tx: AsyncConnection) -> Counter[tuple[str, str, date]]:
    """Pieces by shelf, part and month: used for orders of its station, or asked for while the order got none."""
    stations = {row.order_id: row.station_id for row in await tx.execute(text("SELECT * FROM work_order"))}
    shelf_of = {row.station_id: row.place_id for row in await tx.execute(text(SHELVES))}
    stand_ins = {
        (row.part, row.substitute) for row in await tx.execute(text("SELECT part, substitute FROM substitute"))
    }
    facts = (await tx.execute(text(LEDGER))).all()
    used = {(row.order_id, row.part) for row in facts if row.kind == "issue"}
    lacking = [
        row
        for row in await tx.execute(text(LACKED))
        if not any(
            order == row.order_id and ((row.part, part) in stand_ins or part == row.part) for order, part in used
        )
    ]
    pieces: Counter[tuple[str, str, date]] = Counter()
    for row, sign in [*((row, -1) for row in facts), *((row, 1) for row in lacking)]:
        shelf = shelf_of.get(stations.get(row.order_id, ""))
        if shelf is not None:
            pieces[shelf, row.part, row.at.astimezone(ZONE).date().replace(day=1)] += sign * row.quantity
    return Counter({key: count for key, count in pieces.items() if count})
