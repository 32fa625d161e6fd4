"""What a customer's link shows, and the survey."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.tables import appointments, assets, orders, surveys, timeline

_DEVIATIONS = text(
    "SELECT extract(epoch FROM orders.arrived_at - appointments.scheduled_start)::float8 AS late "
    "FROM orders JOIN appointments USING (appointment_id) "
    "WHERE orders.branch_id = :branch_id AND orders.arrived_at IS NOT NULL AND scheduled_start IS NOT NULL "
    "AND orders.completed_at > :since ORDER BY orders.completed_at DESC LIMIT 500"
)


async def order(tx: AsyncConnection, order_id: str) -> Row[Any] | None:
    """The order with its machine, its appointment and its survey."""
    query = (
        select(
            orders,
            assets.c.plate,
            assets.c.model,
            appointments.c.scheduled_start,
            surveys.c.rating,
        )
        .join_from(orders, assets)
        .outerjoin(appointments, appointments.c.appointment_id == orders.c.appointment_id)
        .outerjoin(surveys, surveys.c.order_id == orders.c.order_id)
        .where(orders.c.order_id == order_id)
    )
    return (await tx.execute(query)).first()


async def deviations(tx: AsyncConnection, branch_id: str, *, since: datetime) -> list[float]:
    """Seconds by which the branch's last arrivals missed their plan."""
    return [row.late for row in await tx.execute(_DEVIATIONS, {"branch_id": branch_id, "since": since})]


async def told(tx: AsyncConnection, order_id: str, kind: str) -> Sequence[Any]:
    """What other services told of an order, oldest first."""
    query = select(timeline.c.facts, timeline.c.recorded_at).where(
        timeline.c.order_id == order_id, timeline.c.kind == kind
    )
    return (await tx.execute(query.order_by(timeline.c.seq))).all()


async def survey(tx: AsyncConnection, order_id: str) -> Row[Any] | None:
    return (await tx.execute(select(surveys).where(surveys.c.order_id == order_id))).first()


async def add_survey(tx: AsyncConnection, **values: Any) -> None:
    await tx.execute(insert(surveys).values(values))
