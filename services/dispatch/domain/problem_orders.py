"""Orders of a scene as parts of the problem document: promises, kits, cargo, and what already stands."""

from collections.abc import Container, Sequence
from datetime import timedelta
from typing import Any, Literal, cast, get_args

from pydantic import ValidationError

from ..documents.orders import (
    Cargo,
    Clock,
    Delivery,
    Frozen,
    Kind,
    KitLine,
    Link,
    Order,
    Pin,
    Published,
    SentVehicle,
    SkillRequirement,
)
from ..documents.resources import Window
from .appointments import TOLD
from .facts import ClockAsked, PlannableOrder, SkillAsked
from .scene import Scene
from .standing import Appointment, DecidedCase
from .under_way import under_way


class MakesNoSense(ValueError):
    """What is told about an order cannot be planned: a negative price, a probability of two."""

    def __init__(self, order_id: str, why: str) -> None:
        super().__init__(why)
        self.order_id = order_id


NOTHING_MORE: dict[str, Any] = {
    "skills": [],
    "certificates": [],
    "brand": None,
    "capability": None,
    "earliest_start": None,
    "latest_start": None,
    "links": [],
    "kit": [],
}
"""What is asked no more once the lead is on the way with the parts."""

LEAST_SERVICE_S = 60
"""An appointment always takes time: the calendar cannot hold an empty span."""


def order_documents(scene: Scene, orders: Sequence[PlannableOrder]) -> list[Order]:
    """Each order with its promise clocks, kit and cargo, and with what stands: locks, work under way, told times.

    Raises MakesNoSense for the first order that the format refuses.
    """
    documents, told, frozen = [], {order.id for order in orders}, under_way(scene)
    for order in orders:
        try:
            documents.append(_order(scene, order, told, frozen.get(order.id)))
        except ValidationError as error:
            raise MakesNoSense(order.id, str(error)) from error
    return documents


def _order(scene: Scene, order: PlannableOrder, told: Container[str], frozen: Frozen | None) -> Order:
    """`told`: ids of all orders of the document."""
    standing = scene.standing
    case = standing.cases.get(order.id)
    if _is_there(scene, order):
        order = order.model_copy(update=NOTHING_MORE)
    return Order(
        id=order.id,
        kind=cast(Kind, order.kind) if order.kind in get_args(Kind) else "repair",
        place=f"order:{order.id}",
        service_seconds=max(order.service_s, LEAST_SERVICE_S),
        interruptible=order.interruptible and order.crew_size == 1,
        skills=_skills(order.skills),
        certificates=_certificates(order),
        earliest_start=_earliest(scene, order, told),
        windows=_windows(scene, order),
        clocks=[_clock(scene, order, clock) for clock in order.clocks if _is_visit_clock(clock)],
        kit=_kit(scene, order),
        cargo=_cargo(scene, order, case),
        drop_price_fen=order.drop_fen,
        pin=Pin() if frozen else _pin(scene, order),
        frozen=frozen,
        published=_published(scene, order.id),
        excluded_engineers=sorted({*order.declined_by, *standing.declines.get(order.id, ())}),
        links=[
            Link(order=link.order_id, relation=link.relation, gap_seconds=link.gap_s)
            for link in order.links
            if link.order_id in told
        ],
        crew_size=order.crew_size,
        second_skills=_skills(order.second_skills) if order.crew_size == 2 else [],
        remote_expert_skill=order.expert.skill if order.expert else None,
        remote_expert_level=order.expert.level if order.expert else 1,
    )


def _is_there(scene: Scene, order: PlannableOrder) -> bool:
    """The lead of a crew is under way, and only the second is still to be found."""
    here = scene.standing.here(order.id) if order.id in scene.recrewed else None
    return here is not None and here.role == "lead"


def _skills(asked: Sequence[SkillAsked]) -> list[SkillRequirement]:
    return [SkillRequirement(skill=one.skill, level=one.level) for one in asked]


def _earliest(scene: Scene, order: PlannableOrder, told: Container[str]) -> int | None:
    """Not before its window, nor before what it waits for and this plan does not decide."""
    instants = [
        link.at + timedelta(seconds=link.gap_s)
        for link in order.links
        if link.order_id not in told and link.at is not None
    ]
    instants += [order.earliest_start] if order.earliest_start else []
    return scene.second(max(instants)) if instants else None


def _certificates(order: PlannableOrder) -> list[str]:
    """The engineer's own; the brand that engineer and station are authorised for; the work that the station can do."""
    brand = [f"brand:{order.brand}"] if order.brand else []
    return [*order.certificates, *brand, *([f"work:{order.capability}"] if order.capability else [])]


def _windows(scene: Scene, order: PlannableOrder) -> list[Window]:
    """The tolerance window. One that has passed no longer binds: the work is overdue, not impossible."""
    if order.latest_start is None or order.latest_start < scene.origin:
        return []
    first = order.earliest_start or scene.origin
    return [Window(start=scene.second(min(first, order.latest_start)), end=scene.second(order.latest_start))]


def _is_visit_clock(clock: ClockAsked) -> bool:
    """The first human answer is given by telephone; no visit stops that clock."""
    return clock.name != "respond"


def clock_name(clock: ClockAsked) -> Literal["arrive", "restore", "complete"]:
    """The format's name of a clock; a maker's own name goes by what stops it."""
    if clock.name in ("arrive", "restore", "complete"):
        return cast(Literal["arrive", "restore", "complete"], clock.name)
    return "arrive" if clock.stops_at == "start" else "complete"


def _clock(scene: Scene, order: PlannableOrder, clock: ClockAsked) -> Clock:
    return Clock(
        name=clock_name(clock),
        due=scene.second(clock.due),
        fen_per_hour=clock.price_fen_per_hour,
        breach_fen=clock.breach_fen,
        cap_fen=clock.cap_fen,
        stops=clock.stops_at,
        or_cargo=clock.cargo_can_stop and order.cargo is not None,
    )


def _kit(scene: Scene, order: PlannableOrder) -> list[KitLine]:
    """Lines in the order of the work order's kit; a plan's line number is a position in this list."""
    parcels = {
        parcel.line.line: Delivery(
            kind="courier" if parcel.line.source == "courier" else "transfer",
            depot=parcel.depot,
            arrives_at=scene.second(parcel.arrives_at),
            fee_fen=0,  # it was paid when it was sent
        )
        for parcel in scene.parcels.values()
        if parcel.line.order_id == order.id
    }
    return [
        KitLine(
            part=line.part,
            quantity=line.quantity,
            probability=min(max(line.probability, 0.001), 1.0),
            substitutes=scene.facts.stock.standing_in(order.id, line.part),
            deliveries=[parcels[line.line]] if line.line in parcels else [],
        )
        for line in order.kit
    ]


def _cargo(scene: Scene, order: PlannableOrder, case: DecidedCase | None) -> Cargo | None:
    """The cargo while a replacement vehicle may still take it on, or is doing so."""
    cargo = order.cargo
    if cargo is None or not order.replacement_eligible or (case is not None and case.delivered):
        return None
    sent = None
    if case is not None:
        sent = SentVehicle(
            vehicle=case.case.vehicle_id,
            cargo_at=scene.second(case.case.cargo_at),
            delivered_at=scene.second(case.case.delivered_at),
        )
    return Cargo(
        cargo_class=cargo.cargo_class,
        coupling=cargo.coupling,
        mass_kg=cargo.mass_kg,
        hazard=cargo.hazard,
        destination=f"to:{order.id}",
        deadline=scene.second(cargo.deadline) if cargo.deadline else None,
        handover_seconds=int(scene.policy.handover.total_seconds()),
        sent=sent,
    )


def _pin(scene: Scene, order: PlannableOrder) -> Pin:
    """What a dispatcher fixed, and who is under way already. A fixed time that has passed no longer binds, the engineer
    does."""
    lock, here = scene.standing.locks.get(order.id), scene.standing.here(order.id)
    second = lock.second_id if lock is not None and order.crew_size == 2 else None
    if here is not None and order.id in scene.recrewed:
        return _waiting_for_a_mate(here, second)
    if lock is None:
        return Pin()
    start = lock.start if lock.start is not None and lock.start > scene.origin else None
    engineer = lock.engineer_id if lock.pin in ("resource", "both") else None
    if start is None:
        return Pin(kind="resource" if engineer else "none", engineer=engineer, second=second)
    return Pin(kind=lock.pin, engineer=engineer, start=scene.second(start), second=second)


def _waiting_for_a_mate(here: Appointment, second: str | None) -> Pin:
    """Whoever is under way stays; `second`: the one that a dispatcher fixed."""
    if here.role == "second":
        return Pin(second=here.engineer_id)
    return Pin(kind="resource", engineer=here.engineer_id, second=second if second != here.engineer_id else None)


def _published(scene: Scene, order_id: str) -> Published | None:
    """What somebody was told. An appointment that is only planned may be changed for nothing."""
    lead, second = scene.standing.lead(order_id), scene.standing.second(order_id)
    if lead is None or lead.state not in TOLD:
        return None
    return Published(
        engineer=lead.engineer_id,
        start=scene.second(lead.reference_start or lead.start),
        second=second.engineer_id if second is not None and second.state in TOLD else None,
    )
