"""The catalogue, the stock places, and who may see which place."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Text, cast, false, func, or_, select, text, true, union_all, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from services.parts.domain.fitting import Rule
from services.parts.domain.substitution import Step, wants_judgement
from services.parts.tables import (
    courier_lane,
    fit,
    part,
    place,
    station_hours,
    stock,
    substitute,
    territory,
    work_order,
)


def unlimited(caller: Principal) -> bool:
    """Whether the caller's scope is the whole network."""
    return caller.role in ("admin", "auditor", "service") or (caller.role == "system" and caller.branch_id is None)


_OWN_HOURS = place.c.opens.is_not(None) | place.c.closes.is_not(None)
_OF_STATION = (station_hours.c.station_id == place.c.station_id) & (place.c.kind == "station") & ~_OWN_HOURS
_HOURS = [func.coalesce(place.c[name], station_hours.c[name]).label(name) for name in ("opens", "closes")]
_PLACES = select(*(column for column in place.c if column.name not in ("opens", "closes")), *_HOURS).select_from(
    place.outerjoin(station_hours, _OF_STATION)
)
"""Places; the shelf of a station that has no hours of its own is open when the station is."""


def visible(caller: Principal) -> ColumnElement[bool]:
    """The places that the caller may see: their own and, for branches, the central depots."""
    if unlimited(caller):
        return true()
    if caller.role in ("dispatcher", "system") and caller.branch_id is not None:
        return of_branch_or_central(caller.branch_id)
    return _own(caller)


def within(caller: Principal, branch_id: str | None) -> ColumnElement[bool]:
    """The places that the caller may see; of one branch's territories only where it is named."""
    return visible(caller) if branch_id is None else visible(caller) & of_branch(branch_id)


def writable(caller: Principal) -> ColumnElement[bool]:
    """The places whose stock the caller may count or move: like `visible`, but a branch has no central depot."""
    if caller.branch_id is not None and caller.role in ("dispatcher", "system"):
        return of_branch(caller.branch_id)
    return false() if caller.role == "auditor" else visible(caller)


def orderable(caller: Principal) -> ColumnElement[bool]:
    """The places from which the caller may order a transfer: a station also orders from the depots around it."""
    if caller.role != "station" or caller.station_id is None:
        return visible(caller)
    around = select(place.c.territory_id).where(place.c.station_id == caller.station_id)
    depots = (place.c.kind == "depot") & (place.c.territory_id.is_(None) | place.c.territory_id.in_(around))
    return visible(caller) | depots


def visible_orders(caller: Principal) -> ColumnElement[bool]:
    """The orders whose parts the caller may see."""
    if unlimited(caller):
        return true()
    if caller.role in ("dispatcher", "system") and caller.branch_id is not None:
        return work_order.c.branch_id == caller.branch_id
    return work_order.c.station_id == caller.station_id if caller.role == "station" else false()


def orders_within(caller: Principal, branch_id: str | None) -> ColumnElement[bool]:
    """The orders whose parts the caller may see; of one branch only where it is named."""
    return (
        visible_orders(caller) if branch_id is None else visible_orders(caller) & (work_order.c.branch_id == branch_id)
    )


def of_branch(branch_id: str) -> ColumnElement[bool]:
    return place.c.territory_id.in_(select(territory.c.territory_id).where(territory.c.branch_id == branch_id))


def of_branch_or_central(branch_id: str) -> ColumnElement[bool]:
    return place.c.territory_id.is_(None) | of_branch(branch_id)


def _own(caller: Principal) -> ColumnElement[bool]:
    if caller.role == "station" and caller.station_id is not None:
        return place.c.station_id == caller.station_id
    if caller.role == "engineer" and caller.engineer_id is not None:
        return place.c.engineer_id == caller.engineer_id
    return false()


async def territories_of_branch(tx: AsyncConnection, branch_id: str) -> set[str]:
    query = select(territory.c.territory_id).where(territory.c.branch_id == branch_id)
    return set((await tx.scalars(query)).all())


async def sees_territory(tx: AsyncConnection, caller: Principal, territory_id: str) -> bool:
    """Whether the territory lies within the caller's scope: its branch's, or the one of its own shelf."""
    if unlimited(caller):
        return True
    if caller.role in ("dispatcher", "system") and caller.branch_id is not None:
        return territory_id in await territories_of_branch(tx, caller.branch_id)
    mine = select(place.c.place_id).where((place.c.territory_id == territory_id) & _own(caller)).limit(1)
    return (await tx.execute(mine)).first() is not None


async def known_parts(tx: AsyncConnection, parts: Collection[str]) -> dict[str, int]:
    """Unit cost in fen of those of `parts` that are in the catalogue."""
    query = select(part.c.part, part.c.unit_cost_fen).where(part.c.part.in_(parts))
    return {row.part: row.unit_cost_fen for row in await tx.execute(query)}


async def names_of(tx: AsyncConnection, parts: Collection[str]) -> dict[str, tuple[str, str]]:
    """Chinese and English name of those of `parts` that are in the catalogue."""
    query = select(part.c.part, part.c.name_zh, part.c.name_en).where(part.c.part.in_(parts))
    return {row.part: (row.name_zh, row.name_en) for row in await tx.execute(query)}


async def core_deposits(tx: AsyncConnection, parts: Collection[str]) -> dict[str, int]:
    """Deposit in fen of those of `parts` whose worn piece is owed."""
    query = select(part.c.part, part.c.core_deposit_fen).where(part.c.part.in_(parts) & (part.c.core_deposit_fen > 0))
    return {row.part: row.core_deposit_fen for row in await tx.execute(query)}


async def known_places(
    tx: AsyncConnection, places: Collection[str], which: ColumnElement[bool] | None = None
) -> dict[str, str | None]:
    """The territory of those of `places` that exist (and lie within `which`)."""
    query = select(place.c.place_id, place.c.territory_id).where(place.c.place_id.in_(places))
    rows = await tx.execute(query if which is None else query.where(which))
    return {row.place_id: row.territory_id for row in rows}


async def place_by_id(tx: AsyncConnection, place_id: str, which: ColumnElement[bool]) -> Row[Any] | None:
    return (await tx.execute(_PLACES.where((place.c.place_id == place_id) & which))).first()


async def van_of(tx: AsyncConnection, engineer_id: str) -> str | None:
    """The stock place that is the engineer's van."""
    mine = (place.c.engineer_id == engineer_id) & (place.c.kind == "van")
    query = select(place.c.place_id).where(mine).order_by(place.c.place_id).limit(1)
    return (await tx.execute(query)).scalar_one_or_none()


async def vans(tx: AsyncConnection, engineers: Collection[str]) -> dict[str, str]:
    """Van by engineer."""
    mine = place.c.engineer_id.in_(engineers) & (place.c.kind == "van")
    rows = await tx.execute(select(place).where(mine).order_by(place.c.place_id.desc()))
    return {row.engineer_id: row.place_id for row in rows}


async def places_of_territory(tx: AsyncConnection, territory_id: str) -> Sequence[Row[Any]]:
    """The territory's own places and the central depots."""
    mine = or_(place.c.territory_id == territory_id, place.c.territory_id.is_(None))
    return (await tx.execute(_PLACES.where(mine).order_by(place.c.place_id))).all()


async def lanes(tx: AsyncConnection, places: Collection[str]) -> Sequence[Row[Any]]:
    query = select(courier_lane).where(courier_lane.c.place_id.in_(places))
    return (await tx.execute(query.order_by(courier_lane.c.place_id))).all()


async def steps_from(tx: AsyncConnection, parts: Collection[str]) -> list[Step]:
    """Every step of substitution that some chain from one of `parts` can take.

    Approved is what may be used: a step to a rebuilt part for which nobody has said why is not.
    """
    back = substitute.c.kind == "interchange"
    ways = union_all(
        select(substitute.c.part, substitute.c.substitute),
        select(substitute.c.substitute, substitute.c.part).where(back),
    ).subquery()
    asked = func.unnest(cast(sorted(parts), ARRAY(Text))).table_valued("part", name="asked").render_derived()
    reached = select(asked.c.part).cte("reached", recursive=True)
    reached = reached.union(select(ways.c.substitute).join(reached, ways.c.part == reached.c.part))
    inside = select(reached.c.part)
    old, new = part.alias("old"), part.alias("new")
    rebuilt = (old.c.remanufactured.label("from_rebuilt"), new.c.remanufactured.label("to_rebuilt"))
    query = select(substitute, *rebuilt).join(old, old.c.part == substitute.c.part)
    query = query.join(new, new.c.part == substitute.c.substitute)
    query = query.where(substitute.c.part.in_(inside) | (back & substitute.c.substitute.in_(inside)))
    rows = await tx.execute(query.order_by(substitute.c.part, substitute.c.substitute))
    return [_step(row) for row in rows]


def _step(row: Row[Any]) -> Step:
    unjudged = not row.judged and wants_judgement(row.kind, from_rebuilt=row.from_rebuilt, to_rebuilt=row.to_rebuilt)
    return Step(row.part, row.substitute, row.kind, approved=row.approved and not unjudged)


async def lock_substitutes(tx: AsyncConnection) -> None:
    """Two imports that look for loops take turns: each alone may be free of them, both together not. Nobody approves
    meanwhile."""
    await tx.execute(text("LOCK TABLE substitute IN SHARE ROW EXCLUSIVE MODE"))


async def successors(tx: AsyncConnection) -> dict[str, str]:
    """What each superseded part is superseded by."""
    query = select(substitute.c.part, substitute.c.substitute).where(substitute.c.kind == "supersession")
    return {row.part: row.substitute for row in await tx.execute(query)}


async def substitutes_of(tx: AsyncConnection, parts: Collection[str]) -> dict[tuple[str, str], Row[Any]]:
    """What is known of the substitutes of `parts`, by part and substitute."""
    rows = await tx.execute(select(substitute).where(substitute.c.part.in_(parts)))
    return {(row.part, row.substitute): row for row in rows}


async def rebuilt(tx: AsyncConnection, parts: Collection[str]) -> set[str]:
    """Those of `parts` that are remanufactured."""
    return set((await tx.scalars(select(part.c.part).where(part.c.part.in_(parts) & part.c.remanufactured))).all())


async def set_approved(tx: AsyncConnection, number: str, other: str, *, approved: bool) -> bool:
    """Somebody has judged it. False when there is no such substitute."""
    mine = (substitute.c.part == number) & (substitute.c.substitute == other)
    judged = update(substitute).where(mine).values(approved=approved, judged=True)
    return (await tx.execute(judged)).rowcount == 1


async def rules_of(tx: AsyncConnection, parts: Collection[str]) -> dict[str, list[Rule]]:
    """Rules of fit by part, of those that have any."""
    found: dict[str, list[Rule]] = {}
    for row in await tx.execute(select(fit).where(fit.c.part.in_(parts)).order_by(fit.c.part, fit.c.model, fit.c.rule)):
        rule = Rule(row.model, row.configuration, row.serial_from, row.serial_until)
        found.setdefault(row.part, []).append(rule)
    return found


async def units_in_use(tx: AsyncConnection, parts: Collection[str]) -> dict[str, str]:
    """Unit of those of `parts` that have been stocked: their ledger counts in it."""
    used = select(stock.c.part).where(stock.c.part == part.c.part).exists()
    rows = await tx.execute(select(part.c.part, part.c.unit).where(part.c.part.in_(parts) & used))
    return {row.part: row.unit for row in rows}


_PARTS = select(part, select(fit.c.part).where(fit.c.part == part.c.part).exists().label("ruled"))


async def part_by_number(tx: AsyncConnection, number: str) -> Row[Any] | None:
    """A part, and whether rules say which machines it fits (`ruled`)."""
    return (await tx.execute(_PARTS.where(part.c.part == number))).first()


async def list_parts(
    tx: AsyncConnection,
    *,
    words: str,
    model: str | None = None,
    numbers: Collection[str] = (),
    after: str,
    limit: int,
) -> Sequence[Row[Any]]:
    """Parts by number (as `part_by_number` reads one) whose number or a name contains `words`; with `model`, those that
    have a rule for it; with `numbers`, of these only."""
    wanted = part.c.part > after
    if numbers:
        wanted &= part.c.part.in_(numbers)
    if model is not None:
        wanted &= part.c.part.in_(select(fit.c.part).where(fit.c.model == model))
    if words:
        wanted &= or_(*(column.icontains(words, autoescape=True) for column in (part.c.part, *_NAMES)))
    return (await tx.execute(_PARTS.where(wanted).order_by(part.c.part).limit(limit))).all()


_NAMES = (part.c.name_zh, part.c.name_en)


async def list_places(
    tx: AsyncConnection,
    which: ColumnElement[bool],
    *,
    territory_id: str | None,
    kind: str | None,
    after: str,
    limit: int,
) -> Sequence[Row[Any]]:
    wanted = which & (place.c.place_id > after)
    if territory_id is not None:
        wanted &= place.c.territory_id == territory_id
    if kind is not None:
        wanted &= place.c.kind == kind
    return (await tx.execute(_PLACES.where(wanted).order_by(place.c.place_id).limit(limit))).all()


async def station_shelves(tx: AsyncConnection, places: Collection[str], which: ColumnElement[bool]) -> set[str]:
    """Those of `places` within `which` that are the shelf of a station."""
    mine = place.c.place_id.in_(places) & (place.c.kind == "station") & which
    return set((await tx.scalars(select(place.c.place_id).where(mine))).all())
