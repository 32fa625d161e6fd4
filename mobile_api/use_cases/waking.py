"""Waking the phones whose engineers have something new. Best effort: an open app asks by itself all the same."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from kit.auth import Principal
from kit.problems import NotFound, Unauthenticated
from mobile_api import gateways
from mobile_api.context import Mobile
from mobile_api.push.port import Target
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
    """From now on the installation is woken.

    Raises NotConfigured, UnknownPushService, Unauthenticated for a phone that was withdrawn, NeighbourDown.
    """
    if kind not in context.push:
        raise NotConfigured(f"this server sends nothing by {kind}: its operator has to set that up")
    if kind == "web":
        context.web_push.check(target.address)
    session_id = caller.session_id or caller.token_id
    # Its token may serve for up to a minute after the phone was withdrawn; a subscription would stay.
    if session_id in await gateways.withdrawn(context.clients):
        raise Unauthenticated("this phone was withdrawn: sign in again")
    now = context.clock.now()
    values: dict[str, Any] = {"kind": kind, "address": target.address, "language": target.language}
    values |= {"engineer_id": engineer_id, "session_id": session_id, "next_at": now, "said_at": now}
    async with context.db.transaction() as tx:
        await push.put(tx, values)


async def unsubscribe(context: Mobile, engineer_id: str, *, kind: str, address: str) -> None:
    """It is woken no more; nothing happens when it was not the engineer's."""
    async with context.db.transaction() as tx:
        await push.remove(tx, kind=kind, address=address, engineer_id=engineer_id)


async def wake_phones(context: Mobile, kind: str) -> None:
    """Until cancelled. Each kind for itself: a push service that is slow keeps no other waiting."""
    while True:
        if await _wake_some(context, kind) < AT_ONCE:
            await asyncio.sleep(LOOK_EVERY_S)


async def _wake_some(context: Mobile, kind: str) -> int:
    """Wakes at most `AT_ONCE` installations; how many were tried."""
    async with context.db.transaction() as tx:
        rows = await push.claim(tx, kind, context.clock.now(), pause=CLAIMED, limit=AT_ONCE)
    await asyncio.gather(*(_wake(context, row) for row in rows))
    return len(rows)


async def _wake(context: Mobile, row: Row[Any]) -> None:
    outcome = await context.push[row.kind].send(Target(row.address, row.language))
    now = context.clock.now()
    async with context.db.transaction() as tx:
        if outcome == "gone" or (outcome == "later" and row.failures >= GIVEN_UP_AFTER):
            await push.forget(tx, row)
        elif outcome == "sent":
            await push.note(tx, row, told=row.newest, next_at=now)
        else:
            pause = min(timedelta(seconds=10 * 2 ** min(row.failures, 10)), LONGEST_PAUSE)
            await push.note(tx, row, told=None, next_at=now + pause)
