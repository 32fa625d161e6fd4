"""Are stations as strong as their level and grade ask, and who is lent where for how long."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from psycopg.errors import ExclusionViolation
from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.context import Context
from kit.ids import new_id
from kit.problems import Conflict, Invalid, NotFound
from services.stations.domain import POSTS, Post, Span
from services.stations.gateways import stock_values
from services.stations.store import network, people
from services.stations.store import strength as store
from services.stations.use_cases.imports import tell_changes, tell_stations

Resource = Literal["engineers", "senior_engineers", "key_posts", "vans", "tools", "experts", "stock_fen"]
RESOURCES: tuple[Resource, ...] = get_args(Resource)
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Standard:
    """The `least` of each resource that a station of a level and grade has, and the kinds of work that it may be given
    (None: all)."""

    level: int
    grade: str
    least: Mapping[Resource, int]
    permits: Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Lack:
    """A station has `has` of a resource of which its standard asks `least`."""

    resource: Resource
    least: int
    has: int


@dataclass(frozen=True)
class StationStrength:
    """What a station lacks, the largest share first; `standard` is False when none is set for its level and grade."""

    station: Row[Any]
    standard: bool
    lacks: list[Lack]

    @property
    def vacant(self) -> list[Post]:
        """The key posts without a holder, when the standard asks for more of them than are held."""
        lacking = any(one.resource == "key_posts" for one in self.lacks)
        return [post for post in POSTS if post not in self.station.posts] if lacking else []


async def set_standard(tx: AsyncConnection, caller: Principal, standard: Standard) -> None:
    """The whole standard anew. Where other work is permitted than before, territories are planned anew."""
    await store.replace_standard(tx, level=standard.level, grade=standard.grade, least=standard.least)
    changed = await store.permit(tx, level=standard.level, grade=standard.grade, permits=standard.permits)
    await tell_stations(tx, changed, actor=caller.actor)


async def gaps(context: Context, caller: Principal, *, branch_id: str | None) -> list[StationStrength]:
    """Every station within the scope against its standard, those that lack most first. Raises NeighbourDown."""
    async with context.db.read() as tx:
        which = network.visible_stations(caller)
        stations = [
            row for row in await store.stations_within(tx, which) if branch_id is None or row.branch_id == branch_id
        ]
        today = context.clock.now().astimezone(ZONE).date()
        counted = await store.counts(tx, [row.station_id for row in stations], today)
        least: defaultdict[tuple[int, str], dict[Resource, int]] = defaultdict(dict)
        for row in await store.standards(tx):
            least[row.level, row.grade][row.resource] = row.least
    asks_stock = any("stock_fen" in asked for asked in least.values())
    stock = await stock_values(context) if asks_stock else {}
    found = []
    for row in stations:
        has: dict[Resource, int] = {
            name: getattr(counted[row.station_id], name) for name in RESOURCES if name not in ("key_posts", "stock_fen")
        }
        has |= {"key_posts": len(row.posts), "stock_fen": stock.get(row.station_id, 0)}
        asked = least.get((row.level, row.grade), {})
        lacks = [Lack(name, wanted, has[name]) for name, wanted in asked.items() if has[name] < wanted]
        lacks.sort(key=lambda one: (one.has / one.least, one.resource))
        found.append(StationStrength(row, bool(asked), lacks))
    return sorted(found, key=lambda one: (-len(one.lacks), one.station.station_id))


# --- secondments ----------------------------------------------------------------------------------------------------


async def second(
    tx: AsyncConnection,
    caller: Principal,
    *,
    engineer_id: str,
    territory_id: str,
    span: Span,
    reason: str,
    reinforcement_id: str | None,
) -> str:
    """Lend an engineer to another territory; the secondment's id. Both territories are planned anew.

    Raises NotFound (both must lie in the scope), Invalid (at home there, another territory's reinforcement), Conflict
    (lent already in that time).
    """
    row = await people.engineer_by_id(tx, engineer_id, people.visible_engineers(caller))
    if row is None:
        raise NotFound(f"there is no engineer {engineer_id}")
    if await network.territory_with_branch(tx, territory_id, network.visible_territories(caller)) is None:
        raise NotFound(f"there is no territory {territory_id}")
    if row.territory_id == territory_id:
        raise Invalid(f"{engineer_id} is at home in {territory_id}", pointer="/territory_id")
    if reinforcement_id is not None:
        asked = await store.reinforcement_by_id(tx, reinforcement_id)
        if asked is None or asked.territory_id != territory_id:
            raise Invalid(f"{territory_id} has no reinforcement {reinforcement_id}", pointer="/reinforcement_id")
    secondment_id = new_id()
    values: dict[str, Any] = {
        "id": secondment_id,
        "engineer_id": engineer_id,
        "territory_id": territory_id,
        "reason": reason,
    }
    values |= {"start": span.start, "end": span.end, "reinforcement_id": reinforcement_id, "actor": caller.actor}
    try:
        async with tx.begin_nested():
            await store.add_secondment(tx, values)
    except IntegrityError as error:
        if isinstance(error.orig, ExclusionViolation):
            raise Conflict(f"{engineer_id} is lent already in that time: end that secondment first") from error
        raise
    await _tell(tx, engineer_id, row.territory_id, territory_id, caller)
    return secondment_id


async def end_secondment(context: Context, caller: Principal, secondment_id: str) -> None:
    """The engineer goes home now; one that has not begun never does. Raises NotFound, Conflict (over already)."""
    now = context.clock.now()
    async with context.db.transaction() as tx:
        row = await store.secondment_by_id(tx, secondment_id)
        home = row and await people.engineer_by_id(tx, row.engineer_id, people.visible_engineers(caller))
        if row is None or not home:
            raise NotFound(f"there is no secondment {secondment_id}")
        if row.end <= now:
            raise Conflict(f"it ended at {row.end.isoformat()}")
        await store.end_secondment(tx, secondment_id, max(now, row.start))
        await _tell(tx, row.engineer_id, home.territory_id, row.territory_id, caller)


async def _tell(tx: AsyncConnection, engineer_id: str, home: str, host: str, caller: Principal) -> None:
    await tell_changes(tx, [(engineer_id, home), (engineer_id, host)], what="secondment", actor=caller.actor)


async def reinforce(
    tx: AsyncConnection, caller: Principal, *, territory_id: str, title: str, days: tuple[date, date], engineers: int
) -> str:
    """Say that a territory needs more engineers for some days (both included); its id. Raises NotFound."""
    if await network.territory_with_branch(tx, territory_id, network.visible_territories(caller)) is None:
        raise NotFound(f"there is no territory {territory_id}")
    values: dict[str, Any] = {"id": new_id(), "territory_id": territory_id, "title": title, "actor": caller.actor}
    values |= {"first_day": days[0], "last_day": days[1], "engineers": engineers}
    await store.add_reinforcement(tx, values)
    return str(values["id"])
