"""What dispatch asks while it plans and publishes."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from fastapi import Path

from kit.auth import Principal
from kit.problems import Invalid
from kit.routes import service_router
from kit.values import Code
from kit.web import allow
from services.parts.api.wire import Running
from services.parts.api.wire_planning import (
    Courier,
    HoldLineIn,
    HoldOut,
    HoldsIn,
    HoldsOut,
    Moved,
    PlanPlace,
    PlanStockIn,
    PlanStockOut,
    PlanSubstitute,
)
from services.parts.use_cases import answers, plans

router = service_router("parts", tag="planning")
Epoch = Annotated[int, Path(ge=1, le=2**62)]


@router.post("/plan-stock")
async def plan_stock(body: PlanStockIn, running: Running, _: Principal = allow()) -> PlanStockOut:
    """For dispatch: every free piece that a new plan of the territory may count on, and how it can travel.

    Places of the territory and central depots; only those with free pieces of `parts` or their substitutes.
    """
    found = await answers.plan_stock(
        running,
        territory_id=body.territory_id,
        parts=set(body.parts),
        orders={place.order_id: place.machine.built() if place.machine else None for place in body.order_places},
    )
    return _plan_stock(found)


def _plan_stock(found: answers.PlanStock) -> PlanStockOut:
    names = ("kind", "engineer_id", "lon", "lat", "opens", "closes")
    places = [
        PlanPlace(id=row.place_id, stock=stock, **{name: getattr(row, name) for name in names})
        for row in found.places
        if (stock := found.free.get(row.place_id))
    ]
    substitutes = {
        part: [PlanSubstitute(part=option.part, approved=option.approved) for option in options]
        for part, options in found.substitutes.items()
    }
    return PlanStockOut(
        places=places,
        substitutes=substitutes,
        couriers=[Courier.of(row) for row in found.lanes if row.place_id in found.free],
        unit_cost=found.unit_cost,
        moved=[Moved(**{name: getattr(row, name, None) for name in Moved.model_fields}) for row in found.moved],
        misfits={order: sorted(parts) for order, parts in found.misfits.items()},
    )


@router.put("/holds/{territory_id}/{epoch}")
async def hold(territory_id: Code, epoch: Epoch, body: HoldsIn, running: Running, _: Principal = allow()) -> HoldsOut:
    """For dispatch: holds stock for a plan that is about to be published. Idempotent per line.

    A line is held whole or refused with a reason. Lines that this call does not name stay as they are. What the
    territory's published plan has reserved is free for its next one. 409 once this epoch, or a later one, is published.
    """
    _refuse_repeated(body.lines)
    answered = await plans.hold(
        running,
        territory_id=territory_id,
        epoch=epoch,
        lines=[plans.HoldLine(**line.model_dump()) for line in body.lines],
        lifetime=timedelta(seconds=body.lifetime_s),
    )
    return HoldsOut(
        lines=[
            HoldOut(line=answer.line, status="refused" if answer.reason else "held", reason=answer.reason)
            for answer in answered
        ]
    )


def _refuse_repeated(lines: Sequence[HoldLineIn]) -> None:
    seen: set[str] = set()
    for index, line in enumerate(lines):
        if line.line in seen:
            raise Invalid(f"line {line.line!r} stands twice", pointer=f"/lines/{index}/line")
        seen.add(line.line)
