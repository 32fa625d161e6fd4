"""Where machines stand, counted: what the network of stations is planned with. No machine, no customer is named."""

from pydantic import BaseModel

from kit.auth import Principal
from kit.routes import service_router
from kit.values import Code
from kit.web import allow
from services.orders.api.wire import Running
from services.orders.store import population

router = service_router("orders", tag="assets")


class PopulationOut(BaseModel):
    """Machines by place: [lon, lat, how many], WGS-84, rounded to 0.01 degrees; `without_place` have none on record."""

    places: list[tuple[float, float, int]]
    without_place: int


@router.get("/population")
async def read_population(running: Running, branch_id: Code | None = None, _: Principal = allow()) -> PopulationOut:
    """For services: the machines of a branch, or all, counted by place."""
    async with running.db.read() as tx:
        counted = await population.by_place(tx, branch_id)
        without = await population.without_place(tx, branch_id)
    return PopulationOut(places=counted, without_place=without)
