"""Forecasts, expected wear and plans of stock over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator
from sqlalchemy import Row

from kit.values import Code, Fen, Quantity, Text, Wire
from services.parts.api.wire import FromRow

PlanState = Literal["queued", "done", "failed"]
ProposalState = Literal["open", "accepted", "declined"]
Method = Literal["sba", "tsb", "imapa", "mean", "plan"]
Days = Annotated[int, Field(strict=True, ge=1, le=365)]

# --- forecasts ------------------------------------------------------------------------------------------------------


class ForecastOut(FromRow):
    """Pieces of `part` that the orders of the shelf's station are expected to need.

    `rate` per month over the year, `expected` in this month; `dispersion` is the variance by the mean.
    """

    month: date
    place_id: str
    part: str
    method: Method
    rate: float
    expected: float
    dispersion: float


class ForecastPage(BaseModel):
    items: list[ForecastOut]
    next: str | None


class ErrorOut(BaseModel):
    """WAPE = sum |forecast - true| / sum true, bias = sum (forecast - true) / sum true; none without demand."""

    wape: float | None
    bias: float | None
    pieces: float


class RunOut(BaseModel):
    """One forecast: its errors on six past months (by methods that those did not choose), beside the naive one's."""

    month: date
    made_at: datetime
    series: int
    planned: int
    chosen: ErrorOut
    naive: ErrorOut
    methods: dict[str, int]

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        return cls(month=row.month, made_at=row.made_at, **row.result)


class MonthErrorOut(BaseModel):
    """What became of the forecast of a month."""

    month: date
    expected: float
    asked: int
    wape: float | None
    bias: float | None


class ErrorsOut(BaseModel):
    runs: list[RunOut]
    months: list[MonthErrorOut]


# --- expected wear --------------------------------------------------------------------------------------------------


class WearLineIn(Wire):
    place_id: Code
    part: Code
    pieces_per_month: Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0, le=10_000)]


class WearListIn(Wire):
    """What a guarantee plan expects to wear out, by station shelf; both days belong to it."""

    title: Annotated[Text, StringConstraints(min_length=1)]
    valid_from: date
    valid_until: date
    lines: Annotated[list[WearLineIn], Field(min_length=1, max_length=5000)]

    @model_validator(mode="after")
    def _takes_time(self) -> Self:
        if self.valid_until < self.valid_from:
            raise ValueError("valid_until lies before valid_from")
        return self


class WearLineOut(FromRow):
    place_id: str
    part: str
    pieces_per_month: float


class WearListOut(BaseModel):
    list_id: str
    title: str
    valid_from: date
    valid_until: date
    actor: str
    changed_at: datetime
    lines: list[WearLineOut]


class WearListPage(BaseModel):
    items: list[WearListOut]
    next: str | None


# --- plans ----------------------------------------------------------------------------------------------------------


class StockPlanIn(Wire):
    """Hold what fills `target_fill` of the pieces at once, for at most `budget_fen`.

    `lead_days` from depot to shelf and `depot_lead_days` from the maker to the depot, the wait for the next order day
    included. Without `branch_id` the whole of one's scope.
    """

    branch_id: Code | None = None
    target_fill: Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0.5, le=0.999)] = 0.95
    budget_fen: Fen | None = None
    lead_days: Days = 3
    depot_lead_days: Days = 14


class Lines(BaseModel):
    lines: int
    pieces: int


class Bought(BaseModel):
    lines: int
    value_fen: int


class OutcomeOut(BaseModel):
    """Share of pieces that lay on the shelf when asked for, and the mean value of what lay there."""

    fill_rate: float
    value_fen: int


class BacktestOut(BaseModel):
    """The last `months` again, with the money that the min/max rule had bound, over at most 1 000 shelves."""

    months: int
    min_max: OutcomeOut
    base_stock: OutcomeOut


class PlanResult(BaseModel):
    """`fill_rate` expected with all levels filled, for `value_fen`; `enough`: the target was within the budget.

    `parts` are parts by depot, `shelves` parts by shelf.
    """

    fill_rate: float
    enough: bool
    value_fen: int
    present_value_fen: int
    parts: int
    shelves: int
    to_move: Lines
    to_buy: Bought
    backtest: BacktestOut | None


class StockPlanOut(FromRow):
    """`problem` says why a plan failed."""

    id: str
    branch_id: str | None
    state: PlanState
    asked: dict[str, Any]
    created_at: datetime
    finished_at: datetime | None
    problem: str | None
    result: PlanResult | None


class StockPlanPage(BaseModel):
    items: list[StockPlanOut]
    next: str | None


class ProposalOut(FromRow):
    """Pieces to push to `place_id`; without `from_place_id` they have to be bought.

    `position` is what was free there and on its way there when the plan was made.
    """

    place_id: str
    place_name: str
    part: str
    name_zh: str
    name_en: str
    from_place_id: str | None
    target: int
    position: int
    quantity: int
    value_fen: int
    state: ProposalState
    transfer_id: str | None


class ProposalPage(BaseModel):
    items: list[ProposalOut]
    next: str | None


class ProposalKey(Wire):
    place_id: Code
    part: Code


class AcceptLine(ProposalKey):
    """`quantity`: fewer or more than proposed."""

    quantity: Quantity | None = None


class AcceptIn(Wire):
    """Without `lines` every open proposal that moves pieces to a place of one's own."""

    lines: Annotated[list[AcceptLine], Field(min_length=1, max_length=5000)] | None = None


class DeclineIn(Wire):
    lines: Annotated[list[ProposalKey], Field(min_length=1, max_length=5000)]


class Accepted(BaseModel):
    """The transfers that were ordered, one for each pair of places."""

    transfers: list[str]


# --- structure ------------------------------------------------------------------------------------------------------


class MoverOut(FromRow):
    """`months` with any use, `shelves` at which."""

    part: str
    name_zh: str
    name_en: str
    pieces: int
    months: int
    shelves: int
    value_fen: int


class Movers(BaseModel):
    items: list[MoverOut]


class ClassOut(BaseModel):
    """`by_age_fen`: value on the shelves that came 0-3, 3-6, 6-12, 12-24 and more months before the quarter's end."""

    parts: int
    used_fen: int
    by_age_fen: list[int]


class StructureOut(BaseModel):
    quarter: str
    classes: dict[Literal["A", "B", "C"], ClassOut]
