"""What dispatch asks while it plans and publishes."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row

from kit.auth import Principal
from kit.routes import service_router
from kit.values import Code
from kit.web import allow
from services.stations.api.people import shift_out
from services.stations.api.wire import PlaceOut, Running, StationOut, Window
from services.stations.api.wire_planning import (
    AvailabilityOut,
    AvailableEngineer,
    CertificateOut,
    Epoch,
    FleetOut,
    FleetVehicle,
    HoldOut,
    HoldsIn,
    HoldsOut,
    LastPosition,
    SkillOut,
    SpanOut,
    refuse_repeated,
)
from services.stations.domain import Span, authorised, end_of_day, permitted
from services.stations.store.positions import Seen
from services.stations.use_cases import bank, planning

router = service_router("stations", tag="planning")


@router.get("/availability")
async def availability(
    territory_id: Code, within: Window, running: Running, caller: Principal = allow("auditor", "dispatcher")
) -> AvailabilityOut:
    """The territory's engineers with what their absences leave of shifts that touch `from` to `to`.

    Skills and certificates come with their end of validity; whoever plans drops what has expired by then. `brands`:
    those of the engineer for which the station is authorised.
    """
    found = await planning.availability(running, caller, territory_id=territory_id, within=within)
    return AvailabilityOut(
        engineers=[_engineer(row, found) for row in found.engineers],
        stations=[StationOut.of(row) for row in found.stations],
    )


def _engineer(row: Row[Any], found: planning.Availability) -> AvailableEngineer:
    skills = [
        SkillOut(skill=name, level=level, valid_until=_until(row.skills_valid_until.get(name), found.zone))
        for name, level in sorted(row.skills.items())
    ]
    certificates = [
        CertificateOut(name=name, valid_until=end_of_day(date.fromisoformat(day), found.zone))
        for name, day in sorted(row.certificates.items())
    ]
    seen = found.seen.get(row.engineer_id)
    return AvailableEngineer(
        id=row.engineer_id,
        name=row.name,
        station_id=row.station_id,
        home=PlaceOut(lon=row.home_lon, lat=row.home_lat),
        van_place_id=row.van_place_id,
        skills=skills,
        certificates=certificates,
        brands=authorised(row.brands, row.station_brands),
        permitted=permitted(row.capabilities, row.permits),
        labour_fen_per_hour=row.labour_fen_per_hour,
        overtime_fen_per_hour=row.overtime_fen_per_hour,
        shifts=[shift_out(time) for time in found.times[row.engineer_id]],
        last_position=_position(seen) if seen is not None else None,
        borne_seconds=found.borne.get(row.engineer_id, 0),
    )


def _until(day: str | None, zone: str) -> Any:
    return None if day is None else end_of_day(date.fromisoformat(day), zone)


def _position(seen: Seen) -> LastPosition:
    return LastPosition(lon=seen.place.lon, lat=seen.place.lat, at=seen.at)


@router.get("/fleet")
async def fleet(
    territory_id: Code, within: Window, running: Running, caller: Principal = allow("auditor", "dispatcher")
) -> FleetOut:
    """Replacement vehicles of the territory's branch that a new plan of the territory may send, and when.

    Offered by the partner, under contract, and not claimed by another territory or on the road already.
    """
    vehicles = await planning.fleet(running, caller, territory_id=territory_id, within=within)
    return FleetOut(vehicles=[_vehicle(vehicle) for vehicle in vehicles])


def _vehicle(vehicle: planning.FreeVehicle) -> FleetVehicle:
    names = ("partner_id", "plate", "vehicle_class", "couplings", "max_mass_kg", "hazard_allowed")
    return FleetVehicle(
        id=vehicle.row.vehicle_id,
        **{name: getattr(vehicle.row, name) for name in names},
        base_fen=vehicle.price.base_fen,
        fen_per_km=vehicle.price.fen_per_km,
        place=PlaceOut(lon=vehicle.row.lon, lat=vehicle.row.lat),
        available=[SpanOut(start=span.start, end=span.end) for span in vehicle.available],
    )


@router.put("/holds/{territory_id}/{epoch}")
async def hold(territory_id: Code, epoch: Epoch, body: HoldsIn, running: Running, _: Principal = allow()) -> HoldsOut:
    """For dispatch: holds vehicles for a plan that is about to be published. Idempotent per line.

    Lines that this call does not name stay as they are. What the territory's published plan has booked is free for
    its next one, unless it is on the road. 409 once this epoch, or a later one, is published.
    """
    refuse_repeated([line.line for line in body.lines])
    answered = await bank.hold(
        running,
        territory_id=territory_id,
        epoch=epoch,
        lines=[
            bank.HoldLine(line.line, line.order_id, line.vehicle_id, Span(line.start, line.end)) for line in body.lines
        ],
        lifetime=timedelta(seconds=body.lifetime_s),
    )
    return HoldsOut(
        lines=[
            HoldOut(line=answer.line, status="refused" if answer.reason else "held", reason=answer.reason)
            for answer in answered
        ]
    )
