"""KPIs: definitions with their SQL, months, the orders behind a figure, scorecards, and all of it as a file."""

from typing import Annotated, Literal

from fastapi import Query
from fastapi.responses import Response

from kit.auth import Principal
from kit.exports import MEDIA, Format, table
from kit.problems import NotFound
from kit.routes import service_router
from kit.values import Code, Text
from kit.web import Caller, allow
from services.orders.api.kpi_wire import (
    CardOut,
    CaseOfKpi,
    CasesOut,
    KpiList,
    KpiOut,
    MonthName,
    MonthOut,
    Period,
    Scorecards,
    WeightsIn,
    WeightsList,
)
from services.orders.api.wire import Running
from services.orders.context import Orders
from services.orders.domain.kpis import Kpi, Scope, ScopeKind, period_span
from services.orders.domain.scorecards import Of
from services.orders.domain.told import ZONE
from services.orders.store.kpis import measuring
from services.orders.store.kpis.definitions import KPIS
from services.orders.store.kpis.sums import AS_KPIS
from services.orders.use_cases.kpis import all_kpis, freeze_month, know_all, period_figures, sees
from services.orders.use_cases.scorecards import all_weights, publish_weights
from services.orders.use_cases.scorecards import scorecards as make_scorecards

router = service_router("orders", tag="KPIs")
DECILES = frozenset("0123456789")
_OF: dict[str, Of] = {"stations": "station", "engineers": "engineer"}


@router.get("/kpi-definitions")
async def list_definitions(running: Running, _: Caller) -> KpiList:
    """Every KPI with its population, its SQL and the service that computes it."""
    silent = await know_all(running)
    return KpiList(items=[KpiOut.of(kpi) for kpi in all_kpis(running).values()], silent=list(silent))


@router.get("/kpis")
async def read_month(
    month: Period,
    running: Running,
    caller: Caller,
    kind: Annotated[list[ScopeKind] | None, Query(max_length=7)] = None,
) -> MonthOut:
    """The figures of a month or quarter (2026-Q4) that are the caller's to see; `kind` may be repeated.

    A quarter has no P90: that of three months does not follow from theirs.
    """
    return MonthOut.of(await period_figures(running, month), caller, kind)


@router.get("/kpis/{kpi}/orders")
async def read_cases(
    kpi: Code,
    month: Period,
    running: Running,
    caller: Caller,
    kind: ScopeKind = "network",
    scope_id: Annotated[Text, Query()] = "",
    branch_id: Annotated[Text, Query()] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> CasesOut:
    """The orders behind a figure of `GET /kpis`, worst first."""
    definition = _known(running, kpi)
    scope = Scope(kind, scope_id, branch_id)
    no_decile = kind == "decile" and not (definition.by_decile and scope_id in DECILES)
    if no_decile or not sees(caller, scope):
        raise NotFound("there is no such figure, or it is not yours to see")
    begin, until = period_span(month)
    async with running.db.read() as tx:
        rows = await measuring.cases(
            tx, definition, scope, begin=begin, until=until, now=running.clock.now(), limit=limit
        )
    fields = CaseOfKpi.model_fields
    return CasesOut(kpi=kpi, items=[CaseOfKpi(**{name: getattr(row, name) for name in fields}) for row in rows])


@router.post("/kpis/{month}/freeze", status_code=204)
async def freeze(month: MonthName, running: Running, caller: Principal = allow()) -> None:
    """Freezes a month that is over now, instead of some days after its end."""
    await freeze_month(running, month, by=caller.actor)


@router.get("/scorecards")
async def read_scorecards(period: Period, running: Running, caller: Caller, of: Of = "station") -> Scorecards:
    """The cards of stations or engineers that are the caller's to see, best first."""
    made = await make_scorecards(running, caller, period, of)
    return Scorecards(
        period=period,
        of=of,
        weights_version=made.version,
        cards=[CardOut.of(card, made.outside.get(card.scope.scope_id, ())) for card in made.cards],
    )


@router.get("/scorecard-weights")
async def list_weights(running: Running, _: Caller) -> WeightsList:
    """Every version of the weights."""
    return WeightsList(items=[WeightsIn.of(weights) for weights in await all_weights(running)])


@router.post("/scorecard-weights", status_code=201)
async def add_weights(body: WeightsIn, running: Running, caller: Principal = allow()) -> WeightsIn:
    """Adds the next version; cards of earlier periods keep theirs."""
    await publish_weights(running, caller, body.weights())
    return body


@router.get("/reports/{period}.{form}", response_class=Response)
async def export(
    period: Period,
    form: Format,
    running: Running,
    caller: Caller,
    what: Literal["kpis", "stations", "engineers"] = "kpis",
) -> Response:
    """The figures or the scorecards of a month or quarter, as CSV or Excel."""
    if what == "kpis":
        columns, rows = MonthOut.of(await period_figures(running, period), caller, None).table()
    else:
        columns, rows = (await read_scorecards(period, running, caller, _OF[what])).table()
    disposition = f'attachment; filename="{what}-{period}.{form}"'
    content = table(form, columns, rows, zone=ZONE)
    return Response(content, media_type=MEDIA[form], headers={"Content-Disposition": disposition})


def _known(running: Orders, kpi: str) -> Kpi:
    if (other := running.neighbour_kpis.definitions.get(kpi)) is not None:
        raise NotFound(f"{other.service} computes {kpi!r} of its own records: there are no orders behind it")
    if kpi in AS_KPIS:
        raise NotFound(f"{kpi!r} adds up time of machines: there are no orders behind it")
    if kpi not in KPIS:
        raise NotFound(f"there is no KPI {kpi!r}: the definitions list them")
    return KPIS[kpi]
