"""Ruin by adjacent strings and recreate by cheapest insertion with blinks, accepted by annealing: the kernel for VRPTW.

After Christiaens and Vanden Berghe, "Slack induction by string removals", Transportation Science 2020,
doi 10.1287/trsc.2019.0914.
"""

import math

from ..blocks import Matrix
from ..compiled import entry, kernel
from .absent import sort_absent
from .chance import Dice, below, roll
from .problems import Ints
from .vrptw_routes import (
    BEST,
    COST,
    DEMAND,
    DEPART,
    DUE,
    LATEST,
    LEG,
    LOAD,
    NEXT,
    OPEN,
    PLACE,
    PREVIOUS,
    READY,
    ROUTE,
    ROWS,
    SAVED,
    SERVICE,
    STEP,
    STOPS,
    Routes,
    Scene,
    clear,
    exchange_ends,
    insert,
    keep_best,
    remove,
    restore,
    retime,
    save,
)

STRING = 10
"""Longest string removed from one route."""
SHUFFLED = 3
"""Draws of an order of insertion that leave the absent shuffled, beside one for each way of sorting."""

NEAR = 60
"""Insertions are tried beside so many customers at a time, nearest first, until there is a place."""
BLINK = 0.01
"""Chance to overlook a place, so that the same ruin is recreated differently."""
SPLIT = 0.5
"""Chance that a string keeps customers in its middle."""
KEEP_MORE = 0.01
"""Chance that it keeps one more of them."""
WHOLE = 0.05
"""Chance that a route of at most twice `STRING` customers is removed as a whole: strings alone hardly close one."""
OPENING = 0.1
"""Chance that the first absent customer opens a route: cheapest insertion hardly ever opens one."""
CROSS = 20
"""The ends of two routes are exchanged beside so many nearest customers (the move called 2-opt*): a string is too short
to bring half of a long route elsewhere."""
NEVER = 2**60
NOWHERE, ALONE = -1, -2
"""No place was found; a route of its own costs less than any place."""


@kernel
def string_start(rows: Ints, size: int, dice: Dice, customer: int, span: int) -> int:
    """First customer of a random string of `span` customers of a route that holds the customer."""
    first, back, last, ahead = customer, 0, customer, 0
    while back < span - 1 and rows[first, PREVIOUS] < size:
        first = rows[first, PREVIOUS]
        back += 1
    while ahead < span - 1 and rows[last, NEXT] < size:
        last = rows[last, NEXT]
        ahead += 1
    for _ in range(below(dice, back + ahead - span + 2)):
        first = rows[first, NEXT]
    return first


@kernel
def remove_string(scene: Scene, routes: Routes, dice: Dice, customer: int, longest: float, count: int) -> int:
    """Take a random string with the customer out of its route. Returns the number of absent customers."""
    distance, rows, totals, counts = scene.distance, routes.rows, routes.totals, routes.counts
    absent = routes.absent
    route = rows[customer, ROUTE]
    stops = totals[route, STOPS]
    save(rows, totals, counts, routes.saved, routes.saved_at, route)
    length, kept = int(1 + roll(dice) * min(stops, longest)), 0
    if stops <= 2 * STRING and roll(dice) < WHOLE:
        length = stops
    if 1 < length < stops and roll(dice) < SPLIT:
        kept = 1
        while length + kept < stops and roll(dice) < KEEP_MORE:
            kept += 1
    customer = string_start(rows, len(totals), dice, customer, length + kept)
    head = 1 + below(dice, length - 1) if kept else length
    for index in range(length + kept):
        after = rows[customer, NEXT]
        if index < head or index >= head + kept:
            remove(distance, rows, totals, counts, routes.reach, customer)
            absent[count] = customer
            count += 1
        customer = after
    retime(rows, len(totals), route)
    return count


@kernel
def ruin(scene: Scene, routes: Routes, dice: Dice, removed: float) -> int:
    """Remove strings from routes around a random customer. Returns the number of absent customers."""
    rows, totals, near = routes.rows, routes.totals, scene.near
    size, step = len(totals), routes.counts[STEP]
    seed = 1 + below(dice, size - 1)
    while rows[seed, ROUTE] < 0:
        seed = 1 + below(dice, size - 1)
    longest = min(STRING, (size - 1) / routes.counts[OPEN])
    strings = int(1 + roll(dice) * (4 * removed / (1 + longest) - 1))
    count = remove_string(scene, routes, dice, seed, longest, 0)
    strings -= 1
    for rank in range(near.shape[1]):
        customer = near[seed, rank]
        if strings <= 0 or customer < 0:
            break
        route = rows[customer, ROUTE]
        if route >= 0 and totals[route, SAVED] != step:
            count = remove_string(scene, routes, dice, customer, longest, count)
            strings -= 1
    return count


@kernel
def cheapest(
    distance: Matrix, rows: Ints, totals: Ints, reach: Ints, near: Matrix, capacity: int, dice: Dice, customer: int
) -> int:
    """The row after which the customer costs least beside its `NEAR` nearest customers; where there is none beside the
    next ones, and so on."""
    ready, due, service = rows[customer, READY], rows[customer, DUE], rows[customer, SERVICE]
    room = capacity - rows[customer, DEMAND]
    least, chosen = NEVER, NOWHERE
    for rank in range(near.shape[1]):
        other = near[customer, rank]
        if other < 0 or (rank % NEAR == 0 and chosen != NOWHERE):
            break
        there = distance[customer, other]
        if 2 * there - reach[other] >= least or totals[rows[other, ROUTE], LOAD] > room:
            continue
        after, before = rows[other, NEXT], rows[other, PREVIOUS]
        onward = distance[customer, rows[after, PLACE]]
        price = there + onward - rows[other, LEG]
        start = rows[other, DEPART] + there
        fits = (start <= due) & (max(start, ready) + service + onward <= rows[after, LATEST])
        if (price < least) & fits and roll(dice) >= BLINK:  # `&`: one jump, for each one is hard to foresee
            least, chosen = price, other
        onward = distance[customer, rows[before, PLACE]]
        price = there + onward - rows[before, LEG]
        start = rows[before, DEPART] + onward
        fits = (start <= due) & (max(start, ready) + service + there <= rows[other, LATEST])
        if (price < least) & fits and roll(dice) >= BLINK:
            least, chosen = price, before
    return chosen if chosen == NOWHERE or least < 2 * distance[customer, 0] else ALONE


@kernel
def recreate(scene: Scene, routes: Routes, dice: Dice, count: int) -> None:
    """Serve the absent customers again."""
    distance, near, capacity = scene.distance, scene.near, scene.capacity
    rows, totals, counts, absent = routes.rows, routes.totals, routes.counts, routes.absent
    sort_absent(scene.ranks, SHUFFLED, absent, count, dice)
    opening = roll(dice) < OPENING
    for index in range(count):
        customer = absent[index]
        place = ALONE
        if index or not opening:
            place = cheapest(distance, rows, totals, routes.reach, near, capacity, dice, customer)
        if place < 0:
            route = 0
            while totals[route, STOPS]:
                route += 1
            place = len(totals) + route
        save(rows, totals, counts, routes.saved, routes.saved_at, rows[place, ROUTE])
        insert(distance, rows, totals, counts, routes.reach, customer, place)


@kernel
def load_until(rows: Ints, size: int, row: int) -> int:
    """Demand from the start of its route up to a row, which counts."""
    load = 0
    while row < size:
        load += rows[row, DEMAND]
        row = rows[row, PREVIOUS]
    return load


@kernel
def cross(scene: Scene, routes: Routes, dice: Dice, temperature: float) -> None:
    """Exchange the ends of two routes behind a random customer, where that costs least beside its `CROSS` nearest."""
    distance, near, rows, totals = scene.distance, scene.near, routes.rows, routes.totals
    size, counts = len(totals), routes.counts
    customer = 1 + below(dice, size - 1)
    limit = -temperature * math.log(max(roll(dice), 1e-300))
    if rows[customer, ROUTE] < 0:
        return
    after, chosen = rows[customer, NEXT], NOWHERE
    for rank in range(min(CROSS, near.shape[1])):
        other = near[customer, rank]
        if other < 0:
            break
        if rows[other, ROUTE] < 0 or rows[other, ROUTE] == rows[customer, ROUTE]:
            continue
        there = distance[customer, rows[other, PLACE]]
        if rows[customer, DEPART] + there > rows[other, LATEST]:
            continue
        before = rows[other, PREVIOUS]
        back = distance[rows[before, PLACE], rows[after, PLACE]]
        price = there + back - rows[customer, LEG] - rows[before, LEG]
        if price >= limit or rows[before, DEPART] + back > rows[after, LATEST]:
            continue
        mine, others = load_until(rows, size, customer), load_until(rows, size, before)
        tail, others_tail = totals[rows[customer, ROUTE], LOAD] - mine, totals[rows[other, ROUTE], LOAD] - others
        if max(mine + others_tail, others + tail) <= scene.capacity:
            limit, chosen = price, other
    if chosen != NOWHERE:
        begin = counts[COST]
        save(rows, totals, counts, routes.saved, routes.saved_at, rows[customer, ROUTE])
        save(rows, totals, counts, routes.saved, routes.saved_at, rows[chosen, ROUTE])
        exchange_ends(distance, rows, totals, counts, routes.reach, customer, chosen)
        if counts[COST] < counts[BEST]:
            counts[BEST] = counts[COST]
        elif begin == counts[BEST] and counts[COST] > begin:
            keep_best(routes)


@kernel
def take_up(scene: Scene, routes: Routes) -> int:
    """Drive the routes of `best` again, without customers who do not fit. Returns the number of absent customers."""
    distance, rows, totals, counts, best = scene.distance, routes.rows, routes.totals, routes.counts, routes.best
    clear(rows, totals, counts, routes.reach)
    size, count = len(totals), 0
    for depot in range(size, 2 * size):
        customer = best[depot]
        while customer < size:
            last, load = rows[depot, PREVIOUS], totals[depot - size, LOAD] + rows[customer, DEMAND]
            start = rows[last, DEPART] + distance[customer, rows[last, PLACE]]
            if (start <= rows[customer, DUE]) & (load <= scene.capacity):
                insert(distance, rows, totals, counts, routes.reach, customer, last)
            customer = best[customer]
        last = rows[depot, PREVIOUS]
        while last < size and rows[last, DEPART] + rows[last, LEG] > rows[depot, LATEST]:  # too late to be home
            remove(distance, rows, totals, counts, routes.reach, last)
            last = rows[depot, PREVIOUS]
        retime(rows, size, depot - size)
    for customer in range(1, size):
        if scene.served[customer] and rows[customer, ROUTE] < 0:
            routes.absent[count] = customer
            count += 1
    return count


@kernel
def construct(scene: Scene, routes: Routes, dice: Dice) -> None:
    """First routes: those of `best`, and one cheapest insertion after the other."""
    recreate(scene, routes, dice, take_up(scene, routes))
    routes.counts[BEST] = routes.counts[COST]


@entry
def improve(
    scene: Scene,
    routes: Routes,
    dice: Dice,
    removed: float,
    hot: float,
    cold: float,
    share: float,
    slope: float,
    begin: int,
    steps: int,
) -> None:
    """Steps `begin` to `begin` + `steps` - 1 of annealing at hot * (cold / hot) ** (share + slope * step)."""
    counts = routes.counts
    cooling = math.log(cold / hot)
    for index in range(begin, begin + steps):
        counts[STEP] += 1
        counts[ROWS] = 0
        before = counts[COST]
        if index == 0:
            construct(scene, routes, dice)
            continue
        temperature = hot * math.exp(cooling * (share + slope * index))
        cross(scene, routes, dice, temperature)
        counts[STEP] += 1
        counts[ROWS] = 0
        before = counts[COST]
        recreate(scene, routes, dice, ruin(scene, routes, dice, removed))
        if counts[COST] < counts[BEST]:
            counts[BEST] = counts[COST]
        elif counts[COST] > before - temperature * math.log(max(roll(dice), 1e-300)):
            counts[COST] = before
            restore(routes)
        elif before == counts[BEST] and counts[COST] > before:
            keep_best(routes)
