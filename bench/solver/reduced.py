"""A rich problem as engines without parts, cargo and locked plans can see it: the common ground of the peers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.dispatch.solver import Problem
from services.dispatch.solver.problem import Order, Span

Ints = npt.NDArray[np.int64]
Sequences = dict[int, list[int]]
"""Orders by tour, in the order in which they are driven to; depots are not named."""


@dataclass(frozen=True)
class Reduced:
    """Tours that begin where work under way ends, and the orders that are still to be planned.

    `allowed`, `service`: [tour, order] who may, and how long it takes; for all orders, also those under way. `leg_fen`:
    [place, place] price of driving. `begins`, `starts`: place and instant at which a tour can take its first order.
    """

    problem: Problem
    orders: list[int]
    begins: list[int]
    starts: list[int]
    allowed: npt.NDArray[np.bool_]
    service: Ints
    leg_fen: Ints

    @property
    def seconds(self) -> Ints:
        """[place, place]; where there is no way, longer than any plan."""
        return np.where(self.problem.seconds < 0, 10**7, self.problem.seconds).astype(np.int64)

    def longest(self, order: int) -> int:
        """Work of the order where nobody is quick."""
        return max(self.problem.orders[order].service)

    def windows(self, order: int) -> list[Span]:
        """Hard windows within the horizon."""
        now, end = self.problem.start, self.problem.end
        record = self.problem.orders[order]
        pin = record.pin_start
        spans = record.windows if pin is None else ((pin, pin),)
        return [(max(first, now), min(last, end)) for first, last in spans if last >= now and first <= end]

    def due(self, order: int) -> int | None:
        """The last start that keeps every clock which can still be kept; None without such a clock."""
        record, work = self.problem.orders[order], self.longest(order)
        dues = [clock.due - (work if clock.at_end else 0) for clock in record.clocks]
        return min((due for due in dues if due > self.problem.start), default=None)

    def promised_windows(self, order: int) -> list[Span]:
        """For engines with hard windows only: up to the last start that keeps the promise, if any is left."""
        due, spans = self.due(order), self.windows(order)
        kept = [(first, min(last, due)) for first, last in spans if first <= due] if due is not None else []
        return kept or spans

    def slope(self, order: int) -> tuple[int, int]:
        """(instant from which waiting costs, fen per hour from then on over the first hours)."""
        record, work = self.problem.orders[order], self.longest(order)
        first = min((clock.due - (work if clock.at_end else 0) for clock in record.clocks), default=0)
        span = 4
        fen = late_fen(record, first + span * 3600, work) - late_fen(record, first, work)
        return first, fen // span

    def drop_fen(self, order: int) -> int:
        """Price of leaving the order out, its clocks included."""
        return self.problem.orders[order].drop_fen + late_fen(self.problem.orders[order], self.problem.end, 0)


def late_fen(order: Order, start: int, work: int) -> int:
    """Lateness of the clocks when the work starts then."""
    fen = 0
    for clock in order.clocks:
        late = start + (work if clock.at_end else 0) - clock.due
        if late > 0:
            fen += min(clock.cap_fen, clock.breach_fen - (-clock.fen_per_hour * late // 3600))
    return fen


def reduced(problem: Problem) -> Reduced:
    """The common ground of one problem."""
    tours, prices = problem.tours, problem.prices
    engineers = np.array([tour.engineer for tour in tours])
    seconds, metres = (np.maximum(ways, 0).astype(np.int64) for ways in (problem.seconds, problem.metres))
    time_fen = -(-prices.travel_fen_per_hour * seconds // 3600)
    untils = [[f.until for o in tour.frozen if (f := problem.orders[o].frozen)] for tour in tours]
    return Reduced(
        problem=problem,
        orders=[index for index, order in enumerate(problem.orders) if order.frozen is None],
        begins=[problem.orders[tour.frozen[-1]].place if tour.frozen else tour.start_place for tour in tours],
        starts=[max([tour.start, *until]) for tour, until in zip(tours, untils, strict=True)],
        allowed=np.stack([_allowed(problem, order)[engineers] for order in problem.orders], axis=1),
        service=np.stack([_service(problem, order)[engineers] for order in problem.orders], axis=1),
        leg_fen=time_fen - (-prices.distance_fen_per_km * metres // 1000),
    )


def _allowed(problem: Problem, order: Order) -> npt.NDArray[np.bool_]:
    fit = np.ones(problem.engineers, np.bool_)
    for skill, level in order.skills:
        fit &= problem.level[:, skill] >= level
    fit &= problem.certificate[:, list(order.certificates)].all(axis=1)
    fit[list(order.excluded)] = False
    if order.pin_engineer is not None:
        fit &= np.arange(problem.engineers) == order.pin_engineer
    return fit


def _service(problem: Problem, order: Order) -> Ints:
    levels = problem.level[:, order.skills[0][0]] if order.skills else np.zeros(problem.engineers, np.int64)
    return np.array(order.service, np.int64)[levels]
