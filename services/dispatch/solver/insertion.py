"""Best place for one order in one tour, in many tours: exact by forward simulation."""

from dataclasses import dataclass

import numpy as np

from .draft import Draft, Kit
from .kits import kits
from .problem import FOREVER, Ints
from .step import State, step
from .tables import HOUR, Tables

LONG = 10**8
"""Seconds beyond which a guess is cut off, so that prices per hour do not overflow."""

NO_BOUND = 2**62
"""A price above every plan's."""

BATCH = 4
"""Tours tried at a time, most promising first."""

TRIED = 16
"""Tours after which a found place is good enough."""


@dataclass(frozen=True, slots=True)
class Insertion:
    """Putting an order into `tour` as `visits` with `kit` changes the price by `fen` (its absence not counted)."""

    fen: int
    tour: int
    visits: list[int]
    kit: Kit


def best_in_tour(draft: Draft, order: int, tour: int, bound: int) -> Insertion | None:
    """Cheapest position and kit in one tour that costs less than `bound`; None when there is none."""
    if not has_room(draft, order, tour):
        return None
    engineer = draft.tables.tours[tour].engineer
    pair = int(draft.tables.unary_fen(order)[engineer])
    best: Insertion | None = None
    for kit in kits(draft, order, tour):
        fixed = pair + kit.fen
        draft.relief.release[order] = kit.release
        found = cheapest_position(draft, order, tour, kit, (best.fen if best else bound) - fixed)
        if found:
            best = Insertion(found[0] + fixed, tour, found[1], kit)
    draft.relief.release[order] = -FOREVER
    return best


def has_room(draft: Draft, order: int, tour: int) -> bool:
    """The limits on number of orders and on preventive time allow one more."""
    record, tables = draft.tables.tours[tour], draft.tables
    present = [visit for visit in draft.visits[tour] if visit >= 0]
    if len(present) >= record.max_orders:
        return False
    if not tables.orders[order].preventive:
        return True
    busy = sum(tables.service(v, record.engineer) for v in present if tables.orders[v].preventive)
    return busy + tables.service(order, record.engineer) <= record.preventive_room


def cheapest_position(draft: Draft, order: int, tour: int, kit: Kit, bound: int) -> tuple[int, list[int]] | None:
    """(change of the tour's price, visits) of the cheapest position below `bound`.

    The order's release must be the kit's while this looks.
    """
    visits, known = draft.visits[tour], draft.states[tour]
    best: tuple[int, list[int]] | None = None
    limit = draft.fen[tour] + bound
    for position in range(len(visits) + 1):
        missing = [-1 - depot for depot in kit.depots if -1 - depot not in visits[:position]]
        for pick in range(position + 1) if missing else (position,):
            tail = [*visits[pick:position], order, *visits[position:]]
            if missing:  # one pick-up at a depot serves everything after it: a later one is left out
                tail = [*missing, *(visit for visit in tail if visit not in missing)]
            fen = _drive(draft, tour, known[pick], tail, limit)
            if fen is None or fen >= limit:
                continue
            candidate = [*visits[:pick], *tail]
            if _spares_promises(draft, order, tour, candidate):
                limit, best = fen, (fen - draft.fen[tour], candidate)
    return best


def _drive(draft: Draft, tour: int, state: State, tail: list[int], limit: int) -> int | None:
    tables, relief = draft.tables, draft.relief
    record = tables.tours[tour]
    for visit in tail:
        after = step(tables, relief, record.engineer, state, visit)
        if after is None or after[3] >= limit or after[2] > record.limit:
            return None
        state = (after[0], after[2], after[3])
    return draft.closing_fen(tour, tail, state)


def _spares_promises(draft: Draft, order: int, tour: int, visits: list[int]) -> bool:
    """Preventive work is never planned at the price of a promise: no breakdown gets later by it."""
    orders = draft.tables.orders
    if not orders[order].preventive or orders[order].pin_engineer is not None:
        return True
    if all(visit < 0 or orders[visit].preventive for visit in draft.visits[tour]):
        return True
    return draft.promises_fen(tour, visits) <= draft.promises_fen(tour, draft.visits[tour])


def ranked_tours(draft: Draft, order: int) -> tuple[Ints, Ints]:
    """Tours of allowed engineers that could have time, and a guess of the price in each, cheapest first."""
    tables = draft.tables
    record = tables.orders[order]
    tours = candidate_tours(tables, order)
    place = record.place
    near = tables.drive[tables.tour_start_places[tours], place]
    routed = np.flatnonzero(draft.tours_taken >= 0)
    closest = np.full(len(tables.tours), FOREVER, np.int64)
    np.minimum.at(closest, draft.tours_taken[routed], tables.drive[tables.places[routed], place])
    near = np.minimum(near, closest[tours])
    first = record.windows[0][0] if record.windows else FOREVER
    arrival = np.maximum(tables.tour_starts[tours] + near, first)
    fen = tables.unary_fen(order)[tables.tour_engineers[tours]] + guessed_fen(tables, order, near, arrival)
    service = min(record.service)
    fits = (arrival + service <= tables.tour_limits[tours]) & (
        draft.busy[tours] + service <= tables.tour_limits[tours] - tables.tour_starts[tours]
    )
    ranking = np.argsort(fen[fits], kind="stable")
    return tours[fits][ranking], fen[fits][ranking]


def candidate_tours(tables: Tables, order: int) -> Ints:
    """Tours of all engineers who may do the order."""
    fit = np.zeros(tables.problem.engineers, np.bool_)
    fit[tables.allowed(order)] = True
    return np.flatnonzero(fit[tables.tour_engineers]).astype(np.int64)


def guessed_fen(tables: Tables, order: int, near: Ints, arrival: Ints) -> Ints:
    """Travel and lateness if the engineer came straight from the closest point of the tour."""
    record, prices = tables.orders[order], tables.problem.prices
    fen = prices.travel_fen_per_hour * np.minimum(near, LONG) // HOUR
    for clock in record.clocks:
        late = arrival + (record.service[0] if clock.at_end else 0) - clock.due
        late_fen = clock.breach_fen + clock.fen_per_hour * np.minimum(late, LONG) // HOUR
        fen = fen + np.where(late > 0, np.minimum(late_fen, clock.cap_fen), 0)
    return fen


def best_insertion(draft: Draft, order: int, *, exhaustive: bool = False) -> Insertion | None:
    """Cheapest insertion over the tours, tried in batches by guessed price.

    Stops after the batch in which the found price is below what the next tour is guessed to cost, unless
    `exhaustive`. None only when no tour of any allowed engineer can take the order.
    """
    tours, guesses = ranked_tours(draft, order)
    best: Insertion | None = None
    for rank, tour in enumerate(tours.tolist()):
        if best and not exhaustive and rank % BATCH == 0 and (best.fen <= guesses[rank] or rank >= TRIED):
            break
        found = best_in_tour(draft, order, tour, best.fen if best else NO_BOUND)
        if found:
            best = found
    return best
