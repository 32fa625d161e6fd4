"""Campaigns, and the gates that orders stand before."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.domain.dispatch_gates import Campaign
from services.orders.domain.faults import SkillNeed
from services.orders.tables import campaign_machines, campaigns, dispatch_gates


async def campaigns_named(tx: AsyncConnection, campaign_ids: Sequence[str]) -> list[Campaign]:
    query = select(campaigns).where(campaigns.c.campaign_id.in_(campaign_ids)).order_by(campaigns.c.campaign_id)
    return [campaign_of(row) for row in await tx.execute(query)]


def campaign_of(row: Row[Any]) -> Campaign:
    skill = SkillNeed(row.skill, row.level) if row.skill is not None else None
    return Campaign(row.campaign_id, row.name_zh, row.name_en, row.safety, row.minutes, row.parts, skill)


async def known_campaigns(tx: AsyncConnection, campaign_ids: Sequence[str]) -> set[str]:
    return {campaign.campaign_id for campaign in await campaigns_named(tx, campaign_ids)}


async def done_here(tx: AsyncConnection, campaign_ids: Sequence[str]) -> set[tuple[str, str]]:
    """Campaign and machine of what orders carried out."""
    columns: list[Any] = [campaign_machines.c.campaign_id, campaign_machines.c.asset_id]
    query = select(*columns).where(campaign_machines.c.campaign_id.in_(campaign_ids))
    rows = await tx.execute(query.where(campaign_machines.c.done_order_id.is_not(None)))
    return {(row.campaign_id, row.asset_id) for row in rows}


async def done(tx: AsyncConnection, campaign_ids: Sequence[str], *, asset_id: str, order_id: str, on: date) -> None:
    """These campaigns were carried out on the machine."""
    mine = campaign_machines.c.campaign_id.in_(campaign_ids) & (campaign_machines.c.asset_id == asset_id)
    carried = update(campaign_machines).where(mine, campaign_machines.c.done_on.is_(None))
    await tx.execute(carried.values(done_on=on, done_order_id=order_id))


async def add(tx: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Put orders before gates; one that an order stood before already is left as it was decided."""
    if rows:
        await tx.execute(upsert(dispatch_gates).on_conflict_do_nothing(), list(rows))


async def of_orders(tx: AsyncConnection, order_ids: Sequence[str]) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = {}
    query = select(dispatch_gates).where(dispatch_gates.c.order_id.in_(order_ids))
    for row in await tx.execute(query.order_by(dispatch_gates.c.gate, dispatch_gates.c.subject)):
        found.setdefault(row.order_id, []).append(row)
    return found


async def of_order(tx: AsyncConnection, order_id: str) -> list[Row[Any]]:
    return (await of_orders(tx, [order_id])).get(order_id, [])


async def decide(tx: AsyncConnection, order_id: str, gate: str, subject: str, **values: Any) -> int:
    """Keep the decision; how many gates the order still stands before."""
    mine = (dispatch_gates.c.order_id == order_id) & (dispatch_gates.c.gate == gate)
    await tx.execute(update(dispatch_gates).where(mine, dispatch_gates.c.subject == subject).values(values))
    return await count_open(tx, order_id)


async def count_open(tx: AsyncConnection, order_id: str) -> int:
    open_ones = (dispatch_gates.c.order_id == order_id) & dispatch_gates.c.decision.is_(None)
    return int((await tx.execute(select(func.count()).select_from(dispatch_gates).where(open_ones))).scalar_one())
