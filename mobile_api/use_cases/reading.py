"""What phones are shown: the owners' words, or their last ones, marked as stale, while an owner is out of reach."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from mobile_api import gateways
from mobile_api.context import Mobile
from mobile_api.domain.shown import Paths, engineer_path, first_paths, further_paths, kept, section, station_path
from mobile_api.store import copies

COPY_OLDEST = timedelta(minutes=5)
"""An unchanged answer is written again when its copy is older than this, so that its age stays honest."""


@dataclass(frozen=True, slots=True)
class Said:
    """What an owner said. `stale` when it could not be asked now and this is its word of `as_of`."""

    body: Any
    as_of: datetime
    stale: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """An appointment with what is known about it; a section is None when its owner never said anything."""

    visit: Row[Any]
    sections: dict[str, Any]
    pickups: list[dict[str, Any]] = field(default_factory=list)
    stale: bool = False
    as_of: datetime | None = None


async def show(context: Mobile, visits: Sequence[Row[Any]]) -> list[Shown]:
    """The visits with order, machine, parts and places of pick-up."""
    paths = [first_paths(appointment_id=visit.appointment_id, order_id=visit.order_id) for visit in visits]
    said = await ask(context, [path for those in paths for path in those.values()])
    for those in paths:
        those |= further_paths({name: said[path].body for name, path in those.items() if path in said})
    said |= await ask(context, [path for those in paths for path in those.values() if path not in said])
    return [_shown(visit, those, said) for visit, those in zip(visits, paths, strict=True)]


async def who(context: Mobile, engineer_id: str) -> tuple[Any, Any]:
    """The engineer and their station, each None when that was never heard."""
    path = engineer_path(engineer_id)
    engineer = (await ask(context, [path])).get(path)
    if engineer is None or (where := station_path(engineer.body)) is None:
        return section("engineer", engineer.body if engineer else None), None
    station = (await ask(context, [where])).get(where)
    return section("engineer", engineer.body), section("station", station.body if station else None)


async def ask(context: Mobile, paths: Sequence[str]) -> dict[str, Said]:
    """What the owners say at these paths; a path is missing when there is neither an answer nor a copy."""
    if not paths:
        return {}
    now = context.clock.now()
    answers = await gateways.read_all(context, paths)
    async with context.db.read() as tx:
        before = await copies.of(tx, paths)
    fresh = {path: kept(body) for path, body in answers.items() if body is not None}
    outdated = {
        path: body
        for path, body in fresh.items()
        if path not in before or before[path].body != body or before[path].as_of < now - COPY_OLDEST
    }
    refused = [path for path, body in answers.items() if body is None and path in before]
    if outdated or refused:
        async with context.db.transaction() as tx:
            await copies.keep(tx, outdated, as_of=now)
            await copies.forget(tx, refused)
    said = {path: Said(body, now, stale=False) for path, body in fresh.items()}
    unreached = [path for path in paths if path not in answers and path in before]
    return said | {path: Said(before[path].body, before[path].as_of, stale=True) for path in unreached}


def _shown(visit: Row[Any], paths: Paths, said: dict[str, Said]) -> Shown:
    known = {name: said[path] for name, path in paths.items() if path in said}
    complete = all(name in known for name in ("appointment", "order"))
    sections = {name: section(name, known[name].body) if name in known else None for name in _SECTIONS}
    pickups = [section(name, told.body) for name, told in sorted(known.items()) if name.startswith("pickup:")]
    stale = not complete or any(told.stale for told in known.values())
    oldest = min((told.as_of for told in known.values()), default=None)
    return Shown(visit, sections, pickups, stale, oldest)


_SECTIONS = ("appointment", "order", "machine", "parts")
