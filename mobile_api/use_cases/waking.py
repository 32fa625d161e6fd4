"""Waking the phones whose engineers have something new. Best effort: an open app asks by itself all the same."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from kit.auth import Principal
from kit.client import NeighbourDown, NeighbourProblem
from kit.problems import NotFound
from mobile_api.context import Mobile
from mobile_api.push.port import Outcome, Target
from mobile_api.store import push

LOOK_EVERY_S = 2.0
AT_ONCE = 20
CLAIMED = timedelta(seconds=60)
LONGEST_PAUSE = timedelta(hours=1)
GIVEN_UP_AFTER = 30
"""An installation that could not be woken so many times is forgotten; an app that is opened asks anew."""


class NotConfigured(NotFound):
    """This installation has no account at that push service"""


async def subscribe(context: Mobile, caller: Principal, engineer_id: str, *, kind: str, target: Target) -> None:
    """From now on the installation is woken. Raises NotConfigured, UnknownPushService."""
    if kind not in context.push:
        raise NotConfigured(f"this server sends nothing by {kind}: its operator has to set that up")
    if kind == "web":
        context.web_push.check(target.address)
    values: dict[str, Any] = {"kind": kind, "address": target.address, "language": target.language}
    session_id = caller.session_id or caller.token_id
    values |= {"engineer_id": engineer_id, "session_id": session_id, "next_at": context.clock.now()}
    async with context.db.transaction() as tx:
        await push.put(tx, values)


async def unsubscribe(context: Mobile, engineer_id: str, *, kind: str, address: str) -> None:
    """It is woken no more; nothing happens when it was not the engineer's."""
    async with context.db.transaction() as tx:
        await push.remove(tx, kind=kind, address=address, engineer_id=engineer_id)


async def wake_phones(context: Mobile) -> None:
    """Until cancelled."""
    while True:
        if not context.push or await wake_some(context) < AT_ONCE:
            await asyncio.sleep(LOOK_EVERY_S)


async def wake_some(context: Mobile) -> int:
    """Wakes at most `AT_ONCE` installations; how many were tried."""
    async with context.db.transaction() as tx:
        rows = await push.claim(tx, context.clock.now(), pause=CLAIMED, limit=AT_ONCE)
    await asyncio.gather(*(_wake(context, row) for row in rows))
    return len(rows)


async def _wake(context: Mobile, row: Row[Any]) -> None:
    outcome = await _sent(context, row)
    now = context.clock.now()
    async with context.db.transaction() as tx:
        if outcome == "gone" or (outcome == "later" and row.failures >= GIVEN_UP_AFTER):
            await push.remove(tx, kind=row.kind, address=row.address)
        elif outcome == "sent":
            await push.note(tx, row, told=row.newest, next_at=now)
        else:
            pause = min(timedelta(seconds=10 * 2 ** min(row.failures, 10)), LONGEST_PAUSE)
            await push.note(tx, row, told=None, next_at=now + pause)


async def _sent(context: Mobile, row: Row[Any]) -> Outcome:
    service = context.push.get(row.kind)
    if service is None:
        return "gone"  # the operator has given that way up
    try:
        if await context.authenticator.is_withdrawn(row.session_id):
            return "gone"
    except (NeighbourDown, NeighbourProblem):
        return "later"
    return await service.send(Target(row.address, row.language))
