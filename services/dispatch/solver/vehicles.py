"""Replacement vehicles: which fits which cargo, when it gets there, what it costs, when to decide."""

from .draft import Draft
from .plan import Case
from .problem import FOREVER, Order, Problem, Span, Vehicle
from .step import promise_fen


def fits(vehicle: Vehicle, order: Order) -> bool:
    """The vehicle may and can take the order's cargo."""
    cargo = order.cargo
    return (
        cargo is not None
        and cargo.cargo_class in vehicle.classes
        and (cargo.coupling < 0 or cargo.coupling in vehicle.couplings)
        and cargo.mass_kg <= vehicle.max_mass_kg
        and (vehicle.hazard or not cargo.hazard)
        and (not vehicle.regions or order.region in vehicle.regions)
    )


def quote(problem: Problem, order: int, vehicle: int) -> Case | None:
    """Sending the vehicle now: times, price, latest useful decision. None when it does not fit or get there."""
    record, offer = problem.orders[order], problem.vehicles[vehicle]
    cargo = record.cargo
    if cargo is None or not fits(offer, record):
        return None
    there = int(problem.seconds[offer.place, record.place])
    onward = int(problem.seconds[record.place, cargo.destination])
    depart = _first_in(offer.windows, problem.start + offer.mobilise)
    if there < 0 or onward < 0 or depart is None:
        return None
    metres = int(problem.metres[offer.place, record.place] + problem.metres[record.place, cargo.destination])
    cargo_at = depart + there + cargo.handover
    late = [clock.due - there - cargo.handover for clock in record.clocks if clock.or_cargo]
    if cargo.clock:
        late.append(cargo.clock.due - there - cargo.handover - onward)
    departures = [_last_in(offer.windows, latest) for latest in late if latest >= depart]
    decisions = [latest - offer.mobilise for latest in departures if latest is not None]
    return Case(
        order=order,
        vehicle=vehicle,
        decide_by=min(decisions, default=problem.start),
        depart=depart,
        cargo_at=cargo_at,
        delivered_at=cargo_at + onward,
        fen=offer.base_fen - (-offer.fen_per_km * metres // 1000),
    )


def _first_in(windows: tuple[Span, ...], instant: int) -> int | None:
    return next((max(first, instant) for first, last in windows if instant <= last), None)


def _last_in(windows: tuple[Span, ...], instant: int) -> int | None:
    return max((min(last, instant) for first, last in windows if first <= instant), default=None)


def promises_with(draft: Draft, order: int, moved: int, delivered: int) -> int:
    """Lateness of the order's clocks and cargo as planned now, if the cargo moved on at these times."""
    record, tour = draft.tables.orders[order], draft.tour_of[order]
    if tour < 0:
        start = end = draft.problem.end
    elif record.frozen:
        start, end = record.frozen.start, record.frozen.until
    else:
        end = draft.states[tour][draft.visits[tour].index(order) + 1][1]
        start = end - draft.tables.service(order, draft.tables.tours[tour].engineer)
    return promise_fen(record, start, end, moved, delivered)


def send_where_worth(draft: Draft) -> None:
    """Send the vehicles whose price is below the lateness they save, best saving first, one case each."""
    problem = draft.problem
    busy = {case.vehicle for case in draft.cases.values()} | vehicles_underway(problem)
    offers = []
    for order in orders_with_cargo(draft):
        now = promises_with(draft, order, FOREVER, FOREVER)
        for vehicle in range(len(problem.vehicles)) if now else ():
            case = quote(problem, order, vehicle)
            if case:
                saved = now - promises_with(draft, order, case.cargo_at, case.delivered_at) - case.fen
                offers.append((-saved, order, vehicle, case))
    for loss, order, vehicle, case in sorted(offers, key=lambda offer: offer[:3]):
        if loss < 0 and vehicle not in busy and order not in draft.cases:
            busy.add(vehicle)
            draft.send(case)


def vehicles_underway(problem: Problem) -> set[int]:
    """Vehicles already sent: they take no further case."""
    return {order.cargo.sent.vehicle for order in problem.orders if order.cargo and order.cargo.sent}


def orders_with_cargo(draft: Draft) -> list[int]:
    """Orders whose cargo could still be taken over: no vehicle is sent yet."""
    return [
        index
        for index, order in enumerate(draft.tables.orders)
        if order.cargo and not order.cargo.sent and index not in draft.cases
    ]
