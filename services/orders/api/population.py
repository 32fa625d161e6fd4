"""Where machines stand and promises were given, counted, to plan the network with. No machine, no customer is named."""

from datetime import timedelta

from pydantic import BaseModel

from kit.auth import Principal
from kit.routes import service_router
from kit.values import Code
from kit.web import allow
from services.orders.api.wire import Running
from services.orders.store import population

router = service_router("orders", tag="assets")
FLEET_SEEN = timedelta(days=3 * 365)
PROMISES_SEEN = timedelta(days=365)


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


class ArrivalPromisesOut(BaseModel):
    """Promises by place and limit: [lon, lat, seconds, how many], WGS-84, rounded to 0.01 degrees."""

    promises: list[tuple[float, float, int, int]]


@router.get("/arrival-promises")
async def read_arrival_promises(
    running: Running, branch_id: Code | None = None, _: Principal = allow()
) -> ArrivalPromisesOut:
    """For services: the arrival promises of a branch, or all, of orders reported in the last year; cancelled ones are
    out."""
    since = running.clock.now() - PROMISES_SEEN
    async with running.db.read() as tx:
        return ArrivalPromisesOut(promises=await population.arrival_promises(tx, branch_id, since=since))


class FleetOut(BaseModel):
    """`machines`: [station, year built, how many]; `breakdowns` of three years: [year told, year built, how many]."""

    machines: list[tuple[str, int, int]]
    breakdowns: list[tuple[int, int, int]]


@router.get("/fleet")
async def read_fleet(running: Running, _: Principal = allow()) -> FleetOut:
    """For services: how old the machines of each station are, and how often machines of an age break down."""
    since = running.clock.now() - FLEET_SEEN
    async with running.db.read() as tx:
        return FleetOut(machines=await population.built(tx), breakdowns=await population.broken_down(tx, since=since))
