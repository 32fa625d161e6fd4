"""What is measured every month: the definition of a KPI, its figures, and what later facts change in them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kit.kpi_terms import Better, Counted, Unit
from kit.months import month_span

ScopeKind = Literal["network", "branch", "station", "engineer", "tier", "product", "decile"]
"""A decile is that of what was foretold: "7" are chances from 0.7 to below 0.8."""


@dataclass(frozen=True, slots=True)
class Kpi:
    """One definition. `sql` of our own gives `order_id` and `value` of its population in [:begin, :until), known at
    :now; that of another service its sums by scope. `n` of its figures counts `counted`."""

    kpi: str
    name_zh: str
    name_en: str
    unit: Unit
    better: Better
    population: str
    sql: str
    service: str = "orders"
    counted: Counted = "cases"
    by_decile: bool = False
    """Its cases tell the decile of what was foretold: it has figures by decile, too."""


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """Whose figure it is. `branch_id` is empty for what spans the network."""

    kind: ScopeKind
    scope_id: str
    branch_id: str


@dataclass(frozen=True, slots=True)
class Figure:
    """`n` cases whose values sum up to `total`; nine of ten are at most `p90`."""

    n: int
    total: float
    p90: float | None

    @property
    def mean(self) -> float | None:
        return self.total / self.n if self.n else None


Figures = Mapping[tuple[str, Scope], Figure]
"""By KPI and scope."""
NOTHING = Figure(0, 0.0, None)


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What facts that came after the freeze change: added to `n` and `total`; `p90` as it is now."""

    kpi: str
    scope: Scope
    n: int
    total: float
    p90: float | None


def months_of(quarter: str) -> list[str]:
    """The three months of a quarter such as 2026-Q4."""
    year, number = quarter.split("-Q")
    return [f"{year}-{3 * int(number) - back:02d}" for back in (2, 1, 0)]


def months_in(period: str) -> list[str]:
    """The months of 2026-11 or of 2026-Q4."""
    return months_of(period) if "Q" in period else [period]


def period_span(period: str) -> tuple[datetime, datetime]:
    """The instants [begin, until) of a month or a quarter."""
    months = months_in(period)
    return month_span(months[0])[0], month_span(months[-1])[1]


def adjustments(known: Figures, fresh: Figures) -> list[Adjustment]:
    """What must be added to what is `known` so that it says what is measured now."""
    found = []
    for key in sorted({*known, *fresh}):
        before, after = known.get(key, NOTHING), fresh.get(key, NOTHING)
        n, total = after.n - before.n, round(after.total - before.total, 3)
        if n or total or after.p90 != before.p90:
            found.append(Adjustment(*key, n, total, after.p90))
    return found


def adjusted(frozen: Figures, lines: Iterable[Adjustment]) -> dict[tuple[str, Scope], Figure]:
    """Frozen figures with their adjustment lines, in the order in which they were found."""
    figures = dict(frozen)
    for line in lines:
        key = (line.kpi, line.scope)
        known = figures.get(key, NOTHING)
        figures[key] = Figure(known.n + line.n, round(known.total + line.total, 3), line.p90)
    return figures


def added_up(months: Sequence[Figures]) -> dict[tuple[str, Scope], Figure]:
    """Several months as one; of those there is no common P90."""
    sums: dict[tuple[str, Scope], Figure] = {}
    for figures in months:
        for key, figure in figures.items():
            known = sums.get(key, NOTHING)
            sums[key] = Figure(known.n + figure.n, round(known.total + figure.total, 3), None)
    return sums
