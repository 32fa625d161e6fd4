"""From a problem to the kernel's arrays."""

import itertools
from collections.abc import Container, Iterable, Mapping, Sequence

import numpy as np

from ..problem import FOREVER, Clock, Ints, Order, Problem, Told
from ..tables import HOUR, Tables
from .driving import write_legs
from .layout import (
    BREAKS,
    CARGO_AT,
    CLOCKS,
    DELIVERED_AT,
    DELIVERIES,
    DEPOTS,
    FROZEN,
    HEAVY_UNITS,
    LEGS,
    LIGHT_UNITS,
    LINES,
    NEAR_DEPOTS,
    NEAR_TOURS,
    NEIGHBOURS,
    NOWHERE,
    ORDER_COLUMNS,
    ORDERS,
    PACE,
    PAIR_FEN,
    PAIRS,
    PARTS,
    PRICES,
    QUOTE_FEN,
    QUOTES,
    SERVICE,
    TOUR_COLUMNS,
    TOURS,
    WINDOWS,
    Facts,
    allocate,
    view,
)
from .pacing import pace_rows
from .quotes import Fleet

NEAREST_ORDERS = 60
"""Nearest other orders kept per order."""

PROMISING_TOURS = 24
"""Most promising tours kept per order, whatever is planned on them."""

NEAREST_DEPOTS = 64

AT_ONCE = 256
"""Orders whose pairs with all engineers are worked out together: enough to be quick, few enough to be small."""

LONG = 10**8
"""Seconds beyond which a guess is cut off, so that prices per hour do not overflow."""

KINDS = ("courier", "transfer")


def facts_of(problem: Problem, tables: Tables, tied: Container[int] = ()) -> Facts:
    """The arrays of a problem; `tables` of the same problem, `tied` the orders that ordinary moves leave alone. What is
    near is left for `nearness.rank`."""
    shelves = _Shelves(problem)
    orders = _orders(problem, shelves, tied)
    pairs = _pairs(problem, tables)
    prices = problem.prices
    facts = _packed(
        {
            PAIRS: pairs,
            ORDERS: orders,
            WINDOWS: _grid(shelves.windows, 2),
            CLOCKS: _grid(shelves.clocks, 6),
            LINES: _grid(shelves.lines, 6),
            PARTS: _grid(shelves.parts, 1),
            DELIVERIES: _grid(shelves.deliveries, 4),
            TOURS: _tours(problem, tables),
            FROZEN: _grid([[order] for tour in problem.tours for order in tour.frozen], 1),
            DEPOTS: _grid(shelves.depots, 6),
            NEAR_DEPOTS: _nothing(orders, min(len(problem.depots), NEAREST_DEPOTS)),
            QUOTES: np.concatenate([np.zeros((0, 5), np.int64), *shelves.quotes]),
            NEIGHBOURS: _nothing(orders, min(len(orders) - 1, NEAREST_ORDERS)),
            NEAR_TOURS: _nothing(orders, min(len(problem.tours), PROMISING_TOURS)),
            BREAKS: _grid([entry for tour in problem.tours for entry in tour.breaks], 3),
            PACE: pace_rows(problem.pace),
            PRICES: _grid(
                [
                    [prices.overtime_fen_per_hour],
                    [prices.change_time_fen],
                    [prices.change_tolerance],
                    [problem.end],
                    [problem.engineers],
                    [prices.fairness_fen_per_hour],
                    [prices.fairness_free],
                    [prices.travel_fen_per_hour],
                    [prices.distance_fen_per_km],
                    [0],
                    [0],
                ],
                1,
            ),
        },
        places=len(problem.seconds),
    )
    write_legs(facts, problem.seconds, problem.metres)
    return facts


def _packed(tables: Mapping[int, Ints], *, places: int) -> Facts:
    """One memory with these tables, [row, columns ...], and with room for the legs between so many places."""
    flat = {table: rows.reshape(len(rows), int(np.prod(rows.shape[1:]))) for table, rows in tables.items()}
    memory = allocate({LEGS: (places, places)} | {table: rows.shape for table, rows in flat.items()})
    for table, rows in flat.items():
        view(memory, table)[:] = rows
    return memory


def _grid(rows: Sequence[Sequence[int]], columns: int) -> Ints:
    return np.array(rows, np.int64).reshape(len(rows), columns)


def _nothing(orders: Ints, columns: int) -> Ints:
    """A table by order that is filled later."""
    return np.full((len(orders), max(1, columns)), NOWHERE, np.int64)


def _pairs(problem: Problem, tables: Tables) -> Ints:
    pairs = np.full((len(problem.orders), max(1, problem.engineers), 2), NOWHERE, np.int64)
    for first in range(0, len(problem.orders), AT_ONCE):
        orders = range(first, min(first + AT_ONCE, len(problem.orders)))
        allowed = np.zeros((len(orders), problem.engineers), np.bool_)
        for row, order in zip(allowed, orders, strict=True):
            row[tables.allowed(order)] = True
        for column, values in zip((SERVICE, PAIR_FEN), tables.pairs(orders), strict=True):
            pairs[first : first + len(orders), : problem.engineers, column] = np.where(allowed, values, NOWHERE)
    return pairs


class _Shelves:
    """What orders, lines and depots point into: grown row by row."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.windows: list[Sequence[int]] = []
        self.clocks: list[Sequence[int]] = []
        self.lines: list[Sequence[int]] = []
        self.parts: list[Sequence[int]] = []
        self.deliveries: list[Sequence[int]] = []
        self.quotes: list[Ints] = []
        self.quoted, self.fleet = 0, Fleet(problem)
        self.depots = [
            (
                depot.place,
                depot.pickup,
                *self.add_windows(depot.windows),
                problem.shelf(problem.engineers + index),
                depot.fee_fen,
            )
            for index, depot in enumerate(problem.depots)
        ]

    def add_windows(self, windows: Iterable[Sequence[int]]) -> tuple[int, int]:
        first = len(self.windows)
        self.windows += windows
        return first, len(self.windows)

    def add_clocks(self, clocks: Iterable[Clock]) -> tuple[int, int]:
        first = len(self.clocks)
        self.clocks += [(c.due, c.fen_per_hour, c.breach_fen, c.cap_fen, c.at_end, c.or_cargo) for c in clocks]
        return first, len(self.clocks)

    def add_kit(self, order: Order) -> tuple[int, int]:
        first, depots = len(self.lines), self.problem.engineers
        for line in order.kit:
            part, delivery = len(self.parts), len(self.deliveries)
            self.parts += [(part,) for part in line.parts]
            cheap = sorted(line.deliveries, key=lambda d: (d.fee_fen, d.arrives_at))
            self.deliveries += [(KINDS.index(d.kind), depots + d.depot, d.arrives_at, d.fee_fen) for d in cheap]
            miss = NOWHERE if line.miss_fen is None else line.miss_fen
            self.lines.append((line.quantity, miss, part, len(self.parts), delivery, len(self.deliveries)))
        return first, len(self.lines)

    def add_quotes(self, index: int, order: Order) -> tuple[int, int]:
        first = self.quoted
        if order.cargo and not order.cargo.sent:
            quotes = self.fleet.quotes(index)
            self.quotes.append(quotes[np.argsort(_left_to_pay(order, quotes), kind="stable")])
            self.quoted += len(quotes)
        return first, self.quoted


def _left_to_pay(order: Order, quotes: Ints) -> Ints:
    """What each vehicle costs together with the lateness that it cannot save."""
    fen = quotes[:, QUOTE_FEN]
    for clock in order.clocks:
        if clock.or_cargo:
            fen = fen + _late_fen(clock, quotes[:, CARGO_AT])
    if order.cargo and order.cargo.clock:
        fen = fen + _late_fen(order.cargo.clock, quotes[:, DELIVERED_AT])
    return fen


def _late_fen(clock: Clock, stopped: Ints) -> Ints:
    late = np.minimum(np.maximum(stopped - clock.due, 0), LONG)  # of so few, clip spends its time on types
    owed = np.minimum(clock.breach_fen - (-clock.fen_per_hour * late // HOUR), clock.cap_fen)
    return np.where(late > 0, owed, 0)


def _orders(problem: Problem, shelves: _Shelves, tied: Container[int]) -> Ints:
    rows = np.zeros((len(problem.orders), ORDER_COLUMNS), np.int64)
    for index, order in enumerate(problem.orders):
        cargo = order.cargo
        cargo_clock = shelves.add_clocks([cargo.clock])[0] if cargo and cargo.clock else NOWHERE
        told = order.published or Told(NOWHERE, 0)
        held = told.start - problem.prices.change_tolerance
        due = min((clock.due for clock in order.clocks), default=FOREVER)
        last = order.windows[-1][1] if order.windows else FOREVER
        rows[index] = (
            order.place,
            *shelves.add_windows(order.windows),
            *shelves.add_clocks(order.clocks),
            cargo_clock,
            (cargo.drive or 0) if cargo else 0,
            *shelves.add_kit(order),
            *shelves.add_quotes(index, order),
            order.preventive,
            index in tied,
            told.engineer,
            told.start,
            held if order.published and all(held <= clock.due for clock in order.clocks) else -FOREVER,
            order.drop_fen,
            order.is_fixed,
            order.frozen.start if order.frozen else FOREVER,
            order.frozen.until if order.frozen else FOREVER,
            min(due, last),
        )
    return rows


def _nights(problem: Problem, tour: int) -> int:
    """Nights of a stay after the tour, 0 where there is none: work under way on the next one begins elsewhere."""
    later = problem.tour_after(tour)
    return 0 if later is None or problem.tours[later].frozen else problem.tours[tour].nights


def _tours(problem: Problem, tables: Tables) -> Ints:
    rows = np.zeros((len(problem.tours), TOUR_COLUMNS), np.int64)
    neighbours: dict[int, tuple[int, int]] = {}
    for own in problem.tours_of:
        neighbours |= {tour: (own[i - 1] if i else NOWHERE, (*own, NOWHERE)[i + 1]) for i, tour in enumerate(own)}
    ends = list(itertools.accumulate((len(tour.frozen) for tour in problem.tours), initial=0))
    breaks = list(itertools.accumulate((len(tour.breaks) for tour in problem.tours), initial=0))
    for index, tour in enumerate(problem.tours):
        rows[index] = (
            tour.engineer,
            tables.first_place(index),
            tour.end_place,
            int(tables.tour_starts[index]),
            tour.end,
            tour.limit,
            tour.max_orders,
            tour.preventive_room,
            ends[index],
            ends[index + 1],
            *neighbours[index],
            breaks[index],
            breaks[index + 1],
            HEAVY_UNITS if problem.heavy[tour.engineer] else LIGHT_UNITS,
            int(problem.burden[tour.engineer]),
            _nights(problem, index),
            tour.nights * int(problem.night_fen[tour.engineer]),
            int(problem.max_nights[tour.engineer]),
        )
    return rows
