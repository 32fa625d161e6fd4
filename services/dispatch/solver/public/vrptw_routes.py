"""Routes of a VRPTW under change, for kernels: every test of an insertion takes constant time.

One row per customer and one per route (row `customers + 1 + r`: the depot as its start and its end); rows are linked
in a ring. Row 0 is not in use. Functions of the inner loop take single arrays: to hand over a named tuple costs more
than what they do.
"""

from typing import NamedTuple

import numpy as np

from ..blocks import Matrix
from ..compiled import kernel
from .problems import Bools, Ints, Vrptw

NEXT, PREVIOUS, ROUTE, DEPART, LATEST, LEG, PLACE, SERVICE = range(8)
"""Columns of a row: neighbours in the ring; route (-1: absent); earliest end of service; latest start of service that
keeps the rest of the route possible; way to the next; index in the distance matrix; duration of service."""

READY, DUE, DEMAND = range(8, 11)
"""More columns: earliest and latest start of service; load."""

CHANGING, COLUMNS = LEG + 1, 16
"""The first columns change; a row fills two cache lines."""

LOAD, STOPS, SAVED = range(3)
"""Columns of `Routes.totals`: demand and customers of a route; the step in which its rows were saved."""

COST, STEP, ROWS, BEST, OPEN = range(5)
"""Entries of `Routes.counts`: total distance; number of the step; saved rows; total distance of the best; routes with
customers."""

FAR = 2**61
"""Reach of a customer beside the depot; an absent one has -FAR."""


class Scene(NamedTuple):
    """What does not change. `distance` is symmetric."""

    distance: Matrix
    capacity: int
    served: Bools
    """[node] customers that a vehicle of their own can serve; the others stay absent."""
    near: Matrix
    """[customer, rank] whom to serve next to, best first; -1 fills up."""
    ranks: Ints
    """[order, customer] keys of the orders of insertion."""


class Routes(NamedTuple):
    """What changes."""

    rows: Ints
    totals: Ints
    counts: Ints
    saved: Ints
    """Rows as they were before this step."""
    saved_at: Ints
    best: Ints
    """Column NEXT of the best routes; stale while the present routes are the best."""
    absent: Ints
    reach: Ints
    """[row] the longer way to a neighbour on the route: of two neighbours the newcomer tries the nearer one first, so a
    place beside a customer costs at least twice the way to it less its reach."""


def empty_routes(problem: Vrptw) -> Routes:
    """No route, every customer absent."""
    size = problem.size
    rows = np.zeros((2 * size, COLUMNS), np.int64)
    rows[:size, ROUTE], rows[:size, PLACE], rows[:size, SERVICE] = -1, np.arange(size), problem.service
    rows[:size, READY], rows[:size, DUE], rows[:size, DEMAND] = problem.ready, problem.due, problem.demand
    depots = np.arange(size, 2 * size)
    rows[size:, NEXT], rows[size:, PREVIOUS], rows[size:, ROUTE] = depots, depots, np.arange(size)
    rows[size:, DEPART], rows[size:, LATEST] = problem.ready[0], problem.due[0]
    return Routes(
        rows=rows,
        totals=np.zeros((size, 3), np.int64),
        counts=np.zeros(5, np.int64),
        saved=rows.copy(),
        saved_at=np.zeros(2 * size, np.int64),
        best=rows[:, NEXT].copy(),
        absent=np.zeros(size, np.int64),
        reach=np.full(2 * size, -FAR),
    )


@kernel
def clear(rows: Ints, totals: Ints, counts: Ints, reach: Ints) -> None:
    """Leave every customer absent and no route."""
    size = len(totals)
    for route in range(size):
        depot = size + route
        rows[depot, NEXT], rows[depot, PREVIOUS], rows[depot, LEG] = depot, depot, 0
        totals[route, LOAD], totals[route, STOPS] = 0, 0
        rows[route, ROUTE] = -1  # a route and a customer of the same number
        reach[route], reach[depot] = -FAR, -FAR
    counts[COST], counts[OPEN] = 0, 0


@kernel
def note_reach(rows: Ints, reach: Ints, row: int) -> None:
    """Renew a row's reach from its neighbours."""
    before, after = rows[row, PREVIOUS], rows[row, NEXT]
    reach[row] = FAR if 2 * max(before, after) >= len(rows) else max(rows[row, LEG], rows[before, LEG])


@kernel
def save(rows: Ints, totals: Ints, counts: Ints, saved: Ints, saved_at: Ints, route: int) -> None:
    """Note a route's rows before its first change in this step."""
    if totals[route, SAVED] == counts[STEP]:
        return
    totals[route, SAVED] = counts[STEP]
    depot = len(totals) + route
    row, count = depot, counts[ROWS]
    while True:
        saved_at[count] = row
        for column in range(CHANGING):
            saved[count, column] = rows[row, column]
        count += 1
        row = rows[row, NEXT]
        if row == depot:
            break
    counts[ROWS] = count


@kernel
def restore(routes: Routes) -> None:
    """Back to the routes before this step."""
    totals, rows, saved, saved_at = routes.totals, routes.rows, routes.saved, routes.saved_at
    size = len(totals)
    for index in range(routes.counts[ROWS]):
        row = saved_at[index]
        for column in range(CHANGING):
            rows[row, column] = saved[index, column]
        route = rows[row, ROUTE]
        if row >= size:
            routes.counts[OPEN] -= totals[route, STOPS] > 0
            routes.counts[OPEN] += rows[row, NEXT] != row
            totals[route, LOAD], totals[route, STOPS] = 0, 0
        else:
            totals[route, LOAD] += rows[row, DEMAND]
            totals[route, STOPS] += 1
    for index in range(routes.counts[ROWS]):
        note_reach(rows, routes.reach, saved_at[index])


@kernel
def keep_best(routes: Routes) -> None:
    """The routes before this step become the best ones."""
    best, rows = routes.best, routes.rows
    for row in range(len(rows)):
        best[row] = rows[row, NEXT]
    for index in range(routes.counts[ROWS]):
        best[routes.saved_at[index]] = routes.saved[index, NEXT]


@kernel
def retime_onward(rows: Ints, size: int, row: int, last: int) -> None:
    """Renew departures after `row`; past `last` only as far as something changes."""
    depart, leg = rows[row, DEPART], rows[row, LEG]
    done = row == last
    row = rows[row, NEXT]
    while row < size:
        end = max(depart + leg, rows[row, READY]) + rows[row, SERVICE]
        if done and end == rows[row, DEPART]:
            return
        rows[row, DEPART] = end
        done |= row == last
        depart, leg = end, rows[row, LEG]
        row = rows[row, NEXT]


@kernel
def retime_back(rows: Ints, size: int, row: int, first: int) -> None:
    """Renew latest starts before `row`; past `first` only as far as something changes."""
    latest = rows[row, LATEST]
    done = row == first
    row = rows[row, PREVIOUS]
    while row < size:
        start = min(latest - rows[row, LEG] - rows[row, SERVICE], rows[row, DUE])
        if done and start == rows[row, LATEST]:
            return
        rows[row, LATEST] = start
        done |= row == first
        latest = start
        row = rows[row, PREVIOUS]


@kernel
def insert(distance: Matrix, rows: Ints, totals: Ints, counts: Ints, reach: Ints, customer: int, after: int) -> None:
    """Serve an absent customer after a row of a saved route, where that is known to be possible."""
    route, before = rows[after, ROUTE], rows[after, NEXT]
    there = distance[customer, rows[after, PLACE]]
    onward = distance[customer, rows[before, PLACE]]
    counts[COST] += there + onward - rows[after, LEG]
    totals[route, LOAD] += rows[customer, DEMAND]
    totals[route, STOPS] += 1
    counts[OPEN] += totals[route, STOPS] == 1
    rows[after, NEXT], rows[after, LEG] = customer, there
    rows[before, PREVIOUS] = customer
    rows[customer, NEXT], rows[customer, PREVIOUS], rows[customer, ROUTE] = before, after, route
    rows[customer, LEG] = onward
    note_reach(rows, reach, after)
    note_reach(rows, reach, customer)
    note_reach(rows, reach, before)
    retime_onward(rows, len(totals), after, customer)
    retime_back(rows, len(totals), before, customer)


@kernel
def remove(distance: Matrix, rows: Ints, totals: Ints, counts: Ints, reach: Ints, customer: int) -> None:
    """Take a customer out of its saved route; the route's times are renewed by `retime` later."""
    route, before, after = rows[customer, ROUTE], rows[customer, PREVIOUS], rows[customer, NEXT]
    leg = distance[rows[before, PLACE], rows[after, PLACE]]
    counts[COST] += leg - rows[before, LEG] - rows[customer, LEG]
    totals[route, LOAD] -= rows[customer, DEMAND]
    totals[route, STOPS] -= 1
    counts[OPEN] -= totals[route, STOPS] == 0
    rows[before, NEXT], rows[before, LEG] = after, leg
    rows[after, PREVIOUS] = before
    rows[customer, ROUTE], reach[customer] = -1, -FAR
    note_reach(rows, reach, before)
    note_reach(rows, reach, after)


@kernel
def retime(rows: Ints, size: int, route: int) -> None:
    """Renew all times of a route."""
    depot = size + route
    retime_onward(rows, size, depot, rows[depot, PREVIOUS])
    retime_back(rows, size, depot, rows[depot, NEXT])


@kernel
def exchange_ends(
    distance: Matrix, rows: Ints, totals: Ints, counts: Ints, reach: Ints, customer: int, other: int
) -> None:
    """Let a customer be followed by another of another route and what came before that one by what followed the first,
    both routes saved and the exchange known to be possible."""
    size = len(totals)
    route, others_route = rows[customer, ROUTE], rows[other, ROUTE]
    depot, others_depot = size + route, size + others_route
    after, before = rows[customer, NEXT], rows[other, PREVIOUS]
    last, others_last = rows[depot, PREVIOUS], rows[others_depot, PREVIOUS]
    there, back = distance[customer, other], distance[rows[before, PLACE], rows[after, PLACE]]
    counts[COST] += there + back - rows[customer, LEG] - rows[before, LEG]
    rows[customer, NEXT], rows[customer, LEG], rows[other, PREVIOUS] = other, there, customer
    rows[others_last, NEXT], rows[depot, PREVIOUS] = depot, others_last
    rows[before, LEG] = back
    if after == depot:
        rows[before, NEXT], rows[others_depot, PREVIOUS] = others_depot, before
    else:
        rows[before, NEXT], rows[after, PREVIOUS] = after, before
        rows[last, NEXT], rows[others_depot, PREVIOUS] = others_depot, last
    counts[OPEN] -= rows[others_depot, NEXT] == others_depot
    for row in (customer, other, before, after):
        note_reach(rows, reach, row)
    for end in (depot, others_depot):
        renew(rows, totals, end)


@kernel
def renew(rows: Ints, totals: Ints, depot: int) -> None:
    """Load, stops, owner and times of a route from its ring."""
    size = len(totals)
    route = depot - size
    totals[route, LOAD], totals[route, STOPS] = 0, 0
    row = rows[depot, NEXT]
    while row < size:
        rows[row, ROUTE] = route
        totals[route, LOAD] += rows[row, DEMAND]
        totals[route, STOPS] += 1
        row = rows[row, NEXT]
    retime(rows, size, route)
