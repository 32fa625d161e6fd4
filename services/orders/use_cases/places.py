"""Finding and correcting the place of an order."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.geo import distance_m
from kit.journal import append
from kit.problems import NotFound, Stale
from kit.values import Place
from services.orders.addresses import Gazetteer
from services.orders.context import Orders
from services.orders.domain.intake import WorkType
from services.orders.domain.life import OPEN
from services.orders.domain.machines import Station, StationNeed, responsible
from services.orders.domain.places import Finders, Spot
from services.orders.domain.problems import NotPossibleNow
from services.orders.facts import PlaceCorrected
from services.orders.stake_numbers import RouteReference
from services.orders.store import assets as asset_store
from services.orders.store import orders as store
from services.orders.use_cases.life import tell_changed

NONE_NEEDED = Finders(RouteReference([]), Gazetteer({}))


async def finders(context: Orders, *said: str | None) -> Finders:
    """What stake numbers and addresses are looked up in; nothing is read when neither was said."""
    if not any(said):
        return NONE_NEEDED
    return Finders(await context.route_reference.get(), await context.gazetteer.get())


async def correct(
    tx: AsyncConnection,
    caller: Principal,
    order_id: str,
    spot: Spot,
    *,
    version: int,
    stations: Sequence[Station],
    work_types: Mapping[str, WorkType],
) -> None:
    """The machine stands elsewhere, or it is known better where. The order stays with its station.

    Raises NotFound, Stale, NotPossibleNow (the order is over, or the place belongs to another territory).
    """
    order = await store.lock_visible(tx, order_id, caller)
    if order is None:
        raise NotFound("there is no such order, or it is not yours")
    if order.version != version:
        raise Stale("somebody changed this order since you read it: read it again", version=order.version)
    if order.state not in OPEN:
        raise NotPossibleNow(f"the order is {order.state}: its place is a matter of record", state=order.state)
    (machine,) = await asset_store.rows(tx, [order.asset_id])
    asked = StationNeed(machine.brand, work_types[order.work_type].capability)
    station = responsible(stations, place=spot.place, asked=asked, named_station_id=machine.station_id)
    if station is not None and station.territory_id != order.territory_id:
        raise NotPossibleNow(
            f"station {station.station_id} of territory {station.territory_id} answers for that place: cancel this "
            "order and take the report again there",
            station_id=station.station_id,
            territory_id=station.territory_id,
        )
    if spot.source == "coordinates":
        spot = replace(spot, source="corrected")
    changed = await store.change(tx, order_id, **spot.columns())
    moved_m = round(distance_m(Place(order.lon, order.lat), spot.place))
    corrected = PlaceCorrected(order_id=order_id, territory_id=order.territory_id, moved_m=moved_m, source=spot.source)
    await append(tx, corrected, subject=order_id, actor=caller.actor)
    await tell_changed(tx, changed, what="place corrected", actor=caller.actor)
