"""From an order of the document to the solver's record."""

import math
from fractions import Fraction

from ..solver import problem as solver
from ..solver.problem import FOREVER, ProblemError
from .names import Names, find
from .orders import Cargo, Clock, KitLine, Order
from .problem import ProblemDocument
from .travel import Way

PROMISED = ("breakdown", "repair")


def order_record(document: ProblemDocument, names: Names, index: int, way: Way) -> solver.Order:
    """Order `index` in the solver's terms. Raises ProblemError where it contradicts itself."""
    order, pointer = document.orders[index], f"/orders/{index}"
    place = find(names.places, order.place, f"{pointer}/place", "place")
    frozen = _frozen(order, names, pointer)
    left = order.interruptible and order.frozen is not None and order.frozen.state == "on_site"
    pin_engineer, pin_start, pin_second = _pin(order, names, f"{pointer}/pin")
    if frozen and left:
        pin_engineer, pin_start = frozen.engineer, None
    rest = frozen.until - max(frozen.start, document.horizon.start) if frozen else 0
    clocks = [_clock(clock) for clock in order.clocks if not (left and clock.stops == "start")]
    return solver.Order(
        place=place,
        region=-1 if order.region is None else names.regions[order.region],
        preventive=order.kind not in PROMISED,
        service=_service(order, max(rest, 0) if left else None),
        skills=() if left else tuple((names.skills[s.skill], s.level) for s in order.skills),
        certificates=() if left else tuple(names.certificates[name] for name in order.certificates),
        windows=((-FOREVER, FOREVER),) if left else _windows(order, pointer),
        clocks=tuple(clocks),
        kit=() if frozen else _kit(document, names, order, place, pointer, way),
        cargo=_cargo(order.cargo, names, place, f"{pointer}/cargo", way),
        drop_fen=order.drop_price_fen,
        pin_engineer=pin_engineer,
        pin_start=pin_start,
        pin_second=None if left else pin_second,
        frozen=None if left else frozen,
        published=None if left else _published(order, names),
        excluded=frozenset(names.engineers[name] for name in order.excluded_engineers if name in names.engineers),
        crew=1 if left else order.crew_size,
        second_skills=tuple((names.skills[s.skill], s.level) for s in order.second_skills),
        expert=None if left else _expert(order, names),
        links=() if left else _links(order, names, pointer),
    )


def _expert(order: Order, names: Names) -> tuple[int, int] | None:
    if order.remote_expert_skill is None:
        return None
    return names.skills[order.remote_expert_skill], order.remote_expert_level


def _links(order: Order, names: Names, pointer: str) -> tuple[solver.Link, ...]:
    return tuple(
        solver.Link(
            order=find(names.orders, link.order, f"{pointer}/links/{number}/order", "order"),
            at_end=link.relation == "finish_start",
            gap=link.gap_seconds,
        )
        for number, link in enumerate(order.links)
    )


def _service(order: Order, rest: int | None) -> tuple[int, int, int, int, int, int]:
    base = order.service_seconds if rest is None else rest
    levels = {} if rest is not None else order.service_by_level
    one, two, three, four, five = (levels.get(str(level), base) for level in range(1, 6))
    return (base, one, two, three, four, five)


def _windows(order: Order, pointer: str) -> tuple[solver.Span, ...]:
    earliest = -FOREVER if order.earliest_start is None else order.earliest_start
    found = []
    for index, window in enumerate(order.windows):
        if window.end < window.start:
            raise ProblemError(f"{pointer}/windows/{index}/end", "let it be no earlier than the start")
        if window.end >= earliest:
            found.append((max(window.start, earliest), window.end))
    return tuple(sorted(found)) if order.windows else ((earliest, FOREVER),)


def _clock(clock: Clock) -> solver.Clock:
    return solver.Clock(
        rule=f"lateness.{clock.name}",
        due=clock.due,
        fen_per_hour=clock.fen_per_hour,
        breach_fen=clock.breach_fen,
        cap_fen=2**60 if clock.cap_fen is None else clock.cap_fen,
        at_end=clock.stops == "end",
        or_cargo=clock.or_cargo,
    )


def _kit(
    document: ProblemDocument, names: Names, order: Order, place: int, pointer: str, way: Way
) -> tuple[solver.Line, ...]:
    lines = []
    for number, line in enumerate(order.kit):
        chance = Fraction(str(line.probability))
        lines.append(
            solver.Line(
                parts=tuple(names.parts[name] for name in dict.fromkeys((line.part, *line.substitutes))),
                quantity=line.quantity,
                miss_fen=None if chance == 1 else math.ceil(chance * document.price.second_visit_fen),
                deliveries=(
                    *_quoted(line, names, f"{pointer}/kit/{number}"),
                    *_offered(document, names, place, way),
                ),
            )
        )
    return tuple(lines)


def _quoted(line: KitLine, names: Names, pointer: str) -> list[solver.Delivery]:
    return [
        solver.Delivery(
            kind=quote.kind,
            depot=find(names.depots, quote.depot, f"{pointer}/deliveries/{i}/depot", "depot"),
            arrives_at=quote.arrives_at,
            fee_fen=quote.fee_fen,
        )
        for i, quote in enumerate(line.deliveries)
    ]


def _offered(document: ProblemDocument, names: Names, place: int, way: Way) -> list[solver.Delivery]:
    found = (courier_to(document, names, index, place, way) for index, _ in document.couriers)
    return [delivery for delivery in found if delivery]


def courier_to(document: ProblemDocument, names: Names, index: int, place: int, way: Way) -> solver.Delivery | None:
    """What the general courier offer of a depot means for this place; None when it does not get there."""
    depot = document.depots[index]
    offer = depot.courier
    if offer is None:
        return None
    sent = max(document.horizon.start, offer.sent_at if offer.sent_at is not None else document.horizon.start)
    origin = find(names.places, depot.place, f"/depots/{index}/place", "place")
    drive, metres = way(origin, place)
    if drive < 0 or (offer.cutoff is not None and sent > offer.cutoff):
        return None
    return solver.Delivery(
        kind="courier",
        depot=index,
        arrives_at=sent + offer.handling_seconds + -(-drive * offer.permille_of_drive // 1000),
        fee_fen=offer.fee_fen + -(-offer.fen_per_km * max(metres, 0) // 1000),
    )


def _cargo(cargo: Cargo | None, names: Names, place: int, pointer: str, way: Way) -> solver.Cargo | None:
    if cargo is None:
        return None
    destination = find(names.places, cargo.destination, f"{pointer}/destination", "place")
    drive, _ = way(place, destination)
    clock = None
    if cargo.deadline is not None:
        cap = 2**60 if cargo.cap_fen is None else cargo.cap_fen
        clock = solver.Clock("lateness.cargo", cargo.deadline, cargo.fen_per_hour, cargo.breach_fen, cap, True, True)
    sent = None
    if cargo.sent is not None:
        vehicle = find(names.vehicles, cargo.sent.vehicle, f"{pointer}/sent/vehicle", "replacement vehicle")
        sent = solver.Sent(vehicle, cargo.sent.cargo_at, cargo.sent.delivered_at)
    return solver.Cargo(
        cargo_class=names.classes[cargo.cargo_class],
        coupling=-1 if cargo.coupling is None else names.couplings[cargo.coupling],
        mass_kg=cargo.mass_kg,
        hazard=cargo.hazard,
        destination=destination,
        handover=cargo.handover_seconds,
        drive=None if drive < 0 else drive,
        clock=clock,
        sent=sent,
    )


def _pin(order: Order, names: Names, pointer: str) -> tuple[int | None, int | None, int | None]:
    """(engineer, start, second engineer) that a person fixed."""
    pin = order.pin
    by_engineer, by_time = pin.kind in ("resource", "both"), pin.kind in ("time", "both")
    if by_engineer != (pin.engineer is not None) or by_time != (pin.start is not None):
        raise ProblemError(pointer, "resource needs engineer, time needs start, both needs both")
    if pin.second is not None and order.crew_size == 1:
        raise ProblemError(f"{pointer}/second", "nobody else comes: leave it out, or let crew_size be 2")
    engineer = second = None
    if pin.engineer is not None:
        engineer = find(names.engineers, pin.engineer, f"{pointer}/engineer", "engineer")
    if pin.second is not None:
        second = _second(names, pin.second, engineer, f"{pointer}/second")
    return engineer, pin.start, second


def _frozen(order: Order, names: Names, pointer: str) -> solver.Frozen | None:
    if order.frozen is None:
        return None
    if order.frozen.until < order.frozen.start:
        raise ProblemError(f"{pointer}/frozen/until", "let it be no earlier than the start")
    engineer, second = find(names.engineers, order.frozen.engineer, f"{pointer}/frozen/engineer", "engineer"), -1
    if order.frozen.second is not None:
        second = _second(names, order.frozen.second, engineer, f"{pointer}/frozen/second")
    return solver.Frozen(engineer, order.frozen.start, order.frozen.until, second)


def _second(names: Names, name: str, lead: int | None, pointer: str) -> int:
    second = find(names.engineers, name, pointer, "engineer")
    if second == lead:
        raise ProblemError(pointer, "is the lead; name another engineer or leave it out")
    return second


def _published(order: Order, names: Names) -> solver.Told | None:
    told = order.published
    if told is None:
        return None
    # an engineer who left keeps no appointments: the published plan may name one that is gone
    second = None if told.second is None else names.engineers.get(told.second, -1)
    return solver.Told(names.engineers.get(told.engineer, -1), told.start, second)
