"""The customer's page: a signed link instead of an account."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field

from kit.routes import service_router
from kit.values import LongText, Wire
from services.orders.api.wire import Running
from services.orders.store import clocks as clock_store
from services.orders.use_cases.tracking import Answer, Tracked, answer_survey, track

router = service_router("orders", tag="tracking")
STAGES = ("reported_at", "assigned_at", "departed_at", "arrived_at", "restored_at", "completed_at")
PROMISED = ("arrive", "restore", "complete")


class SurveyIn(Wire):
    """How good the service was: 1 bad to 5 very good."""

    rating: Annotated[int, Field(strict=True, ge=1, le=5)]
    comment: LongText = ""
    language: Literal["zh", "en"] = "zh"


class Stage(BaseModel):
    """What has happened; `at` null means not yet."""

    stage: str
    at: datetime | None


class PromiseMade(BaseModel):
    clock: str
    due: datetime
    state: str


class EtaOut(BaseModel):
    """When the engineer comes; `history`: eight of ten arrivals of the branch fell into such a range."""

    earliest: datetime
    latest: datetime
    basis: str


class PartOut(BaseModel):
    """A part on its way; `eta` null when nobody knows."""

    part: str
    name_zh: str
    name_en: str
    state: str
    eta: datetime | None


class TrackedOut(BaseModel):
    """What the customer may know, and nothing of anybody else."""

    number: str
    state: str
    waiting_reason: str | None
    work_type: str
    work_name_zh: str
    work_name_en: str
    plate: str | None
    model: str
    engineer: str | None
    eta: EtaOut | None
    parts: list[PartOut]
    stages: list[Stage]
    promises: list[PromiseMade]
    replacement_moving_at: datetime | None
    can_rate: bool
    rating: int | None

    @classmethod
    def of(cls, tracked: Tracked, names: tuple[str, str], promises: list[PromiseMade]) -> Self:
        order = tracked.order
        same = ("number", "state", "waiting_reason", "work_type", "plate", "model", "rating")
        expected = tracked.eta
        return cls(
            **{name: getattr(order, name) for name in same},
            work_name_zh=names[0],
            work_name_en=names[1],
            engineer=tracked.engineer,
            eta=EtaOut(earliest=expected.earliest, latest=expected.latest, basis=expected.basis) if expected else None,
            parts=[PartOut.model_validate(part, from_attributes=True) for part in tracked.parts],
            stages=[Stage(stage=name.removesuffix("_at"), at=getattr(order, name)) for name in STAGES],
            promises=promises,
            replacement_moving_at=order.cargo_moving_at,
            can_rate=order.completed_at is not None and order.rating is None,
        )


@router.get("/tracking/{token}")
async def read_tracking(token: str, running: Running) -> TrackedOut:
    """The order of a link; 404 for any other text, and 30 days after the order is over."""
    tracked = await track(running, token)
    async with running.db.read() as tx:
        clocks = (await clock_store.of_orders(tx, [tracked.order.order_id])).get(tracked.order.order_id, [])
    kind = running.catalogue.work_types[tracked.order.work_type]
    promises = [
        PromiseMade(clock=clock.rule.clock, due=clock.due, state=clock.state)
        for clock in clocks
        if clock.rule.clock in PROMISED
    ]
    return TrackedOut.of(tracked, (kind.name_zh, kind.name_en), promises)


@router.post("/tracking/{token}/survey", status_code=204)
async def rate(token: str, body: SurveyIn, running: Running) -> None:
    """The customer's word, once; the same again changes nothing."""
    async with running.db.transaction() as tx:
        await answer_survey(tx, running, token, Answer(body.rating, body.comment, body.language))
