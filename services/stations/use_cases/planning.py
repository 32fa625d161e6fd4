"""What dispatch plans with: who can work when, and which replacement vehicles are free when."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from kit.auth import Principal
from kit.context import Context
from kit.problems import NotFound
from kit.values import Place
from services.stations.domain import PlateLimit, Span, WorkingTime, contract_span, kept_in, without, working_times
from services.stations.store import bank, bank_terms, blocks, burdens, network, people, strength
from services.stations.store.positions import Seen
from services.stations.use_cases import positions

REMEMBERED = timedelta(days=28)
"""What was borne before is evened out no more: four weeks, so that every turn of nights counts once."""


@dataclass(frozen=True)
class Availability:
    """Engineers of a territory with what is left of their shifts after absences, and its stations.

    `borne`: seconds of ways, overtime and night work of each over the last four weeks.
    """

    zone: str
    engineers: Sequence[Row[Any]]
    times: dict[str, list[WorkingTime]]
    seen: dict[str, Seen]
    borne: dict[str, int]
    stations: Sequence[Row[Any]]


async def availability(context: Context, caller: Principal, *, territory_id: str, within: Span) -> Availability:
    """Raises NotFound for a territory outside of the caller's scope."""
    now = context.clock.now()
    async with context.db.transaction() as tx:
        territory = await network.territory_with_branch(tx, territory_id, network.visible_territories(caller))
        if territory is None:
            raise NotFound(f"there is no territory {territory_id}")
        own = await people.engineers_of_territory(tx, territory_id)
        lent = await strength.secondments_touching(
            tx, territory_id=territory_id, engineers=[row.engineer_id for row in own], within=within
        )
        guests = await people.engineers(tx, {row.engineer_id for row in lent if row.territory_id == territory_id})
        engineers = [*own, *guests]
        names = [row.engineer_id for row in engineers]
        shifts = await people.shifts(tx, names, within)
        # A shift may begin before and end after `within`: absences count over all of it.
        whole = _hull([within, *(Span(at.start, at.overtime_until) for times in shifts.values() for at in times)])
        absences = await people.absences(tx, names, whole)
        stations = await network.stations_of_territory(tx, territory_id)
        borne = await burdens.borne(tx, names, since=now - REMEMBERED)
        await positions.note_look(tx, caller, [territory_id, *(row.engineer_id for row in guests)], now=now)
    away = _away(territory_id, {row.engineer_id for row in guests}, lent, whole)
    tracked = [row.engineer_id for row in engineers if row.tracking_consent]
    return Availability(
        zone=territory.zone,
        engineers=engineers,
        times={
            name: working_times(shifts.get(name, []), [*absences.get(name, []), *away.get(name, [])], within)
            for name in names
        },
        seen=await positions.last_known(context, tracked),
        borne=borne,
        stations=stations,
    )


def _away(territory_id: str, guests: Collection[str], lent: Sequence[Row[Any]], whole: Span) -> dict[str, list[Span]]:
    """When engineers are not here: those at home while they are lent out, guests whenever they are not lent to us."""
    here: defaultdict[str, list[Span]] = defaultdict(list)
    away: defaultdict[str, list[Span]] = defaultdict(list)
    for row in lent:
        (here if row.territory_id == territory_id else away)[row.engineer_id].append(Span(row.start, row.end))
    return dict(away) | {name: without(whole, here[name]) for name in guests}


def _hull(spans: Sequence[Span]) -> Span:
    return Span(min(span.start for span in spans), max(span.end for span in spans))


@dataclass(frozen=True)
class FreeVehicle:
    """A vehicle with what it costs and the spans in which a new plan of the territory may let it set out."""

    row: Row[Any]
    price: Row[Any]
    available: list[Span]


async def fleet(context: Context, caller: Principal, *, territory_id: str, within: Span) -> list[FreeVehicle]:
    """Vehicles of the territory's branch that are free at some time in `within`.

    What the territory's own plan has booked is free for its next one, unless the vehicle is on the road already.
    Raises NotFound for a territory outside of the caller's scope.
    """
    now = context.clock.now()
    async with context.db.read() as tx:
        territory = await network.territory_with_branch(tx, territory_id, network.visible_territories(caller))
        if territory is None:
            raise NotFound(f"there is no territory {territory_id}")
        rows = await bank.vehicles_of_branch(tx, territory.branch_id)
        vehicles = [row.vehicle_id for row in rows]
        claims = await bank.claims_on(tx, vehicles, now=now)
        prices = await bank_terms.prices_on(tx, vehicles, within.start.astimezone(ZoneInfo(territory.zone)).date())
        limits = await blocks.plate_limits(tx)
    taken: defaultdict[str, list[Span]] = defaultdict(list)
    for claim in claims:
        if claim.territory_id != territory_id or claim.underway:
            taken[claim.vehicle_id].append(claim.span)
    free = []
    for row in rows:
        if (offered := offered_span(row, within)) is not None:
            cut = [*taken[row.vehicle_id], *_kept_in(row, limits, offered)]
            free.append(FreeVehicle(row, prices.get(row.vehicle_id, row), without(offered, cut)))
    return [vehicle for vehicle in free if vehicle.available]


def _kept_in(row: Row[Any], limits: Sequence[PlateLimit], within: Span) -> list[Span]:
    return kept_in(limits, plate=row.plate, standing=Place(row.lon, row.lat), zone=row.zone, within=within)


def kept_in_at(row: Row[Any], limits: Sequence[PlateLimit], at: datetime) -> Span | None:
    """The time in which the vehicle's plate keeps it from setting out at `at`; None when it may."""
    return next(iter(_kept_in(row, limits, Span(at, at + timedelta(seconds=1)))), None)


def offered_span(row: Row[Any], within: Span) -> Span | None:
    """When the partner offers the vehicle under a valid contract and with a valid licence."""
    start: datetime = max(within.start, row.available_from or within.start)
    end: datetime = min(within.end, row.available_until or within.end)
    if start >= end:
        return None
    last_days = [day for day in (row.contract_until, row.licence_until) if day is not None]
    last = min(last_days, default=None)
    return contract_span(start=row.contract_from, end=last, zone=row.zone, within=Span(start, end))
