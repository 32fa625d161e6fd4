"""Replacement vehicles: which fits which cargo, when it gets there, what it costs, when to decide."""

import numpy as np

from ..problem import FOREVER, Ints, Order, Problem, Span, Vehicle
from .pacing import Pacing


class Fleet:
    """The problem's vehicles, ready to be asked for many orders."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        vehicles = problem.vehicles
        self.places = np.array([vehicle.place for vehicle in vehicles], np.int64)
        self.base_fen = np.array([vehicle.base_fen for vehicle in vehicles], np.int64)
        self.fen_per_km = np.array([vehicle.fen_per_km for vehicle in vehicles], np.int64)
        self.heavy = np.array([vehicle.heavy for vehicle in vehicles], np.bool_)
        self.light_pace, self.heavy_pace = (Pacing(problem.pace, heavy=heavy) for heavy in (False, True))
        self.departs = np.array([_first_in(v.windows, problem.start + v.mobilise) for v in vehicles], np.int64)

    def quotes(self, order: int) -> Ints:
        """[vehicle that fits and gets there, columns of the table QUOTES] if it were sent now, in order of vehicles."""
        record, problem = self.problem.orders[order], self.problem
        cargo, vehicles = record.cargo, problem.vehicles
        fit = [index for index, vehicle in enumerate(vehicles) if fits(vehicle, record)]
        if cargo is None or not fit or (onward := problem.way(record.place, cargo.destination))[0] < 0:
            return np.zeros((0, 5), np.int64)
        chosen = np.array(fit, np.int64)
        seconds, metres = (
            matrix[self.places[chosen], record.place].astype(np.int64) for matrix in (problem.seconds, problem.metres)
        )
        possible = (seconds >= 0) & (self.departs[chosen] < FOREVER)
        chosen, seconds, metres = chosen[possible], seconds[possible], metres[possible]
        cargo_at = self._arrivals(chosen, self.departs[chosen], seconds) + cargo.handover
        delivered_at = self._arrivals(chosen, cargo_at, np.full(len(chosen), onward[0], np.int64))
        fen = self.base_fen[chosen] - (-self.fen_per_km[chosen] * (metres + onward[1]) // 1000)
        return np.column_stack((chosen, cargo_at, delivered_at, fen, self.departs[chosen])).astype(np.int64)

    def _arrivals(self, vehicles: Ints, leaves: Ints, seconds: Ints) -> Ints:
        light, heavy = (pace.arrivals(leaves, seconds) for pace in (self.light_pace, self.heavy_pace))
        return np.where(self.heavy[vehicles], heavy, light)


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


def decide_by(problem: Problem, order: int, vehicle: int, depart: int, work: Span) -> int:
    """Until when the vehicle, which would leave at `depart` if it were sent now, can be sent so that it still keeps the
    promises that the repair, `work` from start to end, breaks; the start of the horizon when it keeps none of them."""
    record, offer = problem.orders[order], problem.vehicles[vehicle]
    cargo = record.cargo
    if cargo is None:
        return problem.start
    there, onward = problem.way(offer.place, record.place)[0], problem.way(record.place, cargo.destination)[0]
    truck, pace = (Pacing(problem.pace, heavy=heavy) for heavy in (True, offer.heavy))
    moved = [clock.due for clock in record.clocks if clock.or_cargo and work[clock.at_end] > clock.due]
    if cargo.clock and truck.arrivals(np.array(work[1:]), np.array([onward])) > cargo.clock.due:
        moved.append(pace.departure(cargo.clock.due, onward))
    late = [pace.departure(due - cargo.handover, there) for due in moved]
    departures = [_last_in(offer.windows, latest) for latest in late if latest >= depart]
    decisions = [latest - offer.mobilise for latest in departures if latest is not None]
    return min(decisions, default=problem.start)


def _first_in(windows: tuple[Span, ...], instant: int) -> int:
    return next((max(first, instant) for first, last in windows if instant <= last), FOREVER)


def _last_in(windows: tuple[Span, ...], instant: int) -> int | None:
    return max((min(last, instant) for first, last in windows if first <= instant), default=None)
