"""Promise templates and work types: data of the maker's own."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from kit.auth import Principal
from kit.values import Code, Fen, Instant, Number, Seconds, Text, Wire
from kit.web import Caller, allow
from services.orders.api.wire import Json, Running
from services.orders.domain.life import WaitingReason
from services.orders.domain.promise import ClockName, ClockRule, StartEvent, StopEvent
from services.orders.domain.templates import Match, Template
from services.orders.use_cases.templates import all_templates, publish

router = APIRouter(tags=["promises"])
Name = Annotated[Text, StringConstraints(min_length=1)]
Codes = Annotated[list[Code], Field(max_length=200)]


class MatchIn(Wire):
    """What an order must be; an empty list means any."""

    tiers: Codes = Field(default_factory=list)
    products: Codes = Field(default_factory=list)
    work_types: Codes = Field(default_factory=list)
    branches: Codes = Field(default_factory=list)


class ClockIn(Wire):
    """One clock: `seconds` from `start` to the first of `stops`; `warn_at` is a share of that, 1 for no warning."""

    clock: ClockName
    start: StartEvent
    seconds: Seconds
    stops: Annotated[list[StopEvent], Field(min_length=1, max_length=5)]
    pauses: Annotated[list[WaitingReason], Field(max_length=4)] = Field(default_factory=list)
    warn_at: Annotated[Number, Field(gt=0, le=1)] = 1.0
    price_fen_per_hour: Fen
    step_fen: Fen = 0
    cap_fen: Fen


class TemplateIn(Wire):
    """One version of a promise, for orders reported in [valid_from, valid_until)."""

    template_id: Code
    version: Annotated[int, Field(strict=True, ge=1, le=100_000)]
    name_zh: Name
    name_en: Name
    priority: Annotated[int, Field(strict=True, ge=0, le=1000)]
    match: MatchIn = Field(default_factory=MatchIn)
    replacement_products: Codes = Field(default_factory=list)
    clocks: Annotated[list[ClockIn], Field(min_length=1, max_length=4)]
    valid_from: Instant | None = None
    valid_until: Instant | None = None

    def template(self) -> Template:
        fields = self.model_dump(exclude={"match", "clocks", "replacement_products"})
        return Template(
            **fields,
            match=Match(**{name: tuple(values) for name, values in self.match.model_dump().items()}),
            replacement_products=tuple(self.replacement_products),
            clocks=tuple(
                ClockRule(
                    **clock.model_dump(exclude={"stops", "pauses"}),
                    stops=tuple(clock.stops),
                    pauses=tuple(clock.pauses),
                )
                for clock in self.clocks
            ),
        )


class TemplateOut(BaseModel):
    """A template as it stands, with the fields that a new version is sent with."""

    template_id: str
    version: int
    name_zh: str
    name_en: str
    priority: int
    valid_from: datetime | None
    valid_until: datetime | None
    replacement_products: list[str]
    match: Json
    clocks: list[Json]


class TemplateList(BaseModel):
    items: list[TemplateOut]
    next: None = None


class WorkTypeList(BaseModel):
    items: list[Json]
    next: None = None


@router.get("/promise-templates")
async def list_templates(running: Running, _: Caller) -> TemplateList:
    """Every version of every template."""
    async with running.db.read() as tx:
        known = await all_templates(tx, running.catalogue)
    templates = sorted(known, key=lambda template: (template.template_id, template.version))
    return TemplateList(items=[TemplateOut.model_validate(_document(template)) for template in templates])


@router.post("/promise-templates", status_code=201)
async def publish_template(body: TemplateIn, running: Running, caller: Principal = allow()) -> TemplateOut:
    """Adds a version; orders that have an older one keep it."""
    template = body.template()
    await publish(running, caller, template)
    return TemplateOut.model_validate(_document(template))


@router.get("/work-types")
async def list_work_types(running: Running, _: Caller) -> WorkTypeList:
    """The kinds of work with their tasks, checklists and gates."""
    return WorkTypeList(items=[_document(kind) for kind in running.catalogue.work_types.values()])


def _document(value: object) -> Json:
    return asdict(value)  # type: ignore[call-overload, no-any-return]
