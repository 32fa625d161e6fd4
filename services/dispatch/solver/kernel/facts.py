"""From a problem to the kernel's arrays."""

import itertools
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..plan import Case
from ..problem import FOREVER, Clock, Ints, Order, Problem
from ..tables import HOUR, Tables, late_fen
from .layout import (
    CLOCKS,
    DELIVERIES,
    DEPOTS,
    DRIVE,
    FROZEN,
    LEG_FEN,
    LEGS,
    LINES,
    NEAR_DEPOTS,
    NEAR_TOURS,
    NEIGHBOURS,
    NOWHERE,
    ORDER_COLUMNS,
    ORDERS,
    PAIR_FEN,
    PAIRS,
    PARTS,
    PRICES,
    QUICK,
    QUOTES,
    SERVICE,
    TOUR_COLUMNS,
    TOURS,
    WINDOWS,
    Facts,
    allocate,
    view,
)

NEAREST_ORDERS = 60
"""Nearest other orders kept per order."""

PROMISING_TOURS = 24
"""Most promising tours kept per order, whatever is planned on them."""

NEAREST_DEPOTS = 64

LONG = 10**8
"""Seconds beyond which a guess is cut off, so that prices per hour do not overflow."""

KINDS = ("courier", "transfer")


def facts_of(problem: Problem, tables: Tables) -> Facts:
    """The arrays of a problem; `tables` of the same problem."""
    shelves = _Shelves(problem)
    orders = _orders(problem, tables, shelves)
    pairs = _pairs(problem, tables)
    prices = problem.prices
    return _packed(
        {
            LEGS: _legs(tables),
            PAIRS: pairs,
            ORDERS: orders,
            WINDOWS: _grid(shelves.windows, 2),
            CLOCKS: _grid(shelves.clocks, 6),
            LINES: _grid(shelves.lines, 6),
            PARTS: _grid(shelves.parts, 1),
            DELIVERIES: _grid(shelves.deliveries, 4),
            QUICK: _grid(shelves.quick, 1),
            TOURS: _tours(problem, tables),
            FROZEN: _grid([[order] for tour in problem.tours for order in tour.frozen], 1),
            DEPOTS: _grid(shelves.depots, 4),
            NEAR_DEPOTS: _near_depots(problem, tables),
            QUOTES: _grid(shelves.quotes, 6),
            NEIGHBOURS: _neighbours(problem, tables),
            NEAR_TOURS: _near_tours(problem, tables, pairs),
            PRICES: _grid(
                [
                    [prices.overtime_fen_per_hour],
                    [prices.change_time_fen],
                    [prices.change_tolerance],
                    [problem.end],
                    [problem.engineers],
                ],
                1,
            ),
        }
    )


def _packed(tables: Mapping[int, Ints]) -> Facts:
    """One memory with these tables, [row, columns ...]."""
    flat = {table: rows.reshape(len(rows), int(np.prod(rows.shape[1:]))) for table, rows in tables.items()}
    memory = allocate({table: rows.shape for table, rows in flat.items()})
    for table, rows in flat.items():
        view(memory, table)[:] = rows
    return memory


def _grid(rows: Sequence[Sequence[int]], columns: int) -> Ints:
    return np.array(rows, np.int64).reshape(len(rows), columns)


def _legs(tables: Tables) -> Ints:
    legs = np.empty((*tables.drive.shape, 2), np.int64)
    legs[:, :, DRIVE] = np.minimum(tables.drive, FOREVER)
    legs[:, :, LEG_FEN] = np.asarray(tables.leg_fen)
    return legs


def _pairs(problem: Problem, tables: Tables) -> Ints:
    pairs = np.full((len(problem.orders), max(1, problem.engineers), 2), NOWHERE, np.int64)
    for order, record in enumerate(problem.orders):
        allowed = tables.allowed(order)
        levels = problem.level[allowed, record.skills[0][0]] if record.skills else np.zeros(len(allowed), np.int64)
        pairs[order, allowed, SERVICE] = np.array(record.service, np.int64)[levels]
        pairs[order, allowed, PAIR_FEN] = tables.unary_fen(order)[allowed]
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
        self.quick: list[Sequence[int]] = []
        self.quotes: list[Sequence[int]] = []
        self.depots = [(depot.place, depot.pickup, *self.add_windows(depot.windows)) for depot in problem.depots]

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
            soon = sorted(range(len(cheap)), key=lambda index: (cheap[index].arrives_at, cheap[index].fee_fen))
            self.quick += [(delivery + index,) for index in soon]
            miss = NOWHERE if line.miss_fen is None else line.miss_fen
            self.lines.append((line.quantity, miss, part, len(self.parts), delivery, len(self.deliveries)))
        return first, len(self.lines)

    def add_quotes(self, order: Order, cases: Iterable[Case]) -> tuple[int, int]:
        first = len(self.quotes)
        ranked = sorted(cases, key=lambda case: (_left_to_pay(order, case), case.vehicle))
        self.quotes += [(c.vehicle, c.cargo_at, c.delivered_at, c.fen, c.decide_by, c.depart) for c in ranked]
        return first, len(self.quotes)


def _left_to_pay(order: Order, case: Case) -> int:
    """What the vehicle costs together with the lateness that it cannot save."""
    late = sum(late_fen(clock, case.cargo_at) for clock in order.clocks if clock.or_cargo)
    if order.cargo and order.cargo.clock:
        late += late_fen(order.cargo.clock, case.delivered_at)
    return case.fen + late


def _orders(problem: Problem, tables: Tables, shelves: _Shelves) -> Ints:
    rows = np.zeros((len(problem.orders), ORDER_COLUMNS), np.int64)
    for index, order in enumerate(problem.orders):
        cargo = order.cargo
        cargo_clock = shelves.add_clocks([cargo.clock])[0] if cargo and cargo.clock else NOWHERE
        quotes = tables.quotes(index) if cargo and not cargo.sent else ()
        told = order.published or (NOWHERE, 0)
        held = told[1] - problem.prices.change_tolerance
        due = min((clock.due for clock in order.clocks), default=FOREVER)
        last = order.windows[-1][1] if order.windows else FOREVER
        rows[index] = (
            order.place,
            *shelves.add_windows(order.windows),
            *shelves.add_clocks(order.clocks),
            cargo_clock,
            (cargo.drive or 0) if cargo else 0,
            *shelves.add_kit(order),
            *shelves.add_quotes(order, quotes),
            order.preventive,
            FOREVER if order.pin_start is None else order.pin_start,
            told[0],
            told[1],
            held if order.published and all(held <= clock.due for clock in order.clocks) else -FOREVER,
            order.drop_fen,
            order.pin_engineer is not None or order.pin_start is not None,
            order.frozen.start if order.frozen else FOREVER,
            order.frozen.until if order.frozen else FOREVER,
            min(due, last),
        )
    return rows


def _tours(problem: Problem, tables: Tables) -> Ints:
    rows = np.zeros((len(problem.tours), TOUR_COLUMNS), np.int64)
    neighbours: dict[int, tuple[int, int]] = {}
    for own in problem.tours_of:
        neighbours |= {tour: (own[i - 1] if i else NOWHERE, (*own, NOWHERE)[i + 1]) for i, tour in enumerate(own)}
    ends = list(itertools.accumulate((len(tour.frozen) for tour in problem.tours), initial=0))
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
        )
    return rows


def _ranked(scores: NDArray[np.int64], count: int) -> Ints:
    """Positions of the lowest scores below FOREVER, lowest first, filled up with -1."""
    ranking = np.argsort(scores, kind="stable")[:count]
    ranking = ranking[scores[ranking] < FOREVER]
    found = np.full(count, NOWHERE, np.int64)
    found[: len(ranking)] = ranking
    return found


def _near_depots(problem: Problem, tables: Tables) -> Ints:
    count = max(1, min(len(problem.depots), NEAREST_DEPOTS))
    places = np.array([depot.place for depot in problem.depots], np.int64)
    found = np.full((len(problem.orders), count), NOWHERE, np.int64)
    for order, record in enumerate(problem.orders):
        if record.kit and len(places):
            found[order] = _ranked(tables.drive[places, record.place], count)
    return found


def _neighbours(problem: Problem, tables: Tables) -> Ints:
    count = max(1, min(NEAREST_ORDERS, len(problem.orders) - 1))
    found = np.full((len(problem.orders), count), NOWHERE, np.int64)
    loose = np.array([index for index, order in enumerate(problem.orders) if not order.frozen], np.int64)
    places = tables.places[loose]
    for row, order in enumerate(loose):
        drive = np.minimum(tables.drive[places[row], places], FOREVER)
        drive[row] = FOREVER
        nearest = _ranked(drive, min(count, len(loose)))
        found[order, : len(nearest)] = np.where(nearest >= 0, loose[nearest], NOWHERE)
    return found


def _near_tours(problem: Problem, tables: Tables, pairs: Ints) -> Ints:
    """Tours of allowed engineers by what the order would cost if it were the tour's only one."""
    count = max(1, min(len(problem.tours), PROMISING_TOURS))
    found = np.full((len(problem.orders), count), NOWHERE, np.int64)
    engineers = tables.tour_engineers
    for order, record in enumerate(problem.orders):
        if record.frozen or not len(engineers):
            continue
        drive = np.minimum(tables.drive[tables.tour_start_places, record.place], FOREVER)
        service = pairs[order, engineers, SERVICE]
        first = record.windows[0][0] if record.windows else FOREVER
        start = np.maximum(tables.tour_starts + drive, first)
        late = _late_fen(record, start, start + service)
        fen = (
            problem.prices.travel_fen_per_hour * np.minimum(drive, LONG) // HOUR
            + pairs[order, engineers, PAIR_FEN]
            + late
        )
        possible = (service >= 0) & (start + service <= tables.tour_limits) & (drive < FOREVER)
        found[order] = _ranked(np.where(possible, np.minimum(fen, FOREVER - 1), FOREVER), count)
    return found


def _late_fen(order: Order, start: Ints, end: Ints) -> Ints:
    fen = np.zeros(len(start), np.int64)
    for clock in order.clocks:
        late = np.clip((end if clock.at_end else start) - clock.due, 0, LONG)
        owed = np.minimum(clock.breach_fen + clock.fen_per_hour * late // HOUR, clock.cap_fen)
        fen += np.where(late > 0, owed, 0)
    return fen
