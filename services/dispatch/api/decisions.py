"""What a dispatcher decides: recommendations, overrides, release, edited plans."""

from dataclasses import asdict
from typing import Annotated

from fastapi import Depends, Response

from kit.auth import Principal
from kit.problems import Invalid, NotFound
from kit.routes import service_router
from kit.values import Code, Id
from kit.web import allow, if_match

from ..store import decisions
from ..use_cases import advising, overriding
from ..use_cases.scoping import territory_for, territory_of_order
from .wire import (
    AnalyseIn,
    AnalysisOut,
    CandidateOut,
    ClockMovedOut,
    ExcludedOut,
    MovedOut,
    OverrideIn,
    OverrideOut,
    OverrideState,
    Placed,
    RecommendationsOut,
    RepairOut,
    Running,
    ViolationOut,
)

router = service_router("dispatch", tag="decisions")


@router.get("/orders/{order_id}/recommendations")
async def read_recommendations(
    order_id: Id, running: Running, response: Response, caller: Principal = allow("dispatcher", "auditor")
) -> RecommendationsOut:
    """The five cheapest engineers for an order with the price by rule, why each other one cannot come, and for an order
    that is left out the three cheapest repairs."""
    territory = await territory_of_order(running, caller, order_id)
    advice = await advising.advise(running, territory.territory_id, order_id)
    response.headers["ETag"] = f'"{advice.epoch}"'
    return RecommendationsOut(
        epoch=advice.epoch,
        candidates=[CandidateOut(**asdict(one)) for one in advice.candidates],
        excluded=[ExcludedOut(engineer_id=name, reason=rule) for name, rule in sorted(advice.excluded.items())],
        repairs=[RepairOut(**asdict(one)) for one in advice.repairs],
    )


@router.post("/territories/{territory_id}/analyse")
async def analyse(
    territory_id: Code, body: AnalyseIn, running: Running, caller: Principal = allow("dispatcher", "auditor")
) -> AnalysisOut:
    """What the plan would cost, and which rules it would break, with some orders moved. Changes nothing."""
    await territory_for(running, caller, territory_id)
    moves = [advising.Move(move.order_id, move.engineer_id, move.start) for move in body.moves]
    done = await advising.analyse_moves(running, territory_id, moves)
    return AnalysisOut(
        epoch=done.epoch,
        total_fen=done.total_fen,
        difference_fen=done.difference_fen,
        by_rule=done.by_rule,
        violations=[ViolationOut(**violation) for violation in done.violations],
        moves=[
            MovedOut(order_id=order, engineer_id=engineer, start=start, end=end)
            for order, (engineer, start, end) in done.placed.items()
        ],
        clocks=[ClockMovedOut(**asdict(clock)) for clock in done.clocks],
    )


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
    if body.second_id == body.engineer_id:
        raise Invalid("the second of a crew is another engineer than the lead", pointer="/second_id")
    territory = await territory_of_order(running, caller, order_id)
    wish = overriding.Wish(order_id, body.engineer_id, body.pin, body.start, body.reason, body.second_id)
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
