"""The best place for one order: exact, by forward simulation that stops as early as it can."""

from ..compiled import typed
from ..problem import FOREVER
from .layout import (
    BUSY,
    CARGO_AT,
    CASE,
    CHANGE_TIME_FEN,
    DELIVERED,
    DELIVERED_AT,
    DRIVE,
    EARLIER,
    END_PLACE,
    ENGINEER,
    FIXED,
    FREE,
    KIT_DEPOTS,
    KIT_PRICE,
    KIT_RELEASE,
    LEG_FEN,
    LEGS,
    LENGTH,
    LIMIT,
    MAX_ORDERS,
    MISSING,
    MOVED,
    NOWHERE,
    ORDERS,
    ORDERS_ON,
    OWN_TOURS,
    PAIR_FEN,
    PAIRS,
    PLACE,
    PREVENTIVE,
    PREVENTIVE_ON,
    PREVENTIVE_ROOM,
    PRICES,
    QUOTE_END,
    QUOTE_FEN,
    QUOTE_FIRST,
    QUOTES,
    RELEASE,
    SERVICE,
    SPENT,
    START_PLACE,
    STOPS,
    TOUR_FEN,
    TOURS,
    VEHICLE,
    VISITS,
    Desk,
    Facts,
    State,
    cell,
    get,
    value,
    width,
)
from .sourcing import find_kits
from .timing import IMPOSSIBLE, change_fen, dropped_fen, is_empty, place_of, promise_fen, start_of_work, step, way_home

NO_BOUND = 2**62
"""A price above every plan's."""

PICK_REACH = 12
"""A pick-up is tried at most so many stops before the order."""


@typed
def free_quote(facts: Facts, state: State, order: int) -> int:
    """The order's best replacement vehicle that nobody uses, or NOWHERE."""
    for quote in range(get(facts, ORDERS, order, QUOTE_FIRST), get(facts, ORDERS, order, QUOTE_END)):
        if not value(state, BUSY, get(facts, QUOTES, quote, VEHICLE)):
            return quote
    return NOWHERE


@typed
def promise_with(facts: Facts, order: int, start: int, end: int, quote: int) -> int:
    """Lateness and partner's price when the vehicle of the quote takes the cargo."""
    moved, delivered = get(facts, QUOTES, quote, CARGO_AT), get(facts, QUOTES, quote, DELIVERED_AT)
    return get(facts, QUOTES, quote, QUOTE_FEN) + promise_fen(facts, order, start, end, moved, delivered)


@typed
def least_promise_fen(facts: Facts, state: State, order: int, start: int, end: int, quote: int) -> int:
    """Lateness of the order as it is, or with the free vehicle if that is cheaper."""
    fen = promise_fen(facts, order, start, end, value(state, MOVED, order), value(state, DELIVERED, order))
    if quote >= 0 and fen > 0:
        return min(fen, promise_with(facts, order, start, end, quote))
    return fen


@typed
def price_of_absence(facts: Facts, state: State, order: int) -> int:
    """What leaving the order out costs, with the best free vehicle if that is cheaper."""
    fen = dropped_fen(facts, order, value(state, MOVED, order), value(state, DELIVERED, order))
    quote = free_quote(facts, state, order) if value(state, CASE, order) < 0 else NOWHERE
    if quote >= 0:
        with_vehicle = dropped_fen(
            facts, order, get(facts, QUOTES, quote, CARGO_AT), get(facts, QUOTES, quote, DELIVERED_AT)
        )
        return min(fen, with_vehicle + get(facts, QUOTES, quote, QUOTE_FEN))
    return fen


@typed
def has_room(facts: Facts, state: State, order: int, tour: int) -> bool:
    """The tour's limits on orders, stops and preventive time allow one more, and its engineer may do it."""
    service = get(facts, PAIRS, order, 2 * get(facts, TOURS, tour, ENGINEER) + SERVICE)
    if service < 0 or value(state, ORDERS_ON, tour) >= get(facts, TOURS, tour, MAX_ORDERS):
        return False
    if value(state, LENGTH, tour) + 4 >= STOPS:
        return False
    if not get(facts, ORDERS, order, PREVENTIVE):
        return True
    return value(state, PREVENTIVE_ON, tour) + service <= get(facts, TOURS, tour, PREVENTIVE_ROOM)


@typed
def _rest_of_tour(
    facts: Facts, state: State, tour: int, position: int, place: int, free: int, fen: int, limit: int
) -> int:
    """Price of the whole tour when its stops from `position` on follow at (place, free, fen); `limit` or more when
    it is not below `limit`.

    Leaves early when the instants are the known ones again, or when they are later than the known ones and the
    known price of the rest is too much already: lateness only grows.
    """
    engineer = get(facts, TOURS, tour, ENGINEER)
    for index in range(position, value(state, LENGTH, tour)):
        place, free, added = step(facts, state, engineer, place, free, get(state, VISITS, tour, index))
        fen += added
        if free >= IMPOSSIBLE or fen >= limit:
            return limit
        known = get(state, FREE, tour, index + 1)
        rest = value(state, TOUR_FEN, tour) - get(state, SPENT, tour, index + 1)
        if free == known:
            return fen + rest
        if free > known:
            slack = value(facts, PRICES, CHANGE_TIME_FEN) * (value(state, LENGTH, tour) - index - 1)
            if free > get(facts, TOURS, tour, LIMIT) or fen + rest - slack >= limit:
                return limit
    home, added = way_home(facts, tour, place, free)
    return limit if home >= IMPOSSIBLE else fen + added


@typed
def is_fixed(facts: Facts, order: int) -> bool:
    """A person fixed the order's engineer or start."""
    return get(facts, ORDERS, order, FIXED) != 0


@typed
def lateness(facts: Facts, state: State, tour: int, skipped: int, seat: int, with_preventive: bool) -> int:
    """Lateness of the promises on a tour, with `skipped` (an order) inserted at `at` if it is one, and with or without
    its loose preventive work."""
    engineer = get(facts, TOURS, tour, ENGINEER)
    place, free, fen = get(facts, TOURS, tour, START_PLACE), get(state, FREE, tour, 0), 0
    for index in range(value(state, LENGTH, tour) + 1):
        if index == seat and skipped >= 0:
            place, free, _ = step(facts, state, engineer, place, free, skipped)
        if index == value(state, LENGTH, tour) or free >= IMPOSSIBLE:
            break
        visit = get(state, VISITS, tour, index)
        promised = visit >= 0 and (not get(facts, ORDERS, visit, PREVENTIVE))
        if with_preventive or promised or visit < 0 or is_fixed(facts, visit):
            place, free, _ = step(facts, state, engineer, place, free, visit)
            if promised and free < IMPOSSIBLE:
                start = free - get(facts, PAIRS, visit, 2 * engineer + SERVICE)
                fen += promise_fen(
                    facts, visit, start, free, value(state, MOVED, visit), value(state, DELIVERED, visit)
                )
    return fen if free < IMPOSSIBLE else FOREVER


@typed
def holds_promises(facts: Facts, state: State, tour: int) -> bool:
    """Somebody waits on this tour for a breakdown or repair."""
    for index in range(value(state, LENGTH, tour)):
        visit = get(state, VISITS, tour, index)
        if visit >= 0 and (not get(facts, ORDERS, visit, PREVENTIVE)):
            return True
    return False


@typed
def spares_promises(facts: Facts, state: State, order: int, tour: int, seat: int) -> bool:
    """Preventive work is never planned at the price of a promise: no breakdown gets later by it."""
    if not get(facts, ORDERS, order, PREVENTIVE) or is_fixed(facts, order) or (not holds_promises(facts, state, tour)):
        return True
    with_it = lateness(facts, state, tour, order, seat, True)
    return with_it <= lateness(facts, state, tour, NOWHERE, NOWHERE, True)


@typed
def _place_at(facts: Facts, state: State, tour: int, position: int) -> int:
    """Where the tour's stop at the position is; behind the last one the end of the tour."""
    if position == value(state, LENGTH, tour):
        return get(facts, TOURS, tour, END_PLACE)
    return place_of(facts, get(state, VISITS, tour, position))


@typed
def _detour_fen(facts: Facts, state: State, tour: int, place: int, site: int, onward: int) -> int:
    """Price of driving over `site` instead of directly; a tour without stops is not driven at all."""
    fen = get(facts, LEGS, place, 2 * site + LEG_FEN) + get(facts, LEGS, site, 2 * onward + LEG_FEN)
    return fen if is_empty(facts, state, tour) else fen - get(facts, LEGS, place, 2 * onward + LEG_FEN)


@typed
def best_position(facts: Facts, state: State, order: int, tour: int, quote: int, limit: int) -> tuple[int, int]:
    """(price of the tour with the order, position) without pick-ups; (limit, -1) when none is below `limit`.

    The order's release must be its kit's; the price of pair and kit is not counted.
    """
    engineer, site = get(facts, TOURS, tour, ENGINEER), get(facts, ORDERS, order, PLACE)
    service, seat = get(facts, PAIRS, order, 2 * engineer + SERVICE), NOWHERE
    onward = get(facts, TOURS, tour, START_PLACE)
    for position in range(value(state, LENGTH, tour) + 1):
        place, onward = onward, _place_at(facts, state, tour, position)
        free, fen = get(state, FREE, tour, position), get(state, SPENT, tour, position)
        if fen >= limit:
            break
        if value(state, TOUR_FEN, tour) + _detour_fen(facts, state, tour, place, site, onward) >= limit:
            continue
        ready = max(free + get(facts, LEGS, place, 2 * site + DRIVE), value(state, RELEASE, order))
        start = start_of_work(facts, order, engineer, ready)
        end = start + service
        if end > get(facts, TOURS, tour, LIMIT):
            break
        fen += get(facts, LEGS, place, 2 * site + LEG_FEN) + change_fen(facts, order, engineer, start)
        fen += least_promise_fen(facts, state, order, start, end, quote)
        if fen >= limit:
            continue
        fen = _rest_of_tour(facts, state, tour, position, site, end, fen, limit)
        if fen < limit and spares_promises(facts, state, order, tour, position):
            limit, seat = fen, position
    return limit, seat


@typed
def is_missing(desk: Desk, visit: int, count: int) -> bool:
    """The visit is a pick-up at one of the first `count` missing depots."""
    for rank in range(count):
        if visit == -1 - value(desk, MISSING, rank):
            return True
    return False


@typed
def _tail_fen(
    facts: Facts,
    state: State,
    desk: Desk,
    order: int,
    tour: int,
    quote: int,
    pick: int,
    position: int,
    count: int,
    limit: int,
) -> int:
    """Price of the tour that visits the missing depots at `pick` and the order at `position`.

    One pick-up at a depot serves everything after it: a later one at the same depot is left out.
    """
    engineer = get(facts, TOURS, tour, ENGINEER)
    place = place_of(facts, get(state, VISITS, tour, pick - 1)) if pick > 0 else get(facts, TOURS, tour, START_PLACE)
    free, fen = get(state, FREE, tour, pick), get(state, SPENT, tour, pick)
    for rank in range(count):
        place, free, added = step(facts, state, engineer, place, free, -1 - value(desk, MISSING, rank))
        fen += added
    for index in range(pick, value(state, LENGTH, tour) + 1):
        if index == position:
            site = get(facts, ORDERS, order, PLACE)
            ready = max(free + get(facts, LEGS, place, 2 * site + DRIVE), value(state, RELEASE, order))
            start = start_of_work(facts, order, engineer, ready)
            fen += get(facts, LEGS, place, 2 * site + LEG_FEN) + change_fen(facts, order, engineer, start)
            free = start + get(facts, PAIRS, order, 2 * engineer + SERVICE)
            place = site
            if free <= get(facts, TOURS, tour, LIMIT):
                fen += least_promise_fen(facts, state, order, start, free, quote)
        if free > get(facts, TOURS, tour, LIMIT) or fen >= limit:
            return limit
        if index == value(state, LENGTH, tour):
            break
        visit = get(state, VISITS, tour, index)
        if is_missing(desk, visit, count):
            continue
        place, free, added = step(facts, state, engineer, place, free, visit)
        fen += added
    home, added = way_home(facts, tour, place, free)
    return limit if home >= IMPOSSIBLE else fen + added


@typed
def is_visited(facts: Facts, state: State, tour: int, stops: int, depot: int) -> bool:
    """The engineer comes by the depot in the first `stops` stops of the tour or on an earlier one."""
    while tour >= 0:
        for position in range(stops):
            if get(state, VISITS, tour, position) == -1 - depot:
                return True
        tour = get(facts, TOURS, tour, EARLIER)
        stops = value(state, LENGTH, tour) if tour >= 0 else 0
    return False


@typed
def missing_depots(facts: Facts, state: State, desk: Desk, kit: int, tour: int, position: int) -> int:
    """Write the kit's depots that the engineer has not visited before `position`; how many they are."""
    count = 0
    for rank in range(width(desk, KIT_DEPOTS)):
        depot = get(desk, KIT_DEPOTS, kit, rank)
        if depot < 0:
            break
        if not is_visited(facts, state, tour, position, depot):
            desk[cell(desk, MISSING, count)] = depot
            count += 1
    return count


@typed
def best_with_pickups(
    facts: Facts, state: State, desk: Desk, kit: int, order: int, tour: int, quote: int, limit: int
) -> tuple[int, int, int]:
    """(price of the tour, position, pick) for a kit with depots; (limit, -1, -1) when none is below `limit`."""
    seat, picked = NOWHERE, NOWHERE
    for position in range(value(state, LENGTH, tour) + 1):
        count = missing_depots(facts, state, desk, kit, tour, position)
        first = max(0, position - PICK_REACH) if count else position
        for pick in range(first, position + 1):
            if get(state, SPENT, tour, pick) >= limit:
                break
            fen = _tail_fen(facts, state, desk, order, tour, quote, pick, position, count, limit)
            if fen < limit:
                limit, seat, picked = fen, position, pick
    return limit, seat, picked


@typed
def _fetched_fen(facts: Facts, state: State, desk: Desk, tour: int, position: int, count: int, limit: int) -> int:
    """Price of the tour that visits the first `count` missing depots at `position`, `limit` when not below it."""
    engineer, free, fen = get(facts, TOURS, tour, ENGINEER), get(state, FREE, tour, position), 0
    place = get(facts, TOURS, tour, START_PLACE)
    if position > 0:
        place = place_of(facts, get(state, VISITS, tour, position - 1))
    for rank in range(count):
        place, free, added = step(facts, state, engineer, place, free, -1 - value(desk, MISSING, rank))
        fen += added
    if free >= IMPOSSIBLE:
        return limit
    return _rest_of_tour(facts, state, tour, position, place, free, get(state, SPENT, tour, position) + fen, limit)


@typed
def cheapest_fetch(facts: Facts, state: State, desk: Desk, kit: int, tour: int, limit: int) -> tuple[int, int, int]:
    """(change of price, earlier tour, position) of fetching the kit's missing parts on an earlier tour of the engineer;
    (limit, NOWHERE, NOWHERE) when there is none below `limit`. The depots stay in the scratch of the last call."""
    chosen, at_position = NOWHERE, NOWHERE
    earlier = get(facts, TOURS, tour, EARLIER)
    while earlier >= 0:
        stops, now = value(state, LENGTH, earlier), value(state, TOUR_FEN, earlier)
        count = missing_depots(facts, state, desk, kit, earlier, stops)
        if value(desk, OWN_TOURS, earlier) and stops + count + 4 < STOPS:
            for position in range(stops + 1):
                fen = _fetched_fen(facts, state, desk, earlier, position, count, now + limit)
                if fen < now + limit:
                    limit, chosen, at_position = fen - now, earlier, position
        earlier = get(facts, TOURS, earlier, EARLIER)
    return limit, chosen, at_position


@typed
def best_in_tour(
    facts: Facts, state: State, desk: Desk, order: int, tour: int, quote: int, bound: int
) -> tuple[int, int, int, int, int]:
    """(change of the plan's price, kit, position, pick, fetched on) of the order's cheapest insertion in a tour.

    The kit's missing depots are visited before position `pick` of the same tour, or of the earlier tour `fetched on`
    if that is not NOWHERE. The change is `bound` and the kit NOWHERE when there is none below `bound`. The price of
    absence is not counted, a free vehicle `quote` is if it pays. The kits stay in the scratch.
    """
    best, best_kit, seat, picked, fetched = bound, NOWHERE, NOWHERE, NOWHERE, NOWHERE
    if not has_room(facts, state, order, tour):
        return best, best_kit, seat, picked, fetched
    pair = get(facts, PAIRS, order, 2 * get(facts, TOURS, tour, ENGINEER) + PAIR_FEN)
    now = value(state, TOUR_FEN, tour)
    # the parts waived: a price that no kit can beat, and for most tours already too much
    bare_fen, bare_position = best_position(facts, state, order, tour, quote, now + best - pair)
    if bare_position < 0:
        return best, best_kit, seat, picked, fetched
    least = bare_fen - now + pair
    for kit in range(find_kits(facts, state, desk, order, tour)):
        fixed = pair + value(desk, KIT_PRICE, kit)
        if least + value(desk, KIT_PRICE, kit) >= best:
            continue
        state[cell(state, RELEASE, order)] = value(desk, KIT_RELEASE, kit)
        limit = now + best - fixed
        if get(desk, KIT_DEPOTS, kit, 0) >= 0:
            fen, position, pick = best_with_pickups(facts, state, desk, kit, order, tour, quote, limit)
        elif value(desk, KIT_RELEASE, kit) > -FOREVER:
            fen, position = best_position(facts, state, order, tour, quote, limit)
            pick = position
        else:
            fen, position, pick = bare_fen, bare_position, bare_position
        if position >= 0:
            best, best_kit, seat, picked, fetched = fen - now + fixed, kit, position, pick, NOWHERE
        if get(desk, KIT_DEPOTS, kit, 0) >= 0 and get(facts, TOURS, tour, EARLIER) >= 0:
            there = least + value(desk, KIT_PRICE, kit)
            way, earlier, pick = cheapest_fetch(facts, state, desk, kit, tour, best - there)
            if earlier >= 0:
                fen, position = best_position(facts, state, order, tour, quote, now + best - fixed - way)
                if position >= 0:
                    best = fen - now + fixed + way
                    best_kit, seat, picked, fetched = kit, position, pick, earlier
    state[cell(state, RELEASE, order)] = -FOREVER
    return best, best_kit, seat, picked, fetched
