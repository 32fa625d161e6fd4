"""One stop of a tour: when it starts, when it ends, what it costs. The one place where engines count money.

A visit is an int: an order (0, 1, ...) or a pick-up at a depot (-1 - depot).
"""

from collections.abc import Iterable
from copy import copy

from .problem import FOREVER, Order, Span
from .tables import HOUR, Tables, late_fen, rounded_up

State = tuple[int, int, int]
"""(place, instant at which the engineer is free there, fen so far)"""


class Relief:
    """What the parts and the replacement vehicles mean for the orders' times, indexed by order.

    `release`: the work waits for a delivery until then. `moved`, `delivered`: when a replacement vehicle has
    the cargo moving and delivered (FOREVER: none is sent).
    """

    def __init__(self, orders: tuple[Order, ...]) -> None:
        self.release = [-FOREVER] * len(orders)
        sent = [order.cargo.sent if order.cargo else None for order in orders]
        self.moved = [s.cargo_at if s else FOREVER for s in sent]
        self.delivered = [s.delivered_at if s else FOREVER for s in sent]

    def copy(self) -> "Relief":
        """An independent copy."""
        twin = copy(self)
        twin.release, twin.moved, twin.delivered = self.release.copy(), self.moved.copy(), self.delivered.copy()
        return twin


def promise_fen(order: Order, start: int, end: int, moved: int, delivered: int) -> int:
    """Lateness of the clocks and of the cargo, when the work runs from `start` to `end`."""
    fen = 0
    for _, due, fen_per_hour, breach, cap, at_end, or_cargo in order.clocks:
        stopped = end if at_end else start
        if or_cargo and moved < stopped:
            stopped = moved
        if stopped > due:  # late_fen() in place: this is the innermost loop of every search
            late = breach - (-fen_per_hour * (stopped - due) // HOUR)
            fen += late if late < cap else cap
    if order.cargo and order.cargo.clock:
        fen += late_fen(order.cargo.clock, arrival_of_cargo(order, end, delivered))
    return fen


def arrival_of_cargo(order: Order, end: int, delivered: int) -> int:
    """When the cargo reaches its destination: by the replacement vehicle or by the repaired truck."""
    if delivered < FOREVER or order.cargo is None:
        return delivered
    return end + (order.cargo.drive or 0)


def dropped_fen(tables: Tables, order: int, relief: Relief) -> int:
    """Price of leaving the order out: drop price, and its promises at the end of the horizon."""
    record, end = tables.orders[order], tables.problem.end
    return record.drop_fen + promise_fen(record, end, end, relief.moved[order], relief.delivered[order])


def _opening(windows: tuple[Span, ...], ready: int) -> int:
    for first, last in windows:
        if ready <= last:
            return ready if ready > first else first
    return FOREVER


def _start_of_work(tables: Tables, order: Order, engineer: int, ready: int) -> int:
    """Earliest start from `ready` on; FOREVER when there is none.

    A published appointment is not moved forward by more than the tolerance, unless a clock is running late.
    """
    start = _opening(order.windows, ready)
    if order.pin_start is not None:
        return order.pin_start if start <= order.pin_start == _opening(order.windows, order.pin_start) else FOREVER
    if order.published is not None and order.published[0] == engineer and tables.problem.prices.change_time_fen:
        told = order.published[1] - tables.problem.prices.change_tolerance
        if start < told and all(told <= clock.due for clock in order.clocks):
            return _opening(order.windows, told)
    return start


def step(tables: Tables, relief: Relief, engineer: int, state: State, visit: int) -> tuple[int, int, int, int] | None:
    """Drive from `state` to `visit` and do it.

    Returns (place, start, end, fen so far), or None when no start is possible.
    """
    place, clock, fen = state
    if visit < 0:
        depot = tables.depots[-1 - visit]
        there = depot.place
        start = _opening(depot.windows, clock + tables.seconds[place, there])
        if start >= FOREVER:
            return None
        return there, start, start + depot.pickup, fen + tables.leg_fen[place, there]
    order = tables.orders[visit]
    there = order.place
    ready = clock + tables.seconds[place, there]
    start = _start_of_work(tables, order, engineer, max(ready, relief.release[visit]))
    if start >= FOREVER:
        return None
    end = start + tables.service(visit, engineer)
    fen += tables.leg_fen[place, there] + promise_fen(order, start, end, relief.moved[visit], relief.delivered[visit])
    prices = tables.problem.prices
    told = order.published
    if told and told[0] == engineer and abs(start - told[1]) > prices.change_tolerance:
        fen += prices.change_time_fen
    return there, start, end, fen


def finish(tables: Tables, tour: int, state: State) -> int | None:
    """Fen of the whole tour after the drive home and its overtime; None when home is out of reach in time."""
    record = tables.tours[tour]
    place, clock, fen = state
    home: int = clock + tables.seconds[place, record.end_place]
    if home > record.limit:
        return None
    fen += int(tables.leg_fen[place, record.end_place])
    if home > record.end:
        fen += rounded_up(tables.problem.prices.overtime_fen_per_hour, home - record.end)
    return fen


def begin(tables: Tables, relief: Relief, tour: int) -> State:
    """State before the first new stop: at the start place, or at the end of the work under way."""
    record = tables.tours[tour]
    if not record.frozen:
        return record.start_place, record.start, 0
    fen, until = 0, record.start
    for order in record.frozen:
        work = tables.orders[order]
        assert work.frozen is not None  # noqa: S101 (tours list only orders under way)
        until = max(until, work.frozen.until)
        fen += promise_fen(work, work.frozen.start, work.frozen.until, relief.moved[order], relief.delivered[order])
    return tables.first_place(tour), until, fen


def states(tables: Tables, relief: Relief, tour: int, visits: Iterable[int]) -> list[State] | None:
    """State before the first and after every visit; None when one of them is impossible."""
    engineer = tables.tours[tour].engineer
    found = [begin(tables, relief, tour)]
    for visit in visits:
        after = step(tables, relief, engineer, found[-1], visit)
        if after is None:
            return None
        found.append((after[0], after[2], after[3]))
    return found
