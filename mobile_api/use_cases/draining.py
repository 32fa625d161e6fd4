"""The loop that brings what waits to its owner: after an outage, after a crash, after a photo came."""

import asyncio
from collections.abc import Collection
from functools import partial

import structlog
from sqlalchemy.exc import DBAPIError

from mobile_api.context import Mobile
from mobile_api.store import lanes
from mobile_api.use_cases.lane import drain

log = structlog.get_logger()
LOOK_EVERY_S = 1.0
LANES_AT_ONCE = 8
BUDGET_S = 30.0


async def drain_due_lanes(context: Mobile) -> None:
    """Until cancelled. A slow lane holds up no other; replicas share the lanes by their leases."""
    at_work: dict[str, asyncio.Task[None]] = {}
    try:
        while True:
            for engineer_id in await _due(context, besides=at_work):
                task = asyncio.create_task(_drain(context, engineer_id))
                at_work[engineer_id] = task
                task.add_done_callback(partial(_done, at_work, engineer_id))
            if len(at_work) < LANES_AT_ONCE:
                await asyncio.sleep(LOOK_EVERY_S)
            else:  # after an outage many wait for their turn
                await asyncio.wait(at_work.values(), timeout=LOOK_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in at_work.values():
            task.cancel()
        await asyncio.gather(*at_work.values(), return_exceptions=True)


def _done(at_work: dict[str, asyncio.Task[None]], engineer_id: str, _: asyncio.Task[None]) -> None:
    at_work.pop(engineer_id, None)


async def _due(context: Mobile, *, besides: Collection[str]) -> list[str]:
    """Lanes that wait and that there is room for."""
    try:
        async with context.db.read() as tx:
            due = await lanes.due(tx, context.clock.now(), limit=2 * LANES_AT_ONCE)
    except (DBAPIError, OSError, TimeoutError) as error:
        log.warning("draining_waits", error=type(error).__name__)
        return []
    return [engineer_id for engineer_id in due if engineer_id not in besides][: LANES_AT_ONCE - len(besides)]


async def _drain(context: Mobile, engineer_id: str) -> None:
    try:
        await drain(context, engineer_id, budget_s=BUDGET_S)
    except Exception as error:  # the lease runs out, then somebody tries again
        log.error("lane_failed", engineer_id=engineer_id, exc_info=error)
