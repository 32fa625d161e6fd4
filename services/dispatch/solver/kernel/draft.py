"""A plan in the kernel's memory as Python holds it: filled, changed, read."""

from collections.abc import Iterable, Sequence
from copy import copy

import numpy as np

from ..plan import Plan, Source
from ..problem import FOREVER, Ints, Problem
from ..tables import Tables
from .changes import compact, put, unseat
from .facts import facts_of
from .insertion import NO_BOUND, best_with_kit
from .kits import KitWriter
from .layout import (
    BUSY,
    CASE,
    DROP_FEN,
    FIXED,
    FROM,
    LEFT,
    LENGTH,
    LINES,
    NOWHERE,
    ORDERS,
    PART,
    PREVENTIVE,
    QUANTITY,
    QUOTES,
    SOURCE,
    STAYS,
    TIED,
    TOTAL,
    TOUR_OF,
    UNDERWAY_START,
    URGENCY,
    VEHICLE,
    VISITS,
    Facts,
    State,
    view,
)
from .memory import new_desk, new_state
from .nearness import rank, scores
from .placing import has_room, is_held
from .reading import kit_sources, plan_of
from .search import construct
from .sourcing import find_kits
from .ties import Ties
from .timing import begins_away
from .trial import begin_trial, take_back, touch_order, touch_tour
from .writing import append


class Draft:
    """A plan under construction. At first nothing but the work under way is planned.

    `facts`, `state`, `saved` and `desk` are the kernel's memories, see `layout`, with the orders of `staffed`: those of
    the problem, and behind them what `ties` adds for second engineers. `tables` are those of `staffed`.
    """

    def __init__(self, problem: Problem, *, seed: int = 0, near: Iterable[int] | None = None) -> None:
        """`near`: the loose orders whose surroundings are looked at; all of them if it is None."""
        self.problem, self.seed = problem, seed
        self.ties = Ties(problem)
        self.staffed = self.ties.staffed()
        self.tables = Tables(self.staffed)
        self.facts = facts_of(self.staffed, self.tables, set(self.ties.rows))
        self._empty = new_state(self.staffed, self.facts)
        self.state, self.saved = self._empty.copy(), self._empty.copy()
        self.look_around(range(len(self.staffed.orders)) if near is None else [*near, *self.ties.rows])
        self.desk = new_desk(self.facts, self.state, seed)

    @property
    def total(self) -> int:
        """Price of the plan in fen."""
        return int(view(self.state, TOTAL)[0, 0])

    @property
    def mean_fen(self) -> float:
        """Price of the plan per order, at least 1: what temperatures are measured in."""
        return max(1.0, self.total / max(1, len(self.problem.orders)))

    @property
    def tours(self) -> Ints:
        """[order] the tour that does it, NOWHERE for none. A view: it changes with the draft."""
        return view(self.state, TOUR_OF)[:, 0]

    def look_around(self, orders: Iterable[int]) -> None:
        """Know what is near these orders: needed wherever one of them is inserted."""
        rank(self.facts, self._empty, np.fromiter(orders, np.int64), scores(self.facts))

    def copy(self) -> "Draft":
        """An independent draft of the same problem."""
        twin = copy(self)
        twin.state = self.state.copy()
        return twin

    def emptied(self) -> "Draft":
        """A draft of the same problem with nothing but the work under way."""
        twin = copy(self)
        twin.state = self._empty.copy()
        return twin

    def clear(self) -> None:
        """Nothing but the work under way is planned again."""
        self.state = self._empty.copy()

    def construct(self) -> None:
        """Insert what is worth its price, most urgent first; send replacement vehicles where they pay."""
        construct(self.facts, self.state, self.saved, self.state.copy(), self.desk, self.by_urgency())

    def append(self, order: int, tour: int) -> bool:
        """Put an unassigned order at the end of the tour with the kit that is cheapest there. False: none fits."""
        found: list[tuple[int, int]] = []
        if self.is_held(order) or not has_room(self.facts, self.state, order, tour):
            return False
        for kit in range(find_kits(self.facts, self.state, self.desk, order, tour)):
            begin_trial(self.state, self.saved, self.desk)
            touch_order(self.facts, self.state, self.saved, self.desk, order)
            touch_tour(self.state, self.saved, self.desk, tour)
            if append(self.facts, self.state, self.desk, kit, order, tour):
                found.append((self.total, kit))
            take_back(self.facts, self.state, self.saved, self.desk)
        return bool(found) and append(self.facts, self.state, self.desk, min(found)[1], order, tour)

    def kits(self, order: int, tour: int) -> list[tuple[Source, ...]]:
        """Complete ways to get the order's parts on the tour from what is left on the shelves."""
        count = find_kits(self.facts, self.state, self.desk, order, tour)
        return [kit_sources(self.problem, self.facts, self.desk, kit, order) for kit in range(count)]

    def seat(self, order: int, tour: int, sources: Sequence[Source]) -> bool:
        """Put an unassigned order at its best place in the tour with these sources of parts. False when there is none,
        or when a source has not enough left."""
        facts, state, desk, engineer = self.facts, self.state, self.desk, self.problem.tours[tour].engineer
        if not has_room(facts, state, order, tour):
            return False
        if not KitWriter(self.problem, facts, state, desk).write(order, engineer, sources):
            return False
        _, position, pick = best_with_kit(facts, state, desk, 0, order, tour, NOWHERE, NO_BOUND, True)
        return position >= 0 and put(facts, state, desk, 0, order, tour, position, pick)

    def take_out(self, order: int) -> bool:
        """Remove a planned order, its parts, and pick-ups of its tour that nobody needs any more. False when the tour
        cannot be driven without it: the draft is of no use any more."""
        tour = int(self.tours[order])
        unseat(self.facts, self.state, order)
        return compact(self.facts, self.state, tour)

    def is_held(self, order: int) -> bool:
        """The order has to stay where it is: it is tied to others, or the night is spent there."""
        return is_held(self.facts, self.state, order)

    def is_tied(self, tour: int) -> bool:
        """The tour has orders that are tied to others, or begins or ends away from home."""
        is_away = bool(view(self.state, STAYS)[tour, 0]) or begins_away(self.facts, self.state, tour)
        return is_away or any(visit >= 0 and self.is_held(visit) for visit in self.visits(tour))

    def by_urgency(self) -> Ints:
        """Loose orders, not under way: promises first, what a person fixed before others, then the earliest clock."""
        orders = view(self.facts, ORDERS)
        loose = np.flatnonzero((orders[:, UNDERWAY_START] >= FOREVER) & (orders[:, TIED] == 0))
        keys = (-orders[loose, DROP_FEN], orders[loose, URGENCY], -orders[loose, FIXED], orders[loose, PREVENTIVE])
        return loose[np.lexsort(keys)].astype(np.int64)

    def adopt(self, kept: State) -> None:
        """Go on with a plan that a search kept."""
        self.state = kept
        recount(self.problem, self.facts, kept)
        self.desk = new_desk(self.facts, kept, self.seed)

    def return_to(self, kept: State) -> None:
        """Go on from a plan that the running search kept, in the same memories."""
        self.state[:] = kept
        recount(self.problem, self.facts, self.state)

    def unassigned(self) -> list[int]:
        """Loose orders without a tour."""
        found: list[int] = np.flatnonzero((self.tours == NOWHERE) & (view(self.facts, ORDERS)[:, TIED] == 0)).tolist()
        return found

    def visits(self, tour: int) -> list[int]:
        """The tour's stops without the work under way: an order, or -1 - depot for a pick-up."""
        found: list[int] = view(self.state, VISITS)[tour, : view(self.state, LENGTH)[tour, 0]].tolist()
        return found

    def outline(self) -> Plan:
        """The plan as it stands, without a word on who is left out."""
        return plan_of(self.problem, self.facts, self.state, {})


def recount(problem: Problem, facts: Facts, state: State) -> None:
    """Shelves and vehicles of a plan, by what its orders use."""
    left, source = view(state, LEFT), view(state, SOURCE)
    left[:] = problem.stock
    used = np.flatnonzero(source[:, FROM] >= 0)
    shelves = np.array([problem.shelf(place) for place in range(len(left))], np.int64)
    np.subtract.at(left, (shelves[source[used, FROM]], source[used, PART]), view(facts, LINES)[used, QUANTITY])
    busy, cases = view(state, BUSY), view(state, CASE)[:, 0]
    busy[:] = 0
    sent = np.flatnonzero(cases >= 0)
    busy[view(facts, QUOTES)[cases[sent], VEHICLE], 0] = 1 + sent
    for order, record in enumerate(problem.orders):
        if record.cargo and record.cargo.sent:
            busy[record.cargo.sent.vehicle] = 1 + order


def preventive(problem: Problem, start: Plan) -> set[int]:
    """Orders to leave out of a warm start: they are inserted again after the promises, at their published time
    if that still takes nothing from a promise (the price of change speaks for it). Not those where a night is spent,
    nor tied ones."""
    kept = {route.stops[-1].order for route in start.routes if route.stays and route.stops} | {*Ties(problem).orders}
    return {
        index
        for index, order in enumerate(problem.orders)
        if order.preventive and not order.is_fixed and index not in kept
    }
