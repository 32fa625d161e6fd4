"""Closing orders: by hand, or by itself soon after nothing is open any more."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.journal import append
from services.messages import OrderClosed
from services.orders.store import clocks as clock_store
from services.orders.store import facts as fact_store
from services.orders.store import orders as store
from services.orders.store import replacement as case_store

CLOSE_AFTER = timedelta(seconds=30)
"""A confirmed order closes by itself after this time: parts booked at the same moment are then in its record."""


async def open_ends(tx: AsyncConnection, order_id: str) -> list[str]:
    """What keeps an order from being closed: undecided flagged facts, a replacement vehicle on its way."""
    ends = [f"flagged fact {fact_id}" for fact_id in await fact_store.undecided(tx, order_id)]
    case = await case_store.running_case(tx, order_id)
    return ends + ([f"replacement case {case.case_id}"] if case is not None else [])


async def arm_close(tx: AsyncConnection, order: Row[Any], *, now: datetime) -> None:
    """Have a confirmed order closed soon; called by whatever may have ended the last open thing."""
    if order.state == "confirmed":
        await clock_store.set_close_timer(tx, order.order_id, now + CLOSE_AFTER)


async def close_if_nothing_is_open(tx: AsyncConnection, order: Row[Any], *, actor: str, now: datetime) -> None:
    """What the close timer does; where something is open, the end of that sets the timer again."""
    if order.state == "confirmed" and not await open_ends(tx, order.order_id):
        await close_now(tx, order, actor=actor, now=now)
    else:
        await clock_store.drop_close_timer(tx, order.order_id)


async def close_now(tx: AsyncConnection, order: Row[Any], *, actor: str, now: datetime) -> None:
    """The end of a confirmed order."""
    await store.change(tx, order.order_id, state="closed", closed_at=now)
    await clock_store.drop_close_timer(tx, order.order_id)
    closed = OrderClosed(order_id=order.order_id, territory_id=order.territory_id, asset_id=order.asset_id)
    await append(tx, closed, subject=order.order_id, actor=actor)
