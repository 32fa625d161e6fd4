"""Where an order's parts could come from, for one engineer: van, pick-up on the way, courier, transfer, or not at all.

A kit is one complete way. The candidates are few and cover what could pay: all from the van; the cheapest deliveries
and those that are sooner for more money; pick-ups at depots on the tour, at near ones, at several; certain lines only.
"""

from ..compiled import typed
from ..problem import FOREVER
from .driving import way_seconds
from .layout import (
    ARRIVES_AT,
    DELIVERIES,
    DELIVERY,
    DELIVERY_END,
    DELIVERY_FIRST,
    DEPOT_PLACE,
    DEPOTS,
    EARLIER,
    ENGINEER,
    FEE_FEN,
    FIRST_DEPOT,
    FROM,
    FROM_PLACE,
    KIT_DEPOTS,
    KIT_PRICE,
    KIT_RELEASE,
    KIT_SOURCE,
    KITS,
    LEFT,
    LENGTH,
    LINE_END,
    LINE_FIRST,
    LINES,
    MISS_FEN,
    NEAR_DEPOTS,
    NOWHERE,
    ORDERS,
    PART,
    PART_END,
    PART_FIRST,
    PARTS,
    PLACE,
    PRICES,
    QUANTITY,
    START_PLACE,
    TOURS,
    VISITS,
    Desk,
    Facts,
    State,
    at,
    cell,
    get,
    value,
    width,
)
from .timing import shelf

NEAR = 3
"""Depots tried for a pick-up besides those already on the tour: the ones with the shortest way round."""

HOLDERS = 9
"""Nearest depots that hold something of the kit, from which those are chosen."""

PICKUP_KITS = 3 + NEAR
"""Candidates with pick-ups, see `_choose_depots`."""

DELIVERY_KITS = (KITS - 1) // 2 - PICKUP_KITS
"""Candidates without pick-ups beside the first kit; as many again without the uncertain lines. Many parcels leave room
for the pick-ups."""


@typed
def _part_from(facts: Facts, state: State, line: int, place: int) -> int:
    """First acceptable part of which the place has enough left, or NOWHERE."""
    place = shelf(facts, place)
    for index in range(get(facts, LINES, line, PART_FIRST), get(facts, LINES, line, PART_END)):
        if get(state, LEFT, place, value(facts, PARTS, index)) >= get(facts, LINES, line, QUANTITY):
            return value(facts, PARTS, index)
    return NOWHERE


@typed
def _note(desk: Desk, kit: int, row: int, place: int, part: int, delivery: int) -> bool:
    desk[at(desk, KIT_SOURCE, kit, 3 * row + FROM)] = place
    desk[at(desk, KIT_SOURCE, kit, 3 * row + PART)] = part
    desk[at(desk, KIT_SOURCE, kit, 3 * row + DELIVERY)] = delivery
    return True


@typed
def _source(
    facts: Facts, state: State, desk: Desk, kit: int, line: int, row: int, engineer: int, before: int, optional: bool
) -> bool:
    """Choose the source of one line and write it down; a delivery arrives before `before`. False when there is none."""
    part = _part_from(facts, state, line, engineer)
    if part >= 0:
        return _note(desk, kit, row, engineer, part, NOWHERE)
    miss = get(facts, LINES, line, MISS_FEN)
    if miss != NOWHERE and (not optional):
        return False
    for rank in range(width(desk, KIT_DEPOTS)):
        depot = get(desk, KIT_DEPOTS, kit, rank)
        if depot < 0:
            break
        part = _part_from(facts, state, line, value(facts, PRICES, FIRST_DEPOT) + depot)
        if part >= 0:
            return _note(desk, kit, row, value(facts, PRICES, FIRST_DEPOT) + depot, part, NOWHERE)
    for delivery in range(get(facts, LINES, line, DELIVERY_FIRST), get(facts, LINES, line, DELIVERY_END)):
        if get(facts, DELIVERIES, delivery, ARRIVES_AT) >= before:
            continue
        place = get(facts, DELIVERIES, delivery, FROM_PLACE)
        part = _part_from(facts, state, line, place)
        if part >= 0 and (miss == NOWHERE or get(facts, DELIVERIES, delivery, FEE_FEN) < miss):
            return _note(desk, kit, row, place, part, delivery)
    return False


@typed
def _take(facts: Facts, state: State, desk: Desk, kit: int, line: int, row: int, sign: int) -> None:
    place = get(desk, KIT_SOURCE, kit, 3 * row + FROM)
    if place >= 0:
        state[at(state, LEFT, shelf(facts, place), get(desk, KIT_SOURCE, kit, 3 * row + PART))] -= sign * get(
            facts, LINES, line, QUANTITY
        )


@typed
def _pick(
    facts: Facts, state: State, desk: Desk, kit: int, order: int, engineer: int, before: int, optional: bool
) -> bool:
    """Fill one kit from the stock that is left, certain lines first; its depots are given. False: impossible."""
    first, end = (get(facts, ORDERS, order, LINE_FIRST), get(facts, ORDERS, order, LINE_END))
    desk[cell(desk, KIT_RELEASE, kit)], desk[cell(desk, KIT_PRICE, kit)] = (-FOREVER, 0)
    possible = True
    for certain in (True, False):
        for line in range(first, end):
            miss = get(facts, LINES, line, MISS_FEN)
            if (miss == NOWHERE) != certain:
                continue
            row = line - first
            if _source(facts, state, desk, kit, line, row, engineer, before, optional):
                _take(facts, state, desk, kit, line, row, 1)
                delivery = get(desk, KIT_SOURCE, kit, 3 * row + DELIVERY)
                if delivery >= 0:
                    desk[cell(desk, KIT_PRICE, kit)] += get(facts, DELIVERIES, delivery, FEE_FEN)
                    desk[cell(desk, KIT_RELEASE, kit)] = max(
                        value(desk, KIT_RELEASE, kit), get(facts, DELIVERIES, delivery, ARRIVES_AT)
                    )
            else:
                _note(desk, kit, row, NOWHERE, NOWHERE, NOWHERE)
                possible &= miss != NOWHERE
                desk[cell(desk, KIT_PRICE, kit)] += max(miss, 0)
    for line in range(first, end):
        _take(facts, state, desk, kit, line, line - first, -1)
    return possible


@typed
def clear_depots(desk: Desk, kit: int, first: int) -> None:
    """The kit has no depots from rank `first` on."""
    for rank in range(first, width(desk, KIT_DEPOTS)):
        desk[at(desk, KIT_DEPOTS, kit, rank)] = NOWHERE


@typed
def _keep_used_depots(facts: Facts, desk: Desk, kit: int, lines: int) -> None:
    """Leave only depots that a line is picked up at."""
    kept = 0
    for rank in range(width(desk, KIT_DEPOTS)):
        depot = get(desk, KIT_DEPOTS, kit, rank)
        used = False
        for row in range(lines):
            pickup = get(desk, KIT_SOURCE, kit, 3 * row + FROM) == value(facts, PRICES, FIRST_DEPOT) + depot
            used |= pickup and get(desk, KIT_SOURCE, kit, 3 * row + DELIVERY) < 0
        if depot >= 0 and used:
            desk[at(desk, KIT_DEPOTS, kit, kept)] = depot
            kept += 1
    clear_depots(desk, kit, kept)


@typed
def _is_new(desk: Desk, kit: int, lines: int) -> bool:
    """No earlier kit has the same sources."""
    for other in range(kit):
        same = True
        for row in range(lines):
            for column in range(3):
                same &= get(desk, KIT_SOURCE, other, 3 * row + column) == get(desk, KIT_SOURCE, kit, 3 * row + column)
        if same:
            return False
    return True


@typed
def _from_van(facts: Facts, desk: Desk, lines: int, engineer: int) -> bool:
    for row in range(lines):
        if get(desk, KIT_SOURCE, 0, 3 * row + FROM) != engineer:
            return False
    return True


@typed
def _holds_some(facts: Facts, state: State, order: int, depot: int) -> bool:
    for line in range(get(facts, ORDERS, order, LINE_FIRST), get(facts, ORDERS, order, LINE_END)):
        if _part_from(facts, state, line, value(facts, PRICES, FIRST_DEPOT) + depot) >= 0:
            return True
    return False


@typed
def _way_round(facts: Facts, order: int, tour: int, depot: int) -> int:
    there = get(facts, DEPOTS, depot, DEPOT_PLACE)
    start, site = (get(facts, TOURS, tour, START_PLACE), get(facts, ORDERS, order, PLACE))
    return way_seconds(facts, start, there) + way_seconds(facts, there, site)


@typed
def _nearest_holders(facts: Facts, state: State, order: int, tour: int, desk: Desk) -> int:
    """The NEAR depots with the shortest way round, of the HOLDERS nearest with something of the kit.

    They are written into the depots of the last kit row, which is scratch.
    """
    near, looked = (0, 0)
    for rank in range(width(facts, NEAR_DEPOTS)):
        depot = get(facts, NEAR_DEPOTS, order, rank)
        if depot < 0 or looked >= HOLDERS:
            break
        if not _holds_some(facts, state, order, depot):
            continue
        looked += 1
        seat = min(near, NEAR - 1)
        if near == NEAR and _way_round(facts, order, tour, depot) >= _way_round(
            facts, order, tour, get(desk, KIT_DEPOTS, KITS, seat)
        ):
            continue
        while seat > 0 and _way_round(facts, order, tour, depot) < _way_round(
            facts, order, tour, get(desk, KIT_DEPOTS, KITS, seat - 1)
        ):
            desk[at(desk, KIT_DEPOTS, KITS, seat)] = get(desk, KIT_DEPOTS, KITS, seat - 1)
            seat -= 1
        desk[at(desk, KIT_DEPOTS, KITS, seat)] = depot
        near = min(near + 1, NEAR)
    return near


@typed
def _depots_on_tour(facts: Facts, state: State, desk: Desk, kit: int, order: int, tour: int) -> int:
    """Write the depots that the engineer visits anyhow, on this tour or an earlier one, and that hold something of the
    kit; how many they are."""
    count = 0
    while tour >= 0:
        for position in range(value(state, LENGTH, tour)):
            depot = -1 - get(state, VISITS, tour, position)
            if depot < 0 or count >= width(desk, KIT_DEPOTS) or not _holds_some(facts, state, order, depot):
                continue
            known = False
            for rank in range(count):
                known |= get(desk, KIT_DEPOTS, kit, rank) == depot
            if not known:
                desk[at(desk, KIT_DEPOTS, kit, count)] = depot
                count += 1
        tour = get(facts, TOURS, tour, EARLIER)
    return count


@typed
def _one_holder_per_line(facts: Facts, state: State, desk: Desk, kit: int, order: int, tour: int) -> int:
    """For each line the depot with the shortest way round that holds enough: what only a far one has is found."""
    count = 0
    for line in range(get(facts, ORDERS, order, LINE_FIRST), get(facts, ORDERS, order, LINE_END)):
        best, way = (NOWHERE, FOREVER)
        for rank in range(width(facts, NEAR_DEPOTS)):
            depot = get(facts, NEAR_DEPOTS, order, rank)
            if depot < 0:
                break
            round_ = _way_round(facts, order, tour, depot)
            if round_ < way and _part_from(facts, state, line, value(facts, PRICES, FIRST_DEPOT) + depot) >= 0:
                best, way = (depot, round_)
        known = best < 0 or count >= width(desk, KIT_DEPOTS)
        for rank in range(count):
            known |= get(desk, KIT_DEPOTS, kit, rank) == best
        if not known:
            desk[at(desk, KIT_DEPOTS, kit, count)] = best
            count += 1
    return count


@typed
def _choose_depots(
    facts: Facts, state: State, desk: Desk, kit: int, order: int, tour: int, choice: int, near: int
) -> bool:
    """Write the depots of one candidate: those on the tour, each near one, all near, one per line."""
    clear_depots(desk, kit, 0)
    if choice == 0:
        return _depots_on_tour(facts, state, desk, kit, order, tour) > 0
    if choice < 1 + NEAR:
        desk[at(desk, KIT_DEPOTS, kit, 0)] = get(desk, KIT_DEPOTS, KITS, choice - 1)
        return choice - 1 < near
    if choice == 1 + NEAR:
        count = min(near, width(desk, KIT_DEPOTS))
        for rank in range(count):
            desk[at(desk, KIT_DEPOTS, kit, rank)] = get(desk, KIT_DEPOTS, KITS, rank)
        return near > 1
    return _one_holder_per_line(facts, state, desk, kit, order, tour) > 0


@typed
def _has_unsure(facts: Facts, order: int) -> bool:
    for line in range(get(facts, ORDERS, order, LINE_FIRST), get(facts, ORDERS, order, LINE_END)):
        if get(facts, LINES, line, MISS_FEN) != NOWHERE:
            return True
    return False


@typed
def _add_deliveries(
    facts: Facts, state: State, desk: Desk, kit: int, order: int, engineer: int, lines: int, optional: bool
) -> int:
    """Add the kits without pick-ups from the cheapest to the soonest: each waits less than the one before.

    How many kits there are then.
    """
    before, end = FOREVER, kit + DELIVERY_KITS
    while kit < end and before > -FOREVER:
        clear_depots(desk, kit, 0)
        if not _pick(facts, state, desk, kit, order, engineer, before, optional):
            break
        before = value(desk, KIT_RELEASE, kit)
        if _is_new(desk, kit, lines):
            kit += 1
    return kit


@typed
def find_kits(facts: Facts, state: State, desk: Desk, order: int, tour: int) -> int:
    """Complete kits from the stock that is left, without duplicates; how many there are, 0 when a certain line has
    no source. An order without a kit has one empty kit."""
    lines = get(facts, ORDERS, order, LINE_END) - get(facts, ORDERS, order, LINE_FIRST)
    engineer = get(facts, TOURS, tour, ENGINEER)
    clear_depots(desk, 0, 0)
    if lines == 0:
        desk[cell(desk, KIT_RELEASE, 0)], desk[cell(desk, KIT_PRICE, 0)] = (-FOREVER, 0)
        return 1
    count = 0
    if _pick(facts, state, desk, 0, order, engineer, FOREVER, True):
        count = 1
        if _from_van(facts, desk, lines, engineer):
            return 1
    near = _nearest_holders(facts, state, order, tour, desk)
    for optional in (True, False):
        if not optional and (not _has_unsure(facts, order)):
            break
        count = _add_deliveries(facts, state, desk, count, order, engineer, lines, optional)
        for choice in range(PICKUP_KITS):
            if not _choose_depots(facts, state, desk, count, order, tour, choice, near):
                continue
            if not _pick(facts, state, desk, count, order, engineer, FOREVER, optional):
                continue
            _keep_used_depots(facts, desk, count, lines)
            if _is_new(desk, count, lines):
                count += 1
    return count
