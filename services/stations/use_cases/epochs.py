"""Plans of a territory are numbered: what comes too late for its number is refused."""

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.problems import Problem
from services.stations.store import plans


class StaleEpoch(Problem):
    """A newer plan of this territory is published already"""

    status = 409


async def refuse_published(tx: AsyncConnection, territory_id: str, epoch: int) -> None:
    """Raises StaleEpoch when this epoch, or a later one, is published; the territory's other plans wait for us."""
    published = await plans.lock_plan(tx, territory_id)
    if epoch <= published:
        raise StaleEpoch(f"epoch {published} of {territory_id} is published", published_epoch=published)
