"""The catalogue, the stock places, and who may see which place."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from services.parts.tables import courier_lane, part, place, substitute, territory, work_order


def unlimited(caller: Principal) -> bool:
    """Whether the caller's scope is the whole network."""
    return caller.role in ("admin", "auditor", "service") or (caller.role == "system" and caller.branch_id is None)


def visible(caller: Principal) -> ColumnElement[bool]:
    """The places that the caller may see: their own and, for branches, the central depots."""
    if unlimited(caller):
        return true()
    if caller.role in ("dispatcher", "system") and caller.branch_id is not None:
        return place.c.territory_id.is_(None) | _of_branch(caller.branch_id)
    return _own(caller)


def writable(caller: Principal) -> ColumnElement[bool]:
    """The places whose stock the caller may count or move: like `visible`, but a branch has no central depot."""
    if caller.branch_id is not None and caller.role in ("dispatcher", "system"):
        return _of_branch(caller.branch_id)
    return false() if caller.role == "auditor" else visible(caller)


def visible_orders(caller: Principal) -> ColumnElement[bool]:
    """The orders whose parts the caller may see."""
    if unlimited(caller):
        return true()
    if caller.role in ("dispatcher", "system") and caller.branch_id is not None:
        return work_order.c.branch_id == caller.branch_id
    return work_order.c.station_id == caller.station_id if caller.role == "station" else false()


def _of_branch(branch_id: str) -> ColumnElement[bool]:
    return place.c.territory_id.in_(select(territory.c.territory_id).where(territory.c.branch_id == branch_id))


def _own(caller: Principal) -> ColumnElement[bool]:
    if caller.role == "station" and caller.station_id is not None:
        return place.c.station_id == caller.station_id
    if caller.role == "engineer" and caller.engineer_id is not None:
        return place.c.engineer_id == caller.engineer_id
    return false()


async def territories_of_branch(tx: AsyncConnection, branch_id: str) -> set[str]:
    query = select(territory.c.territory_id).where(territory.c.branch_id == branch_id)
    return set((await tx.scalars(query)).all())


async def known_parts(tx: AsyncConnection, parts: Collection[str]) -> dict[str, int]:
    """Unit cost in fen of those of `parts` that are in the catalogue."""
    query = select(part.c.part, part.c.unit_cost_fen).where(part.c.part.in_(parts))
    return {row.part: row.unit_cost_fen for row in await tx.execute(query)}


async def known_places(
    tx: AsyncConnection, places: Collection[str], which: ColumnElement[bool] | None = None
) -> dict[str, str | None]:
    """The territory of those of `places` that exist (and lie within `which`)."""
    query = select(place.c.place_id, place.c.territory_id).where(place.c.place_id.in_(places))
    rows = await tx.execute(query if which is None else query.where(which))
    return {row.place_id: row.territory_id for row in rows}


async def place_by_id(tx: AsyncConnection, place_id: str, which: ColumnElement[bool]) -> Row[Any] | None:
    return (await tx.execute(select(place).where((place.c.place_id == place_id) & which))).first()


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
    return (await tx.execute(select(place).where(mine).order_by(place.c.place_id))).all()


async def lanes(tx: AsyncConnection, places: Collection[str]) -> Sequence[Row[Any]]:
    query = select(courier_lane).where(courier_lane.c.place_id.in_(places))
    return (await tx.execute(query.order_by(courier_lane.c.place_id))).all()


async def substitutes(tx: AsyncConnection, parts: Collection[str]) -> Sequence[Row[Any]]:
    query = select(substitute).where(substitute.c.part.in_(parts))
    return (await tx.execute(query.order_by(substitute.c.part, substitute.c.substitute))).all()


async def part_by_number(tx: AsyncConnection, number: str) -> Row[Any] | None:
    return (await tx.execute(select(part).where(part.c.part == number))).first()


async def list_parts(tx: AsyncConnection, *, words: str, after: str, limit: int) -> Sequence[Row[Any]]:
    """Parts by number whose number or a name contains `words`."""
    wanted = part.c.part > after
    if words:
        wanted &= or_(*(column.icontains(words, autoescape=True) for column in (part.c.part, *_NAMES)))
    return (await tx.execute(select(part).where(wanted).order_by(part.c.part).limit(limit))).all()


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
    return (await tx.execute(select(place).where(wanted).order_by(place.c.place_id).limit(limit))).all()
