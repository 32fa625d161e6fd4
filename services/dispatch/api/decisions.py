"""What a dispatcher decides: recommendations, overrides, release, edited plans."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from kit.auth import Principal
from kit.problems import Invalid, NotFound
from kit.values import Id
from kit.web import allow, if_match

from ..store import decisions
from ..use_cases import overriding
from ..use_cases.scoping import territory_of_order
from .wire import OverrideIn, OverrideOut, OverrideState, Placed, Running

router = APIRouter(tags=["decisions"])


@router.post("/orders/{order_id}/overrides", status_code=201)
async def override(
    order_id: Id,
    body: OverrideIn,
    running: Running,
    response: Response,
    epoch: Annotated[int, Depends(if_match)],
    caller: Principal = allow("dispatcher"),
) -> OverrideOut:
    """Locks the order and publishes the plan that obeys. If-Match: the epoch of the plan that you looked at."""
    if (body.pin == "resource") != (body.start is None):
        raise Invalid("a start belongs to the pins time and both, and only to them", pointer="/start")
    territory = await territory_of_order(running, caller, order_id)
    wish = overriding.Wish(order_id, body.engineer_id, body.pin, body.start, body.reason)
    done = await overriding.override(running, territory.territory_id, wish, epoch=epoch, actor=caller.actor)
    response.headers["ETag"] = f'"{done.epoch}"'
    return OverrideOut(
        epoch=done.epoch,
        placed=Placed(**done.placed),
        counterfactual=Placed(**done.counterfactual) if done.counterfactual else None,
        difference_fen=done.difference_fen,
    )


@router.get("/orders/{order_id}/override")
async def read_override(
    order_id: Id, running: Running, caller: Principal = allow("dispatcher", "auditor")
) -> OverrideState:
    """The lock in force on an order, or 404."""
    async with running.db.read() as tx:
        row = await decisions.override_of(tx, order_id)
    if row is None:
        raise NotFound("nothing is locked on this order")
    await territory_of_order(running, caller, order_id)
    return OverrideState(**{name: getattr(row, name) for name in OverrideState.model_fields})


@router.post("/orders/{order_id}/release", status_code=204)
async def release(order_id: Id, running: Running, caller: Principal = allow("dispatcher")) -> None:
    """Lifts the lock on an order; the next plan is free again."""
    territory = await territory_of_order(running, caller, order_id)
    await overriding.release(running, territory.territory_id, order_id, actor=caller.actor)
