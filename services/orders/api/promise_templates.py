"""Promise templates: data of the maker's own, tried against what happened before they are published."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from kit.auth import Principal
from kit.problems import Invalid
from kit.routes import service_router
from kit.values import Code, Fen, Instant, Number, Text, Wire
from kit.web import Caller, allow
from services.orders.api.wire import Json, Running
from services.orders.domain.life import WaitingReason
from services.orders.domain.promise import ClockName, ClockRule, PauseRule, StartEvent, StopEvent
from services.orders.domain.templates import Match, Remedy, RemedyKind, Template
from services.orders.use_cases.promise_lists import all_templates
from services.orders.use_cases.templates import publish
from services.orders.use_cases.tryout import try_out

router = service_router("orders", tag="promises")
Name = Annotated[Text, StringConstraints(min_length=1)]
LONGEST_S = 365 * 24 * 3600
LONGEST_TRY = timedelta(days=92)
Codes = Annotated[list[Code], Field(max_length=200)]


class MatchIn(Wire):
    """What an order must be; an empty list means any."""

    tiers: Codes = Field(default_factory=list)
    products: Codes = Field(default_factory=list)
    work_types: Codes = Field(default_factory=list)
    branches: Codes = Field(default_factory=list)
    contracts: Codes = Field(default_factory=list)
    grades: Codes = Field(default_factory=list)


class PauseIn(Wire):
    """The clock stands still while the order waits for `reason`: `limit_s` elapsed seconds in all at most, and with
    `proof` only once the wait is proven."""

    reason: WaitingReason
    limit_s: Annotated[int, Field(strict=True, ge=1, le=LONGEST_S)] | None = None
    proof: Annotated[bool, Field(strict=True)] = False


class ClockIn(Wire):
    """One clock: `seconds` from `start` to the first of `stops`; `warn_at` is a share of that, 1 for no warning.

    With a `calendar` only the seconds count during which it is open.
    """

    clock: ClockName
    start: StartEvent
    seconds: Annotated[int, Field(strict=True, ge=0, le=LONGEST_S)]
    stops: Annotated[list[StopEvent], Field(min_length=1, max_length=5)]
    pauses: Annotated[list[PauseIn], Field(max_length=4)] = Field(default_factory=list)
    warn_at: Annotated[Number, Field(gt=0, le=1)] = 1.0
    price_fen_per_hour: Fen
    step_fen: Fen = 0
    cap_fen: Fen
    calendar: Code | None = None

    def rule(self) -> ClockRule:
        pauses = tuple(PauseRule(**pause.model_dump()) for pause in self.pauses)
        fields = self.model_dump(exclude={"stops", "pauses"})
        return ClockRule(**fields, stops=tuple(self.stops), pauses=pauses)


class RemedyIn(Wire):
    """What is proposed when `clock` is broken: a compensation of `amount_fen`, or an order of `work_type` that is
    expected to cost `amount_fen`."""

    clock: ClockName
    kind: RemedyKind
    amount_fen: Fen = 0
    work_type: Code | None = None


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
    remedies: Annotated[list[RemedyIn], Field(max_length=8)] = Field(default_factory=list)

    def template(self) -> Template:
        fields = self.model_dump(exclude={"match", "clocks", "replacement_products", "remedies"})
        return Template(
            **fields,
            match=Match(**{name: tuple(values) for name, values in self.match.model_dump().items()}),
            replacement_products=tuple(self.replacement_products),
            clocks=tuple(clock.rule() for clock in self.clocks),
            remedies=tuple(Remedy(**remedy.model_dump()) for remedy in self.remedies),
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
    remedies: list[Json]


class TemplateList(BaseModel):
    items: list[TemplateOut]
    next: None = None


class TryIn(Wire):
    """A template as it would be published, and the orders to try it on: reported in [begin, until), at most 92 days."""

    template: TemplateIn
    begin: Instant
    until: Instant


class ClockTried(BaseModel):
    """How one clock would have ended; `late_fen` in all."""

    met: int
    breached: int
    running: int
    late_fen: int


class Broken(BaseModel):
    """An order that the template would have broken."""

    order_id: str
    number: str
    clock: str
    late_seconds: int
    late_fen: int


class TriedOut(BaseModel):
    """What the template would have done, beside what really happened with the same orders (`actual_…`).

    `lost_to`: orders that it fits but another template takes, by that template.
    """

    orders: int
    taken: int
    lost_to: dict[str, int]
    clocks: dict[str, ClockTried]
    broken_orders: int
    late_fen: int
    actual_broken_orders: int
    actual_late_fen: int
    worst: list[Broken]


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


@router.post("/promise-templates/try")
async def try_template(body: TryIn, running: Running, caller: Principal = allow("dispatcher", "auditor")) -> TriedOut:
    """What a template would have done with the orders of a past time; changes nothing."""
    if not timedelta(0) < body.until - body.begin <= LONGEST_TRY:
        raise Invalid("until must lie after begin, at most 92 days", pointer="/until")
    tried = await try_out(running, caller, body.template.template(), begin=body.begin, until=body.until)
    return TriedOut.model_validate(asdict(tried))


def _document(value: object) -> Json:
    return asdict(value)  # type: ignore[call-overload, no-any-return]
