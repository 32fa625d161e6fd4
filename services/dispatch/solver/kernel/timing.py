"""One stop of a tour: when it starts, when it ends, what it costs. The one place where the kernel counts money."""

from ..compiled import inlined, typed
from ..problem import FOREVER
from .driving import HOUR, UNITS, drive, drive_on, made, way_fen, way_seconds
from .layout import (
    AGREED,
    AT_END,
    BEGINS_AT,
    BREACH_FEN,
    BREAK_EARLIEST,
    BREAK_END,
    BREAK_FIRST,
    BREAK_LATEST,
    BREAK_SECONDS,
    BREAKS,
    CAP_FEN,
    CARGO_CLOCK,
    CARGO_DRIVE,
    CHANGE_TIME_FEN,
    CLOCK_END,
    CLOCK_FIRST,
    CLOCKS,
    DELIVERED,
    DEPOT_PLACE,
    DEPOTS,
    DROP_FEN,
    DUE,
    EARLIER,
    END_PLACE,
    ENGINEER,
    FEN_PER_HOUR,
    FIRST,
    FIRST_DEPOT,
    FREE,
    FREE_FROM,
    FROZEN,
    FROZEN_END,
    FROZEN_FIRST,
    HEAVY_UNITS,
    HOME,
    HORIZON_END,
    LAST,
    LEAN_BREACH_FEN,
    LEAN_DROP_FEN,
    LENGTH,
    LIMIT,
    MOVED,
    NIGHT_FEN,
    OPEN_END,
    OPEN_FIRST,
    OR_CARGO,
    ORDERS,
    OVERTIME_FEN,
    PAIRS,
    PICKUP,
    PICKUP_FEN,
    PLACE,
    PRICES,
    RELEASE,
    SERVICE,
    SHELF,
    SHIFT_END,
    SPENT,
    STAYING,
    STAYS,
    TAKEN,
    TOLD_ENGINEER,
    TOLD_HELD,
    TOLD_START,
    TOLERANCE,
    TOUR_FEN,
    TOUR_OF,
    TOURS,
    UNDERWAY_END,
    UNDERWAY_START,
    UNIT,
    VISITS,
    WINDOW_END,
    WINDOW_FIRST,
    WINDOWS,
    Facts,
    State,
    at,
    cell,
    get,
    rows,
    value,
)

IMPOSSIBLE = FOREVER


@typed
def late_fen(facts: Facts, clock: int, stopped: int) -> int:
    """min(cap, breach + ceil(price per hour * late / 3600)); nothing up to and including the due instant.
    While the search leans, what that adds."""
    late = stopped - get(facts, CLOCKS, clock, DUE)
    if late <= 0:
        return 0
    fen = get(facts, CLOCKS, clock, BREACH_FEN) + (get(facts, CLOCKS, clock, FEN_PER_HOUR) * late + HOUR - 1) // HOUR
    return min(fen, get(facts, CLOCKS, clock, CAP_FEN)) + value(facts, PRICES, LEAN_BREACH_FEN)


@inlined
def promise_fen(facts: Facts, order: int, start: int, end: int, moved: int, delivered: int) -> int:
    """Lateness of the order's clocks and cargo when the work runs from `start` to `end`."""
    fen = 0
    for clock in range(get(facts, ORDERS, order, CLOCK_FIRST), get(facts, ORDERS, order, CLOCK_END)):
        stopped = end if get(facts, CLOCKS, clock, AT_END) else start
        if get(facts, CLOCKS, clock, OR_CARGO) and moved < stopped:
            stopped = moved
        fen += late_fen(facts, clock, stopped)
    clock = get(facts, ORDERS, order, CARGO_CLOCK)
    if clock >= 0:
        arrival = delivered
        if delivered >= FOREVER:  # the repaired truck brings it
            arrival = drive_on(facts, HEAVY_UNITS, end, get(facts, ORDERS, order, CARGO_DRIVE) * UNITS)
        fen += late_fen(facts, clock, arrival)
    return fen


@typed
def dropped_fen(facts: Facts, order: int, moved: int, delivered: int) -> int:
    """Price of leaving the order out: drop price, and its promises at the end of the horizon."""
    end, fen = value(facts, PRICES, HORIZON_END), get(facts, ORDERS, order, DROP_FEN)
    fen += value(facts, PRICES, LEAN_DROP_FEN) if fen > 0 else 0
    return fen + promise_fen(facts, order, end, end, moved, delivered)


@typed
def opening(facts: Facts, first: int, end: int, ready: int) -> int:
    """Earliest instant from `ready` on inside windows first..end-1; IMPOSSIBLE when there is none."""
    for window in range(first, end):
        if ready <= get(facts, WINDOWS, window, LAST):
            return max(ready, get(facts, WINDOWS, window, FIRST))
    return IMPOSSIBLE


@inlined
def start_of_work(facts: Facts, state: State, order: int, engineer: int, ready: int) -> int:
    """Earliest start from `ready` on; IMPOSSIBLE when there is none.

    A published appointment is not moved forward by more than the tolerance, unless a clock is running late.
    """
    first, end = get(facts, ORDERS, order, WINDOW_FIRST), get(facts, ORDERS, order, WINDOW_END)
    start = opening(facts, first, end, ready)
    pin = value(state, AGREED, order)
    if pin < FOREVER:
        return pin if start <= pin and opening(facts, first, end, pin) == pin else IMPOSSIBLE
    held = get(facts, ORDERS, order, TOLD_HELD)
    if (
        start < held
        and get(facts, ORDERS, order, TOLD_ENGINEER) == engineer
        and (value(facts, PRICES, CHANGE_TIME_FEN) > 0)
    ):
        return opening(facts, first, end, held)
    return start


@typed
def change_fen(facts: Facts, order: int, engineer: int, start: int) -> int:
    """Price of a start that differs from the published one by more than the tolerance."""
    if get(facts, ORDERS, order, TOLD_ENGINEER) != engineer:
        return 0
    moved = abs(start - get(facts, ORDERS, order, TOLD_START))
    return value(facts, PRICES, CHANGE_TIME_FEN) if moved > value(facts, PRICES, TOLERANCE) else 0


@typed
def place_of(facts: Facts, visit: int) -> int:
    """Where a visit is: an order's site or a depot."""
    return get(facts, ORDERS, visit, PLACE) if visit >= 0 else get(facts, DEPOTS, -1 - visit, DEPOT_PLACE)


@typed
def earliest_start(facts: Facts, state: State, engineer: int, visit: int, ready: int) -> int:
    """Earliest start of work or pick-up from `ready` on, deliveries awaited; IMPOSSIBLE when there is none."""
    if visit >= 0:
        return start_of_work(facts, state, visit, engineer, max(ready, value(state, RELEASE, visit)))
    depot = -1 - visit
    return opening(facts, get(facts, DEPOTS, depot, OPEN_FIRST), get(facts, DEPOTS, depot, OPEN_END), ready)


@typed
def shelf(facts: Facts, place: int) -> int:
    """The stock place from which pieces are taken that are had at this one."""
    depot = place - value(facts, PRICES, FIRST_DEPOT)
    return place if depot < 0 else get(facts, DEPOTS, depot, SHELF)


@typed
def work_seconds(facts: Facts, engineer: int, visit: int) -> int:
    """How long the visit takes."""
    return get(facts, PAIRS, visit, 2 * engineer + SERVICE) if visit >= 0 else get(facts, DEPOTS, -1 - visit, PICKUP)


@typed
def _resting(
    facts: Facts, state: State, tour: int, place: int, free: int, taken: int, visit: int, start: int
) -> tuple[int, int, int]:
    """`begin_work` for a tour with breaks ahead that could start at `start` without them."""
    engineer, unit = get(facts, TOURS, tour, ENGINEER), get(facts, TOURS, tour, UNIT)
    work, left = (
        work_seconds(facts, engineer, visit),
        way_seconds(facts, place, place_of(facts, visit)) * UNITS,
    )
    while taken < get(facts, TOURS, tour, BREAK_END) and start < IMPOSSIBLE:
        pause = max(get(facts, BREAKS, taken, BREAK_EARLIEST), free)
        if pause > get(facts, BREAKS, taken, BREAK_LATEST):
            return IMPOSSIBLE, IMPOSSIBLE, taken
        rest = max(0, left - made(facts, unit, free, pause))
        again = pause + get(facts, BREAKS, taken, BREAK_SECONDS)
        later = earliest_start(facts, state, engineer, visit, drive_on(facts, unit, again, rest))
        if later > start and start + work <= get(facts, BREAKS, taken, BREAK_LATEST):
            break  # there is time for it afterwards
        start, free, left = later, again, rest
        taken += 1
    return start, min(start + work, IMPOSSIBLE), taken


@inlined
def begin_work(
    facts: Facts, state: State, tour: int, engineer: int, place: int, free: int, taken: int, order: int
) -> tuple[int, int, int]:
    """The tour's engineer drives from `place`, left at `free` after `taken` breaks, to the order: (start, end, breaks
    taken by then).

    A break is taken on the way or while waiting when that delays nothing, or when it could not begin in time after the
    work. Start and end are IMPOSSIBLE when no start is possible.
    """
    arrival = drive(facts, tour, free, way_seconds(facts, place, get(facts, ORDERS, order, PLACE)))
    start = start_of_work(facts, state, order, engineer, max(arrival, value(state, RELEASE, order)))
    if start >= IMPOSSIBLE:
        return IMPOSSIBLE, IMPOSSIBLE, taken
    if rows(facts, BREAKS) > 0 and taken < get(facts, TOURS, tour, BREAK_END):
        return _resting(facts, state, tour, place, free, taken, order, start)
    return start, start + get(facts, PAIRS, order, 2 * engineer + SERVICE), taken


@inlined
def begin_pickup(
    facts: Facts, state: State, tour: int, place: int, free: int, taken: int, depot: int
) -> tuple[int, int, int]:
    """`begin_work` for a pick-up."""
    there = get(facts, DEPOTS, depot, DEPOT_PLACE)
    arrival = drive(facts, tour, free, way_seconds(facts, place, there))
    start = opening(facts, get(facts, DEPOTS, depot, OPEN_FIRST), get(facts, DEPOTS, depot, OPEN_END), arrival)
    if start >= IMPOSSIBLE:
        return IMPOSSIBLE, IMPOSSIBLE, taken
    if rows(facts, BREAKS) > 0 and taken < get(facts, TOURS, tour, BREAK_END):
        return _resting(facts, state, tour, place, free, taken, -1 - depot, start)
    return start, start + get(facts, DEPOTS, depot, PICKUP), taken


@inlined
def step(
    facts: Facts, state: State, tour: int, engineer: int, place: int, free: int, taken: int, visit: int
) -> tuple[int, int, int, int]:
    """The tour's engineer drives from `place`, left at `free` after `taken` breaks, to `visit` and does it: (place,
    free again, breaks taken, fen of leg and work).

    Free again is IMPOSSIBLE when no start is possible.
    """
    there = place_of(facts, visit)
    fen = way_fen(facts, place, there)
    if visit < 0:
        _, end, taken = begin_pickup(facts, state, tour, place, free, taken, -1 - visit)
        return there, end, taken, fen + get(facts, DEPOTS, -1 - visit, PICKUP_FEN)
    start, end, taken = begin_work(facts, state, tour, engineer, place, free, taken, visit)
    if start >= IMPOSSIBLE:
        return there, IMPOSSIBLE, taken, fen
    fen += promise_fen(facts, visit, start, end, value(state, MOVED, visit), value(state, DELIVERED, visit))
    return there, end, taken, fen + change_fen(facts, visit, engineer, start)


@typed
def _resting_on_the_way_home(
    facts: Facts, tour: int, free: int, taken: int, seconds: int, home: int
) -> tuple[int, int]:
    """(return, breaks taken) with the breaks that are owed by then; `home`: the return without them."""
    unit, left = get(facts, TOURS, tour, UNIT), seconds * UNITS
    while taken < get(facts, TOURS, tour, BREAK_END) and home > get(facts, BREAKS, taken, BREAK_LATEST):
        pause = max(get(facts, BREAKS, taken, BREAK_EARLIEST), free)
        if pause > get(facts, BREAKS, taken, BREAK_LATEST):
            return IMPOSSIBLE, taken
        left = max(0, left - made(facts, unit, free, pause))
        free = pause + get(facts, BREAKS, taken, BREAK_SECONDS)
        home = drive_on(facts, unit, free, left)
        taken += 1
    return home, taken


@inlined
def way_home(facts: Facts, state: State, tour: int, place: int, free: int, taken: int) -> tuple[int, int, int]:
    """(instant of return, breaks taken, fen of the last leg and of overtime); IMPOSSIBLE when home is out of reach in
    time. Breaks that are owed by then are taken on the way. On a stay the end of the last work, and the price of the
    night instead of the leg."""
    if value(state, STAYS, tour):
        seconds, fen = 0, get(facts, TOURS, tour, NIGHT_FEN)
    else:
        end_place = get(facts, TOURS, tour, END_PLACE)
        seconds, fen = way_seconds(facts, place, end_place), way_fen(facts, place, end_place)
    if seconds >= FOREVER:
        return IMPOSSIBLE, taken, 0
    home = drive(facts, tour, free, seconds)
    if rows(facts, BREAKS) > 0 and taken < get(facts, TOURS, tour, BREAK_END):
        home, taken = _resting_on_the_way_home(facts, tour, free, taken, seconds, home)
    if home > get(facts, TOURS, tour, LIMIT):
        return IMPOSSIBLE, taken, 0
    over = home - get(facts, TOURS, tour, SHIFT_END)
    if over > 0:
        fen += (value(facts, PRICES, OVERTIME_FEN) * over + HOUR - 1) // HOUR
    return home, taken, fen


@typed
def begins_away(facts: Facts, state: State, tour: int) -> bool:
    """The tour before stays where it ends: this one drives home from there, also without stops."""
    earlier = get(facts, TOURS, tour, EARLIER)
    return earlier >= 0 and value(state, STAYS, earlier) != HOME


@typed
def is_empty(facts: Facts, state: State, tour: int) -> bool:
    """The tour has no stop and no work under way, and does not begin away from home: it is not driven."""
    if value(state, LENGTH, tour) or begins_away(facts, state, tour):
        return False
    return get(facts, TOURS, tour, FROZEN_FIRST) == get(facts, TOURS, tour, FROZEN_END)


@typed
def seats(state: State, tour: int) -> int:
    """Positions at which something may be put in: none behind the stop where the night is spent."""
    return value(state, LENGTH, tour) + (value(state, STAYS, tour) != STAYING)


@typed
def underway_fen(facts: Facts, state: State, tour: int) -> int:
    """Promises of the work under way on a tour."""
    fen = 0
    for index in range(get(facts, TOURS, tour, FROZEN_FIRST), get(facts, TOURS, tour, FROZEN_END)):
        order = value(facts, FROZEN, index)
        if value(state, TOUR_OF, order) != tour:  # the second of a crew is there: the promise is the lead's
            continue
        start, end = get(facts, ORDERS, order, UNDERWAY_START), get(facts, ORDERS, order, UNDERWAY_END)
        fen += promise_fen(facts, order, start, end, value(state, MOVED, order), value(state, DELIVERED, order))
    return fen


@typed
def retime(facts: Facts, state: State, tour: int, since: int) -> bool:
    """Recompute the tour's instants and prices from position `since` on. False when a stop is impossible."""
    engineer = get(facts, TOURS, tour, ENGINEER)
    if since == 0:
        state[at(state, FREE, tour, 0)] = get(facts, TOURS, tour, FREE_FROM)
        state[at(state, TAKEN, tour, 0)] = get(facts, TOURS, tour, BREAK_FIRST)
        state[at(state, SPENT, tour, 0)] = underway_fen(facts, state, tour)
        place = value(state, BEGINS_AT, tour)
    else:
        place = place_of(facts, get(state, VISITS, tour, since - 1))
    for position in range(since, value(state, LENGTH, tour)):
        free, taken = get(state, FREE, tour, position), get(state, TAKEN, tour, position)
        visit = get(state, VISITS, tour, position)
        place, free, taken, fen = step(facts, state, tour, engineer, place, free, taken, visit)
        if free >= IMPOSSIBLE:
            return False
        state[at(state, FREE, tour, position + 1)] = free
        state[at(state, TAKEN, tour, position + 1)] = taken
        state[at(state, SPENT, tour, position + 1)] = get(state, SPENT, tour, position) + fen
    last = value(state, LENGTH, tour)
    if is_empty(facts, state, tour):
        state[cell(state, TOUR_FEN, tour)] = 0
        return True
    home, _, fen = way_home(facts, state, tour, place, get(state, FREE, tour, last), get(state, TAKEN, tour, last))
    state[cell(state, TOUR_FEN, tour)] = get(state, SPENT, tour, last) + fen
    return home < IMPOSSIBLE
