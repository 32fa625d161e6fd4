"""Replacement vehicles: which fits which cargo, when it gets there, what it costs, when to decide."""

from .plan import Case
from .problem import Order, Problem, Span, Vehicle


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
