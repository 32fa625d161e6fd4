"""What plans hold of the bank and of experts becomes firm when they are published, and free when they never are."""

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.clock import Clock
from kit.context import Context
from services.messages import PlanPublished
from services.stations.store import bank as bank_store
from services.stations.store import experts as expert_store
from services.stations.store import plans
from services.stations.use_cases import bank, experts


async def take_in(tx: AsyncConnection, plan: PlanPublished, *, clock: Clock, actor: str) -> None:
    """Book the plan's vehicles and experts and free what it no longer lists; an older plan changes nothing."""
    if plan.epoch <= await plans.lock_plan(tx, plan.territory_id):
        return
    await plans.set_published_epoch(tx, plan.territory_id, plan.epoch)
    await bank.publish(tx, plan, now=clock.now(), actor=actor)
    await experts.publish(tx, plan, now=clock.now(), actor=actor)


async def sweep(context: Context) -> int:
    """Free holds whose plan was never published; how many it were."""
    now = context.clock.now()
    async with context.db.transaction() as tx:
        return await bank_store.drop_expired(tx, now) + await expert_store.drop_expired(tx, now)
