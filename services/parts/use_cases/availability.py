"""What an order can be promised: every way to its parts, and how short the places are."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Row

from kit.auth import Principal
from kit.context import Context
from kit.problems import NotFound
from services.parts.domain.availability import Complete, Need, Network, Offer, Supply, complete, offers
from services.parts.domain.channels import Channel, Hours, Lane
from services.parts.domain.fitting import Machine, misfits
from services.parts.domain.shortage import Shortage, shortage
from services.parts.store import catalogue, demand, shelves
from services.parts.use_cases.answers import stand_in_rules, standing_in

LOOKS_BACK = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Site:
    """Where an order is (WGS-84), the pieces that it needs, by part, from when on (none, or a moment that is over: now)
    and the machine that they have to fit."""

    order_id: str
    lon: float
    lat: float
    needs: Mapping[str, int]
    at: datetime | None = None
    machine: Machine | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """The ways to one line of an order, and when all of it can be there."""

    order_id: str
    part: str
    quantity: int
    offers: list[Offer]
    complete: Complete


async def availability(
    context: Context, caller: Principal, *, territory_id: str, sites: Sequence[Site]
) -> list[Promise]:
    """Every line of every order, in the order given. Raises NotFound for a territory outside of the scope."""
    now = context.clock.now()
    parts = {part for site in sites for part in site.needs}
    orders = frozenset(site.order_id for site in sites)
    async with context.db.read() as tx:
        if not await catalogue.sees_territory(tx, caller, territory_id):
            raise NotFound(f"there is no territory {territory_id}")
        options = await standing_in(tx, parts)
        rules = await stand_in_rules(tx, options)
        wanted = sorted({*parts, *(option.part for found in options.values() for option in found)})
        places = await catalogue.places_of_territory(tx, territory_id)
        names = [row.place_id for row in places]
        free = await shelves.free(tx, places=names, parts=wanted, territory_id=territory_id, orders=orders, now=now)
        lanes = await catalogue.lanes(tx, names)
        arriving = await demand.in_transit(tx, places=names, parts=wanted)
    network = Network(_channels(places, lanes), [*_supplies(free), *_due(arriving, now)], options)
    needs = [
        Need(index, part, pieces, max(site.at or now, now), barred)
        for index, site in enumerate(sites)
        for barred in [misfits(rules, site.machine) if site.machine else frozenset()]
        for part, pieces in site.needs.items()
    ]
    ways = offers(network, [(site.lon, site.lat) for site in sites], needs)
    return [
        Promise(sites[need.site].order_id, need.part, need.quantity, made, complete(need, made))
        for need, made in zip(needs, ways, strict=True)
    ]


def _channels(places: Sequence[Row[Any]], lanes: Sequence[Row[Any]]) -> list[Channel]:
    by_place = {row.place_id: _lane(row) for row in lanes}
    channels: list[Channel] = []
    for row in places:
        hours = Hours(_time(row.opens), _time(row.closes)) if row.opens and row.closes else None
        channels.append(Channel(row.place_id, "van" if row.kind == "van" else "pickup", row.lon, row.lat, hours))
        if row.place_id in by_place:
            channels.append(Channel(row.place_id, "courier", row.lon, row.lat, hours, by_place[row.place_id]))
    return channels


def _lane(row: Row[Any]) -> Lane:
    cutoff = _time(row.cutoff) if row.cutoff else None
    return Lane(row.fee_fen, row.fen_per_km, row.km_per_hour, timedelta(seconds=row.ready_s), cutoff)


def _time(text: str) -> time:
    return time.fromisoformat(text)


def _supplies(free: Mapping[str, Mapping[str, int]]) -> list[Supply]:
    return [Supply(place_id, part, pieces) for place_id, there in free.items() for part, pieces in there.items()]


def _due(arriving: Sequence[Row[Any]], now: datetime) -> list[Supply]:
    return [Supply(row.to_place_id, row.part, row.quantity, row.expected_at, row.expected_at < now) for row in arriving]


async def shortages(
    context: Context, caller: Principal, *, territory_id: str, days: int
) -> list[tuple[Row[Any], Shortage]]:
    """Depots and station shelves of a territory, the shortest first, for the coming `days`.

    Demand is what left each place for orders in the last 90 days. Raises NotFound outside of the scope.
    """
    now = context.clock.now()
    async with context.db.read() as tx:
        if not await catalogue.sees_territory(tx, caller, territory_id):
            raise NotFound(f"there is no territory {territory_id}")
        places = [row for row in await catalogue.places_of_territory(tx, territory_id) if row.kind != "van"]
        names = [row.place_id for row in places]
        left = await demand.left_for_orders(tx, places=names, since=now - LOOKS_BACK)
        free = await demand.unclaimed(tx, places=names)
    expected: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for (place_id, part), pieces in left.items():
        expected[place_id][part] = pieces * days / LOOKS_BACK.days
    scored = [(row, shortage(expected[row.place_id], free.get(row.place_id, {}))) for row in places]
    return sorted(scored, key=lambda one: (-one[1].score, one[0].place_id))
