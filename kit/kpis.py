"""KPIs of a service over its own records: each is one SELECT, the figures are its sums by scope.

Orders freezes what the services answer here and makes the scorecards of it. A figure is a quotient of sums, total / n:
months can be added up to a quarter, and engineers to a branch.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.context import Context
from kit.dependencies import allow
from kit.dependencies import context as service_context
from kit.kpi_terms import Better, Counted, Unit
from kit.months import month_span
from kit.problems import Invalid
from kit.routes import service_router

MonthName = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
Running = Annotated[Context, Depends(service_context)]


class Definition(BaseModel):
    """`sql` gives rows of `branch_id`, `station_id`, `engineer_id` (null where it does not go so deep), `n` and `total`
    for [:begin, :until) as known at :now; the KPI is the sum of `total` by the sum of `n`."""

    model_config = ConfigDict(frozen=True)

    kpi: str
    name_zh: str
    name_en: str
    unit: Unit
    better: Better
    counted: Counted
    population: str
    sql: str


class SumOut(BaseModel):
    """A figure: its mean is total / n, and nine of ten cases take at most `p90` (of seconds only). `branch_id` is empty
    for the network."""

    kpi: str
    kind: Literal["network", "branch", "station", "engineer"]
    scope_id: str
    branch_id: str
    n: int
    total: float
    p90: float | None


class ServiceKpis(BaseModel):
    """What a service measured of its month, as known when it was asked."""

    month: str
    definitions: list[Definition]
    figures: list[SumOut]


_SUMS = """
WITH measured AS ({sql})
SELECT CASE WHEN grouping(engineer_id) = 0 THEN 'engineer' WHEN grouping(station_id) = 0 THEN 'station'
            WHEN grouping(branch_id) = 0 THEN 'branch' ELSE 'network' END AS kind,
       CASE WHEN grouping(engineer_id) = 0 THEN engineer_id WHEN grouping(station_id) = 0 THEN station_id
            WHEN grouping(branch_id) = 0 THEN branch_id ELSE '' END AS scope_id,
       coalesce(branch_id, '') AS branch_id, round(sum(n))::bigint AS n, round(sum(total)::numeric, 3)::float8 AS total,
       {p90} AS p90
FROM measured
GROUP BY GROUPING SETS ((), (branch_id), (branch_id, station_id), (branch_id, engineer_id))
HAVING (grouping(branch_id) = 1 OR branch_id IS NOT NULL) AND (grouping(station_id) = 1 OR station_id IS NOT NULL)
   AND (grouping(engineer_id) = 1 OR engineer_id IS NOT NULL) AND round(sum(n)) > 0
ORDER BY kind, branch_id, scope_id
"""
_P90 = "round(percentile_cont(0.9) WITHIN GROUP (ORDER BY total::float8)::numeric, 3)::float8"


async def figures(
    tx: AsyncConnection, definitions: Sequence[Definition], *, begin: datetime, until: datetime, now: datetime
) -> list[SumOut]:
    """Every KPI of [begin, until) for every scope in which something was counted."""
    found: list[SumOut] = []
    for kpi in definitions:
        moments = {"begin": begin, "until": until, "now": now}
        given = {name: moment for name, moment in moments.items() if f":{name}" in kpi.sql}
        query = _SUMS.format(sql=kpi.sql, p90=_P90 if kpi.unit == "seconds" else "NULL")
        for row in await tx.execute(text(query), given):
            found.append(SumOut.model_validate({"kpi": kpi.kpi, **row._mapping}))
    return found


def kpi_router(service: str, definitions: Sequence[Definition]) -> APIRouter:
    """The route by which orders asks a service for its month."""
    router = service_router(service, tag="KPIs")

    async def read_kpi_figures(running: Running, month: MonthName, _: Principal = allow()) -> ServiceKpis:
        """For services: the KPIs of this service with their SQL, and the figures of a month that has begun."""
        begin, until = month_span(month)
        now = running.clock.now()
        if begin > now:
            raise Invalid(f"{month} has not begun", pointer="/month")
        async with running.db.read() as tx:
            found = await figures(tx, definitions, begin=begin, until=until, now=now)
        return ServiceKpis(month=month, definitions=list(definitions), figures=found)

    router.add_api_route("/kpi-figures", read_kpi_figures, response_model=ServiceKpis)
    return router


def reference(definitions: Sequence[Definition]) -> str:
    """The definitions as text for a page of the reference; a test compares it with the page."""
    return "".join(
        f"\n### {one.name_en} ({one.name_zh})\n\n`{one.kpi}`, {one.unit}, {one.better} is better; n counts "
        f"{one.counted}. {one.population}.\n\n```sql\n{one.sql}\n```\n"
        for one in definitions
    )
