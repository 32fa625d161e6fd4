"""Work sheets, scores that others gave, and what finished orders cost."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, case, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from services.orders.store.scope import visible_orders
from services.orders.tables import (
    assets,
    clocks,
    customers,
    found_causes,
    orders,
    outside_scores,
    remedies,
    replacement_cases,
    used_parts,
    waits,
    work_sheets,
)


def _sum(amount: ColumnElement[Any], *where: ColumnElement[bool]) -> ScalarSelect[Any]:
    return select(func.coalesce(func.sum(amount), 0)).where(*where).correlate(orders).scalar_subquery()


_BEGAN = func.coalesce(orders.c.work_started_at, orders.c.arrived_at, orders.c.completed_at)
_WAITED = func.greatest(
    func.least(func.coalesce(waits.c.ended_at, orders.c.completed_at), orders.c.completed_at)
    - func.greatest(waits.c.started_at, _BEGAN),
    func.make_interval(),
)
_WORK_S = func.greatest(
    func.extract("epoch", orders.c.completed_at - _BEGAN)
    - _sum(func.extract("epoch", _WAITED), waits.c.order_id == orders.c.order_id),
    0,
)
_MINE = orders.c.order_id
_PARTS = (
    select(
        func.jsonb_agg(
            aggregate_order_by(
                func.jsonb_build_array(used_parts.c.part, used_parts.c.quantity, used_parts.c.cost_fen),
                used_parts.c.publisher_seq,
            )
        )
    )
    .where(used_parts.c.order_id == _MINE)
    .correlate(orders)
    .scalar_subquery()
)
_CAUSES = (
    select(func.string_agg(found_causes.c.fault + literal("/") + found_causes.c.cause, literal("; ")))
    .where(found_causes.c.order_id == _MINE)
    .correlate(orders)
    .scalar_subquery()
)
_GIVEN = (remedies.c.state == "approved") & (remedies.c.kind != "recovery_order")
"""What customers were given; a recovery has an order of its own, with its own cost."""
_FINISHED: Select[Any] = (
    select(
        *(orders.c[name] for name in ("order_id", "number", "work_type", "branch_id", "station_id", "engineer_id")),
        *(orders.c[name] for name in ("reported_at", "completed_at", "vmrs_system", "fault_codes", "completion")),
        orders.c.warranty["decision"].astext.label("warranty"),
        *(assets.c[name] for name in ("asset_id", "vin", "plate", "model", "product", "in_service_on")),
        customers.c.customer_id,
        customers.c.name.label("customer_name"),
        *(work_sheets.c[name] for name in work_sheets.c.keys() if name != "order_id"),  # noqa: SIM118 - no dict
        _WORK_S.label("work_s"),
        _PARTS.label("parts"),
        _CAUSES.label("causes"),
        _sum(used_parts.c.cost_fen, used_parts.c.order_id == _MINE).label("parts_fen"),
        _sum(clocks.c.late_fen, clocks.c.order_id == _MINE).label("late_fen"),
        _sum(remedies.c.amount_fen, remedies.c.order_id == _MINE, _GIVEN).label("goodwill_fen"),
        _sum(
            case((replacement_cases.c.state == "withdrawn", 0), else_=replacement_cases.c.cost_fen),
            replacement_cases.c.order_id == _MINE,
        ).label("replacement_fen"),
    )
    .join_from(orders, assets)
    .join(customers, customers.c.customer_id == assets.c.customer_id)
    .outerjoin(work_sheets, work_sheets.c.order_id == orders.c.order_id)
)


async def finished(
    tx: AsyncConnection, principal: Principal, *, begin: datetime, until: datetime, limit: int
) -> Sequence[Row[Any]]:
    """Visible orders completed in [begin, until) with work sheet, parts and money, by completion."""
    query = _FINISHED.where(
        visible_orders(principal),
        orders.c.completed_at >= begin,
        orders.c.completed_at < until,
        orders.c.state != "cancelled",
    )
    rows: Sequence[Row[Any]] = (
        await tx.execute(query.order_by(orders.c.completed_at, orders.c.order_id).limit(limit))
    ).all()
    return rows


async def of_order(tx: AsyncConnection, principal: Principal, order_id: str) -> Row[Any] | None:
    """One visible order with the same columns, finished or not."""
    mine = _FINISHED.where(visible_orders(principal), orders.c.order_id == order_id)
    row: Row[Any] | None = (await tx.execute(mine)).first()
    return row


async def keep_sheet(tx: AsyncConnection, **values: Any) -> None:
    statement = upsert(work_sheets).values(values)
    changed = {name: statement.excluded[name] for name in values if name != "order_id"}
    await tx.execute(statement.on_conflict_do_update(index_elements=["order_id"], set_=changed))


async def scores(tx: AsyncConnection, *, of: str, period: str) -> dict[str, list[Row[Any]]]:
    """What others gave stations or engineers in a period, by whom it is about."""
    found: dict[str, list[Row[Any]]] = {}
    query = select(outside_scores).where(outside_scores.c.of == of, outside_scores.c.period == period)
    for row in await tx.execute(query.order_by(outside_scores.c.evaluator)):
        found.setdefault(row.scope_id, []).append(row)
    return found
