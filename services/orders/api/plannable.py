"""What dispatch plans: the open orders of a territory with everything that a plan depends on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import Row

from kit import journal
from kit.auth import Principal
from kit.routes import service_router
from kit.values import Code
from kit.web import allow
from services.orders.api.wire import CargoOut, CaseOut, Json, Point, Running
from services.orders.domain.clocks import Clock
from services.orders.domain.intake import WorkType
from services.orders.domain.life import PLANNED_WHILE_WAITING
from services.orders.domain.links import Relation
from services.orders.store import clocks as clock_store
from services.orders.store import links as link_store
from services.orders.store import orders as store
from services.orders.store import replacement as case_store

router = service_router("orders", tag="planning")
STARTS_WITH = ("responded_at", "arrived_at")
"""Stop events that come when the engineer does; all others come with the end of the work."""


class PlannableClock(BaseModel):
    """A clock that a visit can still stop, at its start or its end."""

    name: str
    due: datetime
    price_fen_per_hour: int
    breach_fen: int
    cap_fen: int
    stops_at: Literal["start", "end"]
    cargo_can_stop: bool


class PlannableLine(BaseModel):
    line: str
    part: str
    quantity: int
    probability: float


class PlannableLink(BaseModel):
    """The work begins `gap_s` seconds or more after that of `order_id` ends or begins. `at`: when that has happened, or
    is planned to; none when nobody knows."""

    order_id: str
    relation: Relation
    gap_s: int
    at: datetime | None


class BuiltMachine(BaseModel):
    """What parts have to fit."""

    model: str
    configuration: dict[str, str]
    serial: str


class PlannableOrder(BaseModel):
    """One open order. `service_s` in seconds, `drop_fen` the price of leaving it out of the plan; `capability`: what
    the station of its engineer must be able to do."""

    id: str
    number: str
    state: str
    waiting_reason: str | None
    kind: str
    work_type: str
    territory_id: str
    station_id: str
    place: Point
    place_error_m: int
    asset_id: str
    machine: BuiltMachine
    product: str
    brand: str
    capability: str | None
    service_s: int
    skills: list[Json]
    certificates: list[str]
    crew_size: int
    second_skills: list[Json]
    expert: Json | None
    earliest_start: datetime | None
    latest_start: datetime | None
    clocks: list[PlannableClock]
    kit: list[PlannableLine]
    drop_fen: int
    interruptible: bool
    cargo: CargoOut | None
    replacement_eligible: bool
    replacement_case: CaseOut | None
    declined_by: list[str]
    links: list[PlannableLink]


class Plannable(BaseModel):
    """`known_seq`: every event of orders' journal until this one, it included, is already in the orders."""

    known_seq: int
    orders: list[PlannableOrder]


@router.get("/plannable")
async def plannable(territory_id: Code, running: Running, caller: Principal = allow("dispatcher")) -> Plannable:
    """Open orders of a territory, except those that wait for a customer, an expert or the weather."""
    async with running.db.read() as tx:
        known_seq = await journal.head(tx)  # first: what is sealed by now, the next statements see
        rows = await store.plannable(tx, caller, territory_id, sorted(PLANNED_WHILE_WAITING))
        ids = [row.order_id for row in rows]
        clocks = await clock_store.of_orders(tx, ids)
        cases = await case_store.running_cases(tx, ids)
        declined = await store.declined_by(tx, ids)
        links = await link_store.of_orders(tx, ids)
    return Plannable(
        known_seq=known_seq,
        orders=[
            _plannable(
                row,
                running.catalogue.work_types[row.work_type],
                clocks.get(row.order_id, []),
                case=cases.get(row.order_id),
                declined_by=declined.get(row.order_id, []),
                links=links.get(row.order_id, []),
            )
            for row in rows
        ],
    )


def _plannable(
    row: Row[Any],
    work_type: WorkType,
    clocks: list[Clock],
    *,
    case: Row[Any] | None,
    declined_by: list[str],
    links: Sequence[Row[Any]],
) -> PlannableOrder:
    same = ("number", "state", "waiting_reason", "work_type", "territory_id", "station_id", "asset_id", "product")
    more = (
        "brand",
        "service_s",
        "skills",
        "certificates",
        "crew_size",
        "second_skills",
        "expert",
        "earliest_start",
        "latest_start",
        "drop_fen",
    )
    return PlannableOrder(
        id=row.order_id,
        **{name: getattr(row, name) for name in (*same, *more, "interruptible", "replacement_eligible")},
        kind=work_type.kind,
        capability=work_type.capability,
        place=Point(lon=row.lon, lat=row.lat),
        place_error_m=row.place_error_m,
        machine=BuiltMachine(model=row.model, configuration=row.configuration, serial=row.asset_id),
        clocks=[_clock(clock) for clock in clocks if _a_visit_stops(clock)],
        kit=[PlannableLine(**line) for line in row.kit],
        cargo=CargoOut.of(row),
        replacement_case=CaseOut.of(case, None) if case is not None else None,
        declined_by=declined_by,
        links=[_link(link) for link in links if link.state != "cancelled"],
    )


def _link(row: Row[Any]) -> PlannableLink:
    return PlannableLink(**{name: getattr(row, name) for name in PlannableLink.model_fields})


def _a_visit_stops(clock: Clock) -> bool:
    return clock.stopped_at is None and clock.state != "waived" and clock.rule.stops != ("responded_at",)


def _clock(clock: Clock) -> PlannableClock:
    rule = clock.rule
    return PlannableClock(
        name=rule.clock,
        due=clock.due,
        price_fen_per_hour=rule.price_fen_per_hour,
        breach_fen=rule.step_fen,
        cap_fen=rule.cap_fen,
        stops_at="start" if any(event in STARTS_WITH for event in rule.stops) else "end",
        cargo_can_stop="cargo_moving_at" in rule.stops,
    )
