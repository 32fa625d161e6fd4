"""Experts as dispatch plans them."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from kit.auth import Principal
from kit.routes import service_router
from kit.values import Code
from kit.web import allow
from services.messages import ExpertLine
from services.stations.api.wire import Running, Window
from services.stations.api.wire_planning import Epoch, SpanOut, UntilPublished, WorkIn, refuse_repeated
from services.stations.use_cases import experts

router = service_router("stations", tag="planning")


class OfferedExpertOut(BaseModel):
    """`skills` by level 1-5; `seats`: each joins one order at a time, in one of its spans."""

    id: str
    name: str
    skills: dict[str, int]
    seats: list[list[SpanOut]]


class OfferedExperts(BaseModel):
    experts: list[OfferedExpertOut]


class ExpertHoldIn(WorkIn):
    """An expert who joins the work on one order."""

    expert_id: Code


class ExpertHoldsIn(UntilPublished):
    """Experts to hold."""

    lines: Annotated[list[ExpertHoldIn], Field(max_length=5000)]


class ExpertHoldOut(BaseModel):
    line: str
    status: Literal["held", "refused"]
    reason: experts.Refusal | None = None


class ExpertHoldsOut(BaseModel):
    lines: list[ExpertHoldOut]


@router.get("/experts")
async def offered_experts(
    territory_id: Code, within: Window, running: Running, caller: Principal = allow("auditor", "dispatcher")
) -> OfferedExperts:
    """Experts whom a new plan of the territory may ask to join from afar: head office's and those of its branch."""
    found = await experts.offered(running, caller, territory_id=territory_id, within=within)
    return OfferedExperts(
        experts=[
            OfferedExpertOut(
                id=one.row.resource_id,
                name=one.row.name,
                skills=one.row.skills,
                seats=[[SpanOut(start=span.start, end=span.end) for span in seat] for seat in one.seats],
            )
            for one in found
        ]
    )


@router.put("/expert-holds/{territory_id}/{epoch}")
async def hold_experts(
    territory_id: Code, epoch: Epoch, body: ExpertHoldsIn, running: Running, _: Principal = allow()
) -> ExpertHoldsOut:
    """For dispatch: holds experts for a plan that is about to be published. Idempotent per line.

    Lines that this call does not name stay as they are. 409 once this epoch, or a later one, is published.
    """
    refuse_repeated([line.line for line in body.lines])
    lines = [ExpertLine.model_validate(line.model_dump()) for line in body.lines]
    answered = await experts.hold(
        running, territory_id=territory_id, epoch=epoch, lines=lines, lifetime=timedelta(seconds=body.lifetime_s)
    )
    return ExpertHoldsOut(
        lines=[
            ExpertHoldOut(line=line, status="refused" if reason else "held", reason=reason)
            for line, reason in answered.items()
        ]
    )
