"""The months of KPIs: measured while they run, frozen when they are over, adjusted by what is told later."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.journal import append
from kit.kpis import figures
from kit.months import month_span
from kit.problems import Conflict, Invalid
from services.orders.context import MEASURING, Orders
from services.orders.domain.kpis import (
    Adjustment,
    Figure,
    Kpi,
    Scope,
    added_up,
    adjusted,
    adjustments,
    months_in,
)
from services.orders.domain.told import ZONE
from services.orders.facts import MonthAdjusted, MonthFrozen
from services.orders.store import orders as order_store
from services.orders.store.kpis import measuring, snapshots
from services.orders.store.kpis.definitions import KPIS
from services.orders.store.kpis.sums import AS_KPIS, SUMS

FREEZE_AFTER = timedelta(days=3)
"""A month is frozen so long after its end, when most phones have sent what they had."""
ADJUSTED_MONTHS = 13
"""So many frozen months are looked through for adjustments; older ones have had their last word."""


@dataclass(frozen=True, slots=True)
class FrozenLine:
    """An adjustment line and when it was found."""

    line: Adjustment
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Month:
    """The figures of a month as they are now; `frozen` is what they were when it was frozen."""

    month: str
    figures: Mapping[tuple[str, Scope], Figure]
    frozen_at: datetime | None
    frozen: Mapping[tuple[str, Scope], Figure]
    lines: tuple[FrozenLine, ...]
    silent: tuple[str, ...] = ()
    """The services whose figures are missing: they could not be asked."""


async def month_figures(context: Orders, month: str) -> Month:
    """A frozen month from its snapshot and lines, any other one measured now."""
    async with context.db.read() as tx:
        frozen_at = (await snapshots.frozen_months(tx)).get(month)
        if frozen_at is not None:
            return await _frozen_month(tx, month, frozen_at)
        own = await measure(tx, month, now=context.clock.now())
    told = await context.neighbour_kpis.month(month)
    return Month(month, own | dict(told.figures), None, {}, (), told.silent)


async def period_figures(context: Orders, period: str) -> Month:
    """The figures of a month, or of a quarter as the sum of its months that have begun.

    A quarter is frozen when its three months are. Raises Invalid for a period that has not begun.
    """
    now = context.clock.now()
    begun = [month for month in months_in(period) if month_span(month)[0] <= now]
    if not begun:
        raise Invalid(f"{period} has not begun")
    months = [await month_figures(context, month) for month in begun]
    if "Q" not in period:
        return months[0]
    frozen_at = [month.frozen_at for month in months if month.frozen_at is not None]
    return Month(
        month=period,
        figures=added_up([month.figures for month in months]),
        frozen_at=max(frozen_at) if len(frozen_at) == len(months_in(period)) else None,
        frozen=added_up([month.frozen for month in months]),
        lines=tuple(line for month in months for line in month.lines),
        silent=tuple(sorted({service for month in months for service in month.silent})),
    )


async def _frozen_month(tx: AsyncConnection, month: str, frozen_at: datetime) -> Month:
    frozen = await snapshots.snapshot(tx, month)
    rows = await snapshots.adjustment_rows(tx, month)
    lines = tuple(FrozenLine(snapshots.adjustment(row), row.found_at) for row in rows)
    return Month(month, adjusted(frozen, [line.line for line in lines]), frozen_at, frozen, lines)


async def measure(tx: AsyncConnection, month: str, *, now: datetime) -> dict[tuple[str, Scope], Figure]:
    """Every KPI of our own of a month as it is known now."""
    begin, until = month_span(month)
    found: dict[tuple[str, Scope], Figure] = {}
    for kpi in KPIS.values():
        found |= await measuring.figures(tx, kpi, begin=begin, until=until, now=now)
    for one in await figures(tx, SUMS, begin=begin, until=until, now=now):
        found[one.kpi, Scope(one.kind, one.scope_id, one.branch_id)] = Figure(one.n, one.total, one.p90)
    return found


async def freeze_month(context: Orders, month: str, *, by: str) -> None:
    """Freeze a month that is over, with what the other services measured of it.

    Raises Invalid while it runs, Conflict when it is frozen, NeighbourDown when one of them does not answer.
    """
    now = context.clock.now()
    if now < month_span(month)[1]:
        raise Invalid(f"{month} is not over yet: what would be frozen would be wrong")
    told = (await context.neighbour_kpis.month(month)).complete()
    async with context.db.transaction() as tx:
        await snapshots.hold_months(tx)
        if month in await snapshots.frozen_months(tx):
            raise Conflict(f"{month} is frozen already; what is told later becomes adjustment lines")
        measured = await measure(tx, month, now=now)
        await snapshots.freeze(tx, month, measured | dict(told), at=now, by=by)
        await append(tx, MonthFrozen(month=month), subject=month, actor=by)


async def adjust_month(context: Orders, month: str, *, by: str) -> int:
    """Add what facts since the freeze change; how many lines that are. Doing it again adds none.

    Raises NeighbourDown when a service does not answer.
    """
    now = context.clock.now()
    told = (await context.neighbour_kpis.month(month)).complete()
    async with context.db.transaction() as tx:
        await snapshots.hold_months(tx)
        rows = await snapshots.adjustment_rows(tx, month)
        known = adjusted(await snapshots.snapshot(tx, month), [snapshots.adjustment(row) for row in rows])
        found = adjustments(known, await measure(tx, month, now=now) | dict(told))
        number = rows[-1].number + 1 if rows else 1
        await snapshots.adjust(tx, month, found, number=number, at=now)
        if found:
            await append(tx, MonthAdjusted(month=month, lines=len(found)), subject=month, actor=by)
    return len(found)


async def keep_books(context: Orders, *, by: str) -> None:
    """Freeze every month that has been over for long enough, then adjust the frozen ones."""
    now = context.clock.now()
    async with context.db.read() as tx:
        frozen = await snapshots.frozen_months(tx)
        first = await order_store.first_report(tx)
    for month in months_between(first, now - FREEZE_AFTER):
        if month not in frozen:
            await freeze_month(context, month, by=by)
    for month in sorted(frozen)[-ADJUSTED_MONTHS:]:
        await adjust_month(context, month, by=by)


def all_kpis(context: Orders) -> dict[str, Kpi]:
    """Our own definitions and those that the other services have told, in the order of the report."""
    return KPIS | AS_KPIS | context.neighbour_kpis.definitions


async def know_all(context: Orders) -> tuple[str, ...]:
    """Have every service tell its definitions, unless it has; those that could not be asked."""
    told = {kpi.service for kpi in context.neighbour_kpis.definitions.values()}
    if told >= set(MEASURING):
        return ()
    return (await context.neighbour_kpis.month(f"{context.clock.now().astimezone(ZONE):%Y-%m}")).silent


def months_between(first: datetime | None, until: datetime) -> list[str]:
    """The months from that of `first` on that are over at `until`."""
    found: list[str] = []
    if first is None:
        return found
    day = first.astimezone(ZONE).date().replace(day=1)
    last = until.astimezone(ZONE).date().replace(day=1)
    while day < last:
        found.append(f"{day:%Y-%m}")
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return found


def sees(caller: Principal, scope: Scope) -> bool:
    """Whether a figure is the caller's to see: their own, their branch's, or everybody's for the network's people."""
    if caller.role == "station":
        return scope.kind == "station" and scope.scope_id == caller.station_id
    if caller.role == "engineer":
        return scope.kind == "engineer" and scope.scope_id == caller.engineer_id
    return caller.branch_id is None or scope.branch_id == caller.branch_id
