"""Who an order needs, changed by a person: how many engineers, and an expert from afar."""

from dataclasses import asdict

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from services.orders.domain.faults import SkillNeed
from services.orders.domain.intake import Crew
from services.orders.domain.life import OPEN
from services.orders.store import orders as store
from services.orders.use_cases.life import before_the_work, tell_changed


async def put_crew(tx: AsyncConnection, caller: Principal, order_id: str, crew: Crew, *, version: int) -> None:
    """So many engineers are planned from now on. Raises NotFound, Stale, NotPossibleNow."""
    await before_the_work(tx, caller, order_id, version=version)
    changed = await store.change(tx, order_id, **crew.columns())
    await tell_changed(tx, changed, what=f"crew of {crew.size}", actor=caller.actor)


async def put_expert(
    tx: AsyncConnection, caller: Principal, order_id: str, expert: SkillNeed | None, *, version: int
) -> None:
    """An expert is planned from now on, or none. Raises NotFound, Stale, NotPossibleNow."""
    await before_the_work(tx, caller, order_id, version=version)
    changed = await store.change(tx, order_id, expert=asdict(expert) if expert else None)
    await tell_changed(tx, changed, what="expert" if expert else "no expert", actor=caller.actor)


async def call_expert(tx: AsyncConnection, order_id: str, *, actor: str) -> None:
    """The engineer at the machine wants advice: somebody who knows more than the order asks of its engineer is planned
    to join from afar. An order that asks for an expert already, or names no skill, stays as it is; so does one whose
    work is over."""
    order = await store.lock(tx, order_id)
    if order is None or order.state not in OPEN or order.expert is not None or not order.skills:
        return
    adviser = SkillNeed(**order.skills[0]).of_an_adviser
    changed = await store.change(tx, order_id, expert=asdict(adviser))
    await tell_changed(tx, changed, what="expert", actor=actor)
