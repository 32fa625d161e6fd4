"""The newest plan of each territory that was taken in: its plans queue here."""

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.stations.tables import published_plan


async def lock_plan(tx: AsyncConnection, territory_id: str) -> int:
    """The territory's newest published epoch, 0 before the first; its plans queue here until we are done."""
    await tx.execute(insert(published_plan).values(territory_id=territory_id).on_conflict_do_nothing())
    mine = select(published_plan.c.epoch).where(published_plan.c.territory_id == territory_id)
    return int((await tx.execute(mine.with_for_update())).scalar_one())


async def set_published_epoch(tx: AsyncConnection, territory_id: str, epoch: int) -> None:
    mine = update(published_plan).where(published_plan.c.territory_id == territory_id)
    await tx.execute(mine.values(epoch=epoch))
