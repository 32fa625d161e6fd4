"""Plans of stock and their proposals, what shelves have and wait for, and how stock is made up."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, false, func, insert, select, text, true, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from services.parts.store.catalogue import unlimited
from services.parts.tables import part, past_demand, place, proposal, stock, stock_plan, transfer, transfer_line

AGES = text(
    """SELECT part, age, CAST(sum(pieces) AS bigint) AS pieces, unit_cost_fen FROM (
        SELECT part, least(quantity, balance - before) AS pieces, width_bucket(
            CAST(floor(extract(epoch FROM CAST(:until AS timestamptz) - effective_at) / 86400) * 12 / 365 AS float8),
            CAST(:uppers AS float8[])) AS age
        FROM (SELECT part, quantity, effective_at, sum(quantity) OVER shelf AS balance,
            sum(quantity) FILTER (WHERE quantity > 0) OVER (shelf ORDER BY effective_at DESC, id DESC) - quantity
            AS before
            FROM movement WHERE place_id = ANY(:places) AND effective_at < :until
            WINDOW shelf AS (PARTITION BY place_id, part)) AS came
        WHERE quantity > 0 AND before < balance) AS there
    JOIN part USING (part) GROUP BY part, age, unit_cost_fen"""
)
"""The pieces on the shelves at an instant by part and class of age, as if the oldest left first."""


def visible_plans(caller: Principal) -> ColumnElement[bool]:
    """A branch sees its own plans."""
    if unlimited(caller):
        return true()
    return stock_plan.c.branch_id == caller.branch_id if caller.branch_id is not None else false()


async def add(tx: AsyncConnection, values: dict[str, Any]) -> None:
    await tx.execute(insert(stock_plan).values(values))


async def by_id(tx: AsyncConnection, plan_id: str, which: ColumnElement[bool] | None = None) -> Row[Any] | None:
    query = select(stock_plan).where(stock_plan.c.id == plan_id)
    return (await tx.execute(query if which is None else query.where(which))).first()


async def newest(
    tx: AsyncConnection, which: ColumnElement[bool], *, branch_id: str | None, before: str | None, limit: int
) -> Sequence[Row[Any]]:
    """Plans of a branch, or all, newest first; `before` is the id of the last of the page before."""
    if branch_id is not None:
        which &= stock_plan.c.branch_id == branch_id
    if before is not None:
        which &= stock_plan.c.id < before
    return (await tx.execute(select(stock_plan).where(which).order_by(stock_plan.c.id.desc()).limit(limit))).all()


async def finish(
    tx: AsyncConnection, plan_id: str, values: dict[str, Any], proposals: Sequence[dict[str, Any]] = ()
) -> None:
    """Only a plan that is still queued: a job that was given to two workers ends once."""
    mine = (stock_plan.c.id == plan_id) & (stock_plan.c.state == "queued")
    ended = await tx.execute(update(stock_plan).where(mine).values(values).returning(stock_plan.c.id))
    if ended.first() is not None and proposals:
        await tx.execute(insert(proposal), [{"plan_id": plan_id, **one} for one in proposals])


# --- proposals ------------------------------------------------------------------------------------------------------


async def proposals(
    tx: AsyncConnection,
    plan_id: str,
    which: ColumnElement[bool],
    *,
    state: str | None = None,
    after: tuple[str, str] = ("", ""),
    limit: int | None = None,
    lock: bool = False,
) -> Sequence[Row[Any]]:
    """Proposals for places within `which` with the names of the parts, by place and part."""
    mine = (proposal.c.plan_id == plan_id) & which
    if state is not None:
        mine &= proposal.c.state == state
    if after != ("", ""):
        mine &= tuple_(proposal.c.place_id, proposal.c.part) > tuple_(*after)
    columns = (proposal, part.c.name_zh, part.c.name_en, place.c.name.label("place_name"))
    query = select(*columns).join(part, part.c.part == proposal.c.part)
    query = query.join(place, place.c.place_id == proposal.c.place_id).where(mine)
    query = query.order_by(proposal.c.place_id, proposal.c.part).limit(limit)
    return (await tx.execute(query.with_for_update(of=proposal) if lock else query)).all()


async def settle(
    tx: AsyncConnection, plan_id: str, keys: Collection[tuple[str, str]], *, state: str, transfer_id: str | None
) -> None:
    """`keys`: place and part."""
    for place_id, number in sorted(keys):
        mine = (proposal.c.plan_id == plan_id) & (proposal.c.place_id == place_id) & (proposal.c.part == number)
        await tx.execute(update(proposal).where(mine).values(state=state, transfer_id=transfer_id))


# --- what is there --------------------------------------------------------------------------------------------------


async def positions(tx: AsyncConnection, places: Collection[str]) -> Mapping[tuple[str, str], tuple[int, int]]:
    """By place and part: pieces free there; pieces on order or on their way to it, less those ordered from it."""
    free: dict[tuple[str, str], list[int]] = {}
    columns: tuple[Any, ...] = (stock.c.place_id, stock.c.part, stock.c.on_hand - stock.c.claimed)
    for place_id, number, pieces in await tx.execute(select(*columns).where(stock.c.place_id.in_(places))):
        free[place_id, number] = [pieces, 0]
    moving = select(transfer, transfer_line.c.part, transfer_line.c.quantity).join(transfer_line)
    for row in await tx.execute(moving.where(transfer.c.state.in_(("ordered", "shipped")))):
        free.setdefault((row.to_place_id, row.part), [0, 0])[1] += row.quantity
        if row.state == "ordered":
            free.setdefault((row.from_place_id, row.part), [0, 0])[1] -= row.quantity
    return {key: (there, coming) for key, (there, coming) in free.items()}


async def planned_places(tx: AsyncConnection, which: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """Depots and station shelves within `which`."""
    mine = place.c.kind.in_(("depot", "station")) & which
    return (await tx.execute(select(place).where(mine).order_by(place.c.place_id))).all()


async def used(
    tx: AsyncConnection, which: ColumnElement[bool], *, since: date, until: date, limit: int | None = None
) -> Sequence[Row[Any]]:
    """By part, over the shelves within `which` and the months of [since, until): pieces, months, shelves, value."""
    pieces = past_demand.c.booked + past_demand.c.imported
    columns: tuple[Any, ...] = (
        part.c.part,
        part.c.name_zh,
        part.c.name_en,
        func.sum(pieces).label("pieces"),
        func.count(func.distinct(past_demand.c.month)).label("months"),
        func.count(func.distinct(past_demand.c.place_id)).label("shelves"),
        (func.sum(pieces) * part.c.unit_cost_fen).label("value_fen"),
    )
    mine = (past_demand.c.month >= since) & (past_demand.c.month < until)
    mine &= past_demand.c.place_id.in_(select(place.c.place_id).where(which)) & (pieces > 0)
    query = select(*columns).join(past_demand, past_demand.c.part == part.c.part).where(mine)
    query = query.group_by(part.c.part).order_by(func.sum(pieces).desc(), part.c.part).limit(limit)
    return (await tx.execute(query)).all()


async def ages(
    tx: AsyncConnection, places: Sequence[str], *, until: datetime, uppers: Sequence[int]
) -> Sequence[Row[Any]]:
    """By part and `age`, the number of `uppers` (months) that the pieces have lain for or longer."""
    return (await tx.execute(AGES, {"places": list(places), "until": until, "uppers": list(uppers)})).all()
