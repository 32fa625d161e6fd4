"""How many engineers an order needs, changed by a person."""

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from services.orders.domain.intake import Crew
from services.orders.store import orders as store
from services.orders.use_cases.life import before_the_work, tell_changed


async def put_crew(tx: AsyncConnection, caller: Principal, order_id: str, crew: Crew, *, version: int) -> None:
    """So many engineers are planned from now on. Raises NotFound, Stale, NotPossibleNow."""
    await before_the_work(tx, caller, order_id, version=version)
    changed = await store.change(tx, order_id, **crew.columns())
    await tell_changed(tx, changed, what=f"crew of {crew.size}", actor=caller.actor)
