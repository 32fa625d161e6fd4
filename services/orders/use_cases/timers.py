"""Firing what is due: warnings, breaches, closings. Any number of processes may do it at once."""

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy.exc import DBAPIError

from services.orders.context import Orders
from services.orders.store import clocks as store
from services.orders.use_cases.closing import close_if_nothing_is_open
from services.orders.use_cases.promises import refresh

log = structlog.get_logger()
ACTOR = "service:orders"
BATCH = 200
POLL_S = 1.0
PUT_ASIDE = timedelta(minutes=1)


async def fire_due(context: Orders, *, limit: int = BATCH) -> int:
    """Look at up to `limit` orders whose timers have run out; how many were looked at.

    An order that cannot be judged is put aside for a minute, so that the others' timers fire in time.
    """
    try:
        return await _fire(context, limit=limit)
    except (DBAPIError, OSError, TimeoutError):
        raise
    except Exception as error:  # one bad order must not stop the clocks of all others
        log.error("timers_failed", error=f"{type(error).__name__}: {error}"[:500], exc_info=error)
    async with context.db.transaction() as tx:
        due = [order.order_id for order in await store.take_due(tx, now=context.clock.now(), limit=limit)]
    for order_id in due:
        try:
            await _fire(context, limit=1, only=order_id)
        except (DBAPIError, OSError, TimeoutError):
            raise
        except Exception as error:
            log.error("timer_put_aside", order_id=order_id, error=f"{type(error).__name__}: {error}"[:500])
            async with context.db.transaction() as tx:
                await store.put_aside(tx, order_id, until=context.clock.now() + PUT_ASIDE)
    return len(due)


async def _fire(context: Orders, *, limit: int, only: str | None = None) -> int:
    """Each order is locked, and whether something is news is judged from what is stored: a timer that two processes
    or a restart see twice tells nothing the second time."""
    now = context.clock.now()
    async with context.db.transaction() as tx:
        orders = await store.take_due(tx, now=now, limit=limit, only=only)
        if not orders:
            return 0
        timers = await store.due_timers(tx, [order.order_id for order in orders], now=now)
        due = [order for order in orders if order.order_id in timers]
        await refresh(tx, due, now=now, actor=ACTOR)
        for order in due:
            if store.CLOSE in timers[order.order_id]:
                await close_if_nothing_is_open(tx, order, actor=ACTOR, now=now)
        return len(due)


async def run_timers(context: Orders) -> None:
    """Fire until cancelled."""
    while True:
        try:
            while await fire_due(context):
                pass
        except (DBAPIError, OSError, TimeoutError) as error:
            log.warning("timers_wait", error=type(error).__name__)
        await asyncio.sleep(POLL_S)
