"""What orders answers. Field names are those of the glossary; instants are UTC, money is fen."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import Depends
from pydantic import BaseModel
from sqlalchemy import Row

from kit.web import context as service_context
from services.orders.context import Orders
from services.orders.domain.clocks import Clock
from services.orders.domain.promise import ClockState

Running = Annotated[Orders, Depends(service_context)]
Json = dict[str, Any]


class Point(BaseModel):
    """A place as it is answered: always WGS-84."""

    lon: float
    lat: float
    datum: str = "WGS-84"


class ClockOut(BaseModel):
    """One running or settled clock of the promise. `late_fen` is final once it has stopped; `chance` that it is kept
    (0 to 1) and `predicted` are the plan's."""

    name: str
    state: ClockState
    started_at: datetime
    due: datetime
    stopped_at: datetime | None
    predicted: datetime | None
    chance: float | None
    price_fen_per_hour: int
    breach_fen: int
    cap_fen: int
    late_fen: int

    @classmethod
    def of(cls, clock: Clock) -> Self:
        rule = clock.rule
        return cls(
            name=rule.clock,
            state=clock.state,
            started_at=clock.started_at,
            due=clock.due,
            stopped_at=clock.stopped_at,
            predicted=clock.predicted,
            chance=clock.chance,
            price_fen_per_hour=rule.price_fen_per_hour,
            breach_fen=rule.step_fen,
            cap_fen=rule.cap_fen,
            late_fen=clock.late_fen,
        )


class CargoOut(BaseModel):
    """What the stopped truck carries."""

    cargo_class: str
    coupling: str | None
    mass_kg: int
    destination: Point
    deadline: datetime | None
    hazard: bool

    @classmethod
    def of(cls, row: Row[Any]) -> Self | None:
        """From a row with the columns of cargos under the prefix `cargo_`."""
        if row.cargo_cargo_class is None:
            return None
        return cls(
            cargo_class=row.cargo_cargo_class,
            coupling=row.cargo_coupling,
            mass_kg=row.cargo_mass_kg,
            destination=Point(lon=row.cargo_destination_lon, lat=row.cargo_destination_lat),
            deadline=row.cargo_deadline,
            hazard=row.cargo_hazard,
        )


class CaseOut(BaseModel):
    """The replacement case; `link` is shown to those who may hand it to the partner's driver."""

    case_id: str
    vehicle_id: str
    state: str
    decide_by: datetime
    at_truck: datetime
    cargo_moving_at: datetime | None
    delivered: datetime
    delivered_at: datetime | None
    kilometres: int | None
    cost_fen: int
    link: str | None

    @classmethod
    def of(cls, case: Row[Any], link: str | None) -> Self:
        return cls(
            case_id=case.case_id,
            vehicle_id=case.vehicle_id,
            state=case.state,
            decide_by=case.decide_by,
            at_truck=case.at_truck_at or case.planned_at_truck,
            cargo_moving_at=case.cargo_moving_at,
            delivered=case.delivered_at or case.planned_delivered,
            delivered_at=case.delivered_at,
            kilometres=case.kilometres,
            cost_fen=case.cost_fen,
            link=link,
        )


def etag(version: int) -> dict[str, str]:
    """The header that If-Match is answered with."""
    return {"ETag": f'"{version}"'}
