"""What lateness costs at the least, with and without a replacement vehicle, and what an order costs off every route."""

from dataclasses import dataclass

from services.dispatch.solver.problem import FOREVER, Clock, Order, Problem, Vehicle

from .tolls import NOBODY


@dataclass(frozen=True, slots=True)
class Relief:
    """A vehicle (or NOBODY) for one order's cargo, as early as it can be there: the price and the clocks of a case that
    leaves later are never below. `delivered_at` None: the truck brings its cargo itself."""

    vehicle: int
    cargo_at: int
    delivered_at: int | None
    fen: int


@dataclass(frozen=True, slots=True)
class Alone:
    """The price of an order that no route serves anew, with this vehicle sent."""

    vehicle: int
    fen: int


def reliefs(problem: Problem, order: int) -> tuple[Relief, ...]:
    """NOBODY first, then every vehicle that fits; a vehicle that is on its way already leaves no choice."""
    cargo = problem.orders[order].cargo
    if cargo is not None and cargo.sent is not None:
        return (Relief(NOBODY, cargo.sent.cargo_at, cargo.sent.delivered_at, 0),)
    away = {one.cargo.sent.vehicle for one in problem.orders if one.cargo and one.cargo.sent}
    sent = [_sent(problem, order, vehicle) for vehicle in range(len(problem.vehicles)) if vehicle not in away]
    return (Relief(NOBODY, FOREVER, None, 0), *(relief for relief in sent if relief is not None))


def _sent(problem: Problem, order: int, index: int) -> Relief | None:
    """The earliest case of this vehicle for this order; None where the judge accepts none."""
    record, vehicle = problem.orders[order], problem.vehicles[index]
    cargo = record.cargo
    ready = problem.start + vehicle.mobilise
    departs = [max(first, ready) for first, last in vehicle.windows if ready <= last]
    if cargo is None or not departs or not _fits(record, vehicle):
        return None
    (there, empty), (onward, loaded) = (
        problem.way(*leg) for leg in ((vehicle.place, record.place), (record.place, cargo.destination))
    )
    if min(there, onward) < 0:
        return None
    cargo_at = min(departs) + there + cargo.handover
    fen = vehicle.base_fen - (-vehicle.fen_per_km * (empty + loaded) // 1000)
    return Relief(index, cargo_at, cargo_at + onward, fen)


def _fits(order: Order, vehicle: Vehicle) -> bool:
    cargo = order.cargo
    return (
        cargo is not None
        and cargo.cargo_class in vehicle.classes
        and (cargo.coupling == -1 or cargo.coupling in vehicle.couplings)
        and cargo.mass_kg <= vehicle.max_mass_kg
        and (vehicle.hazard or not cargo.hazard)
        and (not vehicle.regions or order.region in vehicle.regions)
    )


def alone(problem: Problem, order: int) -> tuple[Alone, ...]:
    """Left out, or, for work under way, as it stands: its clocks run whatever the routes do."""
    record = problem.orders[order]
    if record.frozen is None:
        start, end, fen = problem.end, problem.end, record.drop_fen
    else:
        start, end, fen = record.frozen.start, record.frozen.until, 0
    return tuple(
        Alone(relief.vehicle, fen + relief.fen + promise_fen(record, relief, start, end))
        for relief in reliefs(problem, order)
    )


def promise_fen(order: Order, relief: Relief, start: int, end: int) -> int:
    """Lateness of all clocks and of the cargo when the work lasts from `start` to `end`."""
    fen = 0
    for clock in order.clocks:
        stopped = end if clock.at_end else start
        fen += late_fen(clock, min(stopped, relief.cargo_at) if clock.or_cargo else stopped)
    if order.cargo is not None and order.cargo.clock is not None:
        own = end + (order.cargo.drive or 0)
        fen += late_fen(order.cargo.clock, own if relief.delivered_at is None else relief.delivered_at)
    return fen


def late_fen(clock: Clock, stopped: int) -> int:
    """What the clock costs when it stops then."""
    late = stopped - clock.due
    return 0 if late <= 0 else min(clock.cap_fen, clock.breach_fen - (-clock.fen_per_hour * late // 3600))
