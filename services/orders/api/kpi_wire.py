"""What the KPI routes take and answer."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, Field, StringConstraints
from sqlalchemy import Row

from kit.auth import Principal
from kit.exports import Cell
from kit.kpi_terms import Better, Counted, Unit
from kit.values import Code, Number, Wire
from services.orders.domain.kpis import Kpi, Scope, ScopeKind
from services.orders.domain.scorecards import Card, Of, Weight, Weights
from services.orders.store.kpis.definitions import KPIS
from services.orders.store.kpis.sums import AS_KPIS
from services.orders.use_cases.kpis import Month, sees

FIRST_YEAR, LAST_YEAR = 2000, 2099


def _in_range(period: str) -> str:
    if not FIRST_YEAR <= int(period[:4]) <= LAST_YEAR:
        raise ValueError(f"must lie between the years {FIRST_YEAR} and {LAST_YEAR}")
    return period


MonthName = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$"), AfterValidator(_in_range)]
Period = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-((0[1-9]|1[0-2])|Q[1-4])$"), AfterValidator(_in_range)]
"""A month such as 2026-11 or a quarter such as 2026-Q4."""


class KpiOut(BaseModel):
    """A definition; `sql` gives the cases of a month, or by scope what `service` counts (`counted`) and adds up."""

    kpi: str
    name_zh: str
    name_en: str
    unit: Unit
    better: Better
    population: str
    sql: str
    service: str
    counted: Counted

    @classmethod
    def of(cls, kpi: Kpi) -> Self:
        return cls(**{name: getattr(kpi, name) for name in cls.model_fields})


class KpiList(BaseModel):
    """`silent` are services that could not be asked for theirs."""

    items: list[KpiOut]
    silent: list[str]


class FigureOut(BaseModel):
    """One figure: `mean` in the unit of its KPI, `frozen_mean` as it was when the month was frozen."""

    kpi: str
    kind: ScopeKind
    scope_id: str
    branch_id: str
    n: int
    mean: float | None
    p90: float | None
    total: float
    frozen_n: int | None
    frozen_mean: float | None


class AdjustmentOut(BaseModel):
    """What a fact that came after the freeze added to `n` and `total`."""

    kpi: str
    kind: ScopeKind
    scope_id: str
    branch_id: str
    n: int
    total: float
    found_at: datetime


class MonthOut(BaseModel):
    """A month; not frozen means measured at the moment of asking, without the services that are `silent`."""

    month: str
    frozen_at: datetime | None
    figures: list[FigureOut]
    adjustments: list[AdjustmentOut]
    silent: list[str]

    @classmethod
    def of(cls, month: Month, caller: Principal, kinds: list[ScopeKind] | None) -> Self:
        """What of the month is the caller's to see, in the order of the report."""

        def shown(scope: Scope) -> bool:
            return sees(caller, scope) and (not kinds or scope.kind in kinds)

        keys = sorted((key for key in month.figures if shown(key[1])), key=_place)
        lines = [
            AdjustmentOut(
                kpi=one.line.kpi,
                **_fields_of(one.line.scope),
                n=one.line.n,
                total=one.line.total,
                found_at=one.found_at,
            )
            for one in month.lines
            if shown(one.line.scope)
        ]
        figures = [_figure(month, *key) for key in keys]
        return cls(
            month=month.month,
            frozen_at=month.frozen_at,
            figures=figures,
            adjustments=lines,
            silent=list(month.silent),
        )

    def table(self) -> tuple[list[str], list[list[Cell]]]:
        """Columns and rows of a file."""
        columns = [name for name in FigureOut.model_fields if name != "total"]
        rows: list[list[Cell]] = [[getattr(figure, name) for name in columns] for figure in self.figures]
        return ["month", *columns], [[self.month, *row] for row in rows]


_PLACES = {kpi: place for place, kpi in enumerate(KPIS | AS_KPIS)}


def _place(key: tuple[str, Scope]) -> tuple[int, str, Scope]:
    """Our own KPIs first, in the order of the report."""
    return _PLACES.get(key[0], len(_PLACES)), *key


def _figure(month: Month, kpi: str, scope: Scope) -> FigureOut:
    figure, frozen = month.figures[kpi, scope], month.frozen.get((kpi, scope))
    return FigureOut(
        kpi=kpi,
        **_fields_of(scope),
        n=figure.n,
        mean=figure.mean,
        p90=figure.p90,
        total=figure.total,
        frozen_n=(frozen.n if frozen else 0) if month.frozen_at else None,
        frozen_mean=frozen.mean if frozen else None,
    )


def _fields_of(scope: Scope) -> dict[str, Any]:
    return {"kind": scope.kind, "scope_id": scope.scope_id, "branch_id": scope.branch_id}


class CaseOfKpi(BaseModel):
    order_id: str
    number: str
    value: float
    branch_id: str
    station_id: str
    engineer_id: str | None
    tier: str
    product: str
    reported_at: datetime


class CasesOut(BaseModel):
    """The orders behind a figure, worst first."""

    kpi: str
    items: list[CaseOfKpi]


class WeightIn(Wire):
    """How much a KPI counts: no points at `floor`, all at `target`."""

    kpi: Code
    weight: Annotated[Number, Field(gt=0, le=1000)]
    floor: Number
    target: Number


class WeightsIn(Wire):
    """A version of the weights, for periods that begin on or after `valid_from`."""

    version: Annotated[int, Field(strict=True, ge=1, le=100_000)]
    valid_from: date
    stations: Annotated[list[WeightIn], Field(max_length=50)]
    engineers: Annotated[list[WeightIn], Field(max_length=50)]

    def weights(self) -> Weights:
        both = [
            tuple(Weight(line.kpi, line.weight, line.floor, line.target) for line in lines)
            for lines in (self.stations, self.engineers)
        ]
        return Weights(self.version, self.valid_from, *both)

    @classmethod
    def of(cls, weights: Weights) -> Self:
        lines = {
            kind: [WeightIn(kpi=one.kpi, weight=one.weight, floor=one.floor, target=one.target) for one in own]
            for kind, own in (("stations", weights.stations), ("engineers", weights.engineers))
        }
        return cls(version=weights.version, valid_from=weights.valid_from, **lines)


class WeightsList(BaseModel):
    items: list[WeightsIn]


class LineOut(BaseModel):
    kpi: str
    n: int
    mean: float | None
    points: float | None
    weight: float


class OutsideScore(BaseModel):
    """What somebody outside gave for the same period, out of 100."""

    evaluator: str
    score: float
    note: str


class CardOut(BaseModel):
    """A score from 0 to 100 over the KPIs with cases; `stars` by GB/T 27922 (3 from 80, 4 from 90, 5 from 95)."""

    scope_id: str
    branch_id: str
    score: float | None
    passed: bool
    stars: int
    lines: list[LineOut]
    outside: list[OutsideScore]

    @classmethod
    def of(cls, card: Card, outside: Sequence[Row[Any]] = ()) -> Self:
        return cls(
            outside=[OutsideScore(evaluator=one.evaluator, score=one.score, note=one.note) for one in outside],
            scope_id=card.scope.scope_id,
            branch_id=card.scope.branch_id,
            score=card.score,
            passed=card.passed,
            stars=card.stars,
            lines=[LineOut(**{name: getattr(line, name) for name in LineOut.model_fields}) for line in card.lines],
        )


class Scorecards(BaseModel):
    period: str
    of: Of
    weights_version: int
    cards: list[CardOut]

    def table(self) -> tuple[list[str], list[list[Cell]]]:
        """Columns and rows of a file, one row per KPI of a card."""
        columns = list(LineOut.model_fields)
        rows: list[list[Cell]] = [
            [self.period, one.scope_id, one.branch_id, one.score, one.stars, *(getattr(line, name) for name in columns)]
            for one in self.cards
            for line in one.lines
        ]
        return ["period", "scope_id", "branch_id", "score", "stars", *columns], rows
