"""Frozen months and what later facts changed in them: rows are added, never altered (the database refuses it)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.domain.kpis import Adjustment, Figure, Scope
from services.orders.tables import kpi_adjustments, kpi_months, kpi_snapshots, scorecard_weights

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('orders.kpi_months'))")


async def hold_months(tx: AsyncConnection) -> None:
    """Nobody else freezes or adjusts until the transaction ends."""
    await tx.execute(_ONE_AT_A_TIME)


async def frozen_months(tx: AsyncConnection) -> dict[str, datetime]:
    """When each month was frozen."""
    rows = await tx.execute(select(kpi_months).order_by(kpi_months.c.month))
    return {row.month: row.frozen_at for row in rows}


async def freeze(
    tx: AsyncConnection, month: str, figures: Mapping[tuple[str, Scope], Figure], *, at: datetime, by: str
) -> None:
    await tx.execute(insert(kpi_months).values(month=month, frozen_at=at, frozen_by=by))
    rows = [
        {"month": month, "kpi": kpi, **_columns(scope), "n": figure.n, "total": figure.total, "p90": figure.p90}
        for (kpi, scope), figure in figures.items()
    ]
    if rows:
        await tx.execute(insert(kpi_snapshots), rows)


async def adjust(tx: AsyncConnection, month: str, found: Sequence[Adjustment], *, number: int, at: datetime) -> None:
    """Add one round of adjustment lines."""
    rows = [
        {"month": month, "number": number, "kpi": line.kpi, **_columns(line.scope), "found_at": at}
        | {"n": line.n, "total": line.total, "p90": line.p90}
        for line in found
    ]
    if rows:
        await tx.execute(insert(kpi_adjustments), rows)


async def snapshot(tx: AsyncConnection, month: str) -> dict[tuple[str, Scope], Figure]:
    """The month as it was frozen."""
    rows = await tx.execute(select(kpi_snapshots).where(kpi_snapshots.c.month == month))
    return {(row.kpi, _scope(row)): Figure(row.n, row.total, row.p90) for row in rows}


async def adjustment_rows(tx: AsyncConnection, month: str) -> Sequence[Row[Any]]:
    """The adjustment lines of a month, oldest first."""
    query = select(kpi_adjustments).where(kpi_adjustments.c.month == month)
    return (await tx.execute(query.order_by(kpi_adjustments.c.number))).all()


def adjustment(row: Row[Any]) -> Adjustment:
    return Adjustment(row.kpi, _scope(row), row.n, row.total, row.p90)


async def weights(tx: AsyncConnection) -> Sequence[Row[Any]]:
    """Every version of scorecard weights, oldest first."""
    return (await tx.execute(select(scorecard_weights).order_by(scorecard_weights.c.version))).all()


async def add_weights(tx: AsyncConnection, **values: Any) -> None:
    await tx.execute(insert(scorecard_weights).values(values))


def _columns(scope: Scope) -> dict[str, str]:
    return {"scope_kind": scope.kind, "scope_id": scope.scope_id, "branch_id": scope.branch_id}


def _scope(row: Row[Any]) -> Scope:
    return Scope(row.scope_kind, row.scope_id, row.branch_id)
