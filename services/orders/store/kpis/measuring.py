"""Measuring a KPI: one statement for every scope at once, and the cases behind a figure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.domain.kpis import Figure, Kpi, Scope, ScopeKind

_FIGURES = """
WITH measured AS ({sql}),
cases AS (
    SELECT value, orders.branch_id, orders.station_id, engineer_id, tier, product
    FROM measured JOIN orders USING (order_id) JOIN assets USING (asset_id)
    JOIN customers ON customers.customer_id = assets.customer_id
)
SELECT CASE WHEN grouping(engineer_id) = 0 THEN 'engineer' WHEN grouping(station_id) = 0 THEN 'station'
            WHEN grouping(tier) = 0 THEN 'tier' WHEN grouping(product) = 0 THEN 'product'
            WHEN grouping(branch_id) = 0 THEN 'branch' ELSE 'network' END AS kind,
       branch_id, station_id, engineer_id, tier, product,
       count(*) AS n, round(sum(value)::numeric, 3) AS total,
       round(percentile_cont(0.9) WITHIN GROUP (ORDER BY value::float8)::numeric, 3) AS p90
FROM cases
GROUP BY GROUPING SETS ((), (branch_id), (branch_id, station_id), (branch_id, engineer_id), (tier), (product),
                        (branch_id, tier), (branch_id, product))
HAVING count(*) > 0 AND (grouping(engineer_id) = 1 OR engineer_id IS NOT NULL)
"""

_BY_DECILE = """
WITH measured AS ({sql})
SELECT decile, branch_id, count(*) AS n, round(sum(value)::numeric, 3) AS total
FROM measured JOIN orders USING (order_id)
GROUP BY GROUPING SETS ((decile), (branch_id, decile))
"""

_CASES = """
WITH measured AS ({sql})
SELECT order_id, number, value, orders.branch_id, orders.station_id, engineer_id, tier, product, reported_at
FROM measured JOIN orders USING (order_id) JOIN assets USING (asset_id)
JOIN customers ON customers.customer_id = assets.customer_id
WHERE (:branch_id = '' OR orders.branch_id = :branch_id) AND (:station_id = '' OR orders.station_id = :station_id)
  AND (:engineer_id = '' OR engineer_id = :engineer_id)
  AND (:tier = '' OR tier = :tier) AND (:product = '' OR product = :product) {of_decile}
ORDER BY value {direction}, order_id LIMIT :limit
"""
_COLUMNS: dict[ScopeKind, str] = {
    "station": "station_id",
    "engineer": "engineer_id",
    "tier": "tier",
    "product": "product",
    "branch": "branch_id",
}


async def figures(
    tx: AsyncConnection, kpi: Kpi, *, begin: datetime, until: datetime, now: datetime
) -> dict[tuple[str, Scope], Figure]:
    """The KPI of [begin, until) for every scope that has a case."""
    moments = _bound(kpi, begin=begin, until=until, now=now)
    found: dict[tuple[str, Scope], Figure] = {}
    if kpi.by_decile:
        for row in await tx.execute(text(_BY_DECILE.format(sql=kpi.sql)), moments):
            scope = Scope("decile", f"{row.decile}", row.branch_id or "")
            found[kpi.kpi, scope] = Figure(row.n, float(row.total), None)
    for row in await tx.execute(text(_FIGURES.format(sql=kpi.sql)), moments):
        column = _COLUMNS.get(row.kind)
        scope = Scope(row.kind, getattr(row, column) if column else "", row.branch_id or "")
        found[kpi.kpi, scope] = Figure(row.n, float(row.total), None if row.p90 is None else float(row.p90))
    return found


async def cases(
    tx: AsyncConnection, kpi: Kpi, scope: Scope, *, begin: datetime, until: datetime, now: datetime, limit: int
) -> Sequence[Row[Any]]:
    """The orders behind a figure, worst first."""
    named = dict.fromkeys(_COLUMNS.values(), "") | {"branch_id": scope.branch_id, "limit": limit}
    if (column := _COLUMNS.get(scope.kind)) is not None:
        named[column] = scope.scope_id
    of_decile = "AND decile = CAST(:decile AS int)" if scope.kind == "decile" else ""
    if of_decile:
        named["decile"] = scope.scope_id
    query = _CASES.format(sql=kpi.sql, direction="ASC" if kpi.better == "high" else "DESC", of_decile=of_decile)
    return (await tx.execute(text(query), named | _bound(kpi, begin=begin, until=until, now=now))).all()


def _bound(kpi: Kpi, **moments: datetime) -> dict[str, Any]:
    """Those of the moments that the definition asks for."""
    return {name: moment for name, moment in moments.items() if f":{name}" in kpi.sql}
