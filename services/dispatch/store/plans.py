"""Published plans."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.published import Proposal
from ..tables import plans

KEPT_EPOCHS = 50
"""Older plans of a territory are dropped; the journal keeps what they did."""


@dataclass(frozen=True, slots=True)
class PublishedPlan:
    territory_id: str
    epoch: int
    published_at: datetime
    proposal: Proposal


async def newest(tx: AsyncConnection, territory_id: str) -> PublishedPlan | None:
    query = select(plans).where(plans.c.territory_id == territory_id).order_by(plans.c.epoch.desc()).limit(1)
    row = (await tx.execute(query)).first()
    if row is None:
        return None
    return PublishedPlan(row.territory_id, row.epoch, row.published_at, Proposal.model_validate(row.proposal))


async def add(tx: AsyncConnection, *, territory_id: str, epoch: int, at: datetime, proposal: Proposal) -> None:
    row = {
        "territory_id": territory_id,
        "epoch": epoch,
        "published_at": at,
        "cost_fen": proposal.cost_fen,
        "engine": proposal.engine,
        "travel_source": proposal.travel_source,
        "degraded": proposal.degraded,
        "proposal": proposal.model_dump(mode="json"),
    }
    await tx.execute(insert(plans).values(row))
    here = plans.c.territory_id == territory_id
    await tx.execute(delete(plans).where(here, plans.c.epoch <= epoch - KEPT_EPOCHS))
