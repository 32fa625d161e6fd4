"""What orders can be promised, and where stock runs short."""

from datetime import timedelta
from typing import Annotated

from fastapi import Query, Response

from kit.auth import Principal
from kit.problems import Invalid
from kit.routes import service_router
from kit.values import Code
from kit.web import allow
from services.parts.api.wire import Running
from services.parts.api.wire_availability import (
    AvailabilityIn,
    AvailabilityOut,
    OrderIn,
    PlaceShortage,
    Shortages,
    ShortPart,
    by_order,
)
from services.parts.use_cases import availability

router = service_router("parts", tag="availability")
LOOKS_AHEAD = timedelta(days=366)


@router.post("/availability", response_model=AvailabilityOut)
async def read_availability(
    body: AvailabilityIn, running: Running, caller: Principal = allow("auditor", "dispatcher", "station", "system")
) -> Response:
    """Every way in which orders can get their parts, for up to 1 000 orders of a territory.

    Each line is answered as if it were alone; a plan decides by holds who gets a piece that two could have.
    """
    latest = running.clock.now() + LOOKS_AHEAD
    for index, order in enumerate(body.orders):
        if order.at is not None and order.at > latest:
            raise Invalid("nobody can promise parts for more than a year ahead", pointer=f"/orders/{index}/at")
    sites = [_site(index, order) for index, order in enumerate(body.orders)]
    found = await availability.availability(running, caller, territory_id=body.territory_id, sites=sites)
    return Response(by_order(found), media_type="application/json")


def _site(index: int, order: OrderIn) -> availability.Site:
    needs: dict[str, int] = {}
    for number, line in enumerate(order.lines):
        if line.part in needs:
            told = f"part {line.part} stands twice: add the quantities"
            raise Invalid(told, pointer=f"/orders/{index}/lines/{number}/part")
        needs[line.part] = line.quantity
    place = order.place.to_wgs84()
    machine = order.machine.built() if order.machine else None
    return availability.Site(order.order_id, place.lon, place.lat, needs, order.at, machine)


@router.get("/shortages")
async def read_shortages(
    territory_id: Code,
    running: Running,
    days: Annotated[int, Query(ge=1, le=90)] = 7,
    caller: Principal = allow("auditor", "dispatcher", "station", "system"),
) -> Shortages:
    """The places of a territory by how short they are expected to run within `days`, the worst first."""
    scored = await availability.shortages(running, caller, territory_id=territory_id, days=days)
    return Shortages(
        items=[
            PlaceShortage(
                place_id=row.place_id,
                name=row.name,
                score=round(one.score, 4),
                expected_demand=round(one.expected_demand, 2),
                worst=[ShortPart(part=part, pieces=round(pieces, 2)) for part, pieces in one.worst],
            )
            for row, one in scored
        ]
    )
