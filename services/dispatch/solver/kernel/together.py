"""Tied orders in a plan: crews of two, links, experts from afar.

A tied order is planned with an agreed start (`AGREED`), like one whose time a person fixed. Ordinary moves leave it
where it is and keep its time, so every tour has a price of its own, and whom it is tied to never notices what they do.
Here tied orders come, go and move, each with its second engineer, its expert and all orders that wait for it.
"""

import math
from collections.abc import Iterable

from ..plan import Session
from .changes import unseat
from .dice import below, uniform
from .draft import Draft
from .insertion import NO_BOUND
from .layout import AGREED, CASE, HOME, KIT_FEN, NOWHERE, REMOVED, SESSION, STAYS, TOTAL, State, view
from .nights import begin_again
from .placing import free_quote, is_fixed, price_of_absence
from .ruin import close_gaps, ruin
from .search import arrange, insert, settle
from .search import place as put_in
from .trial import accept, begin_trial, keep_best, take_back, touch_order, touch_tour
from .vehicles import choose_vehicle, order_times, set_vehicle
from .ways import Way, Ways

NEAR_TIED = 8
"""Nearest other tied orders from which some are planned anew together with one."""

MATES = 3
"""How many of them at most."""

BLINK = 0.1
"""Chance that a start is overlooked."""


class Together:
    """Moves of the tied orders of a draft, inside a trial that has begun."""

    def __init__(self, draft: Draft) -> None:
        self.draft, self.problem, self.ties, self.ways = draft, draft.problem, draft.ties, Ways(draft)
        self.facts, self.state, self.saved, self.desk = draft.facts, draft.state, draft.saved, draft.desk

    def keep_what_holds(self, sessions: Iterable[Session]) -> None:
        """After a plan was loaded: its sessions join, and what no longer keeps together is taken out."""
        for session in sessions:
            self._join(session.order, session.expert)
        broken = [row for row in self.ties.rows if self.ways.is_planned(row) and not self._holds(row)]
        while broken:
            self.take_out(broken[0], 0)
            broken = [row for row in self.ties.rows if self.ways.is_planned(row) and not self._holds(row)]

    def _join(self, order: int, expert: int) -> None:
        asked, experts = self.problem.orders[order].expert, self.ways.experts
        if asked is None or not self.ways.is_planned(order) or expert not in experts.fitting(asked):
            return
        start, end = order_times(self.facts, self.state, order)
        if experts.can_join(expert, start, end):
            self._book(order, expert, experts.fee(expert, end - start))

    def _book(self, order: int, expert: int, fee: int) -> None:
        view(self.state, SESSION)[order] = expert
        view(self.state, KIT_FEN)[order] += fee
        view(self.state, TOTAL)[0] += fee

    def _holds(self, row: int) -> bool:
        """What the row is tied to is there, at the agreed time."""
        start = view(self.state, AGREED)[row, 0]
        if row >= len(self.problem.orders):
            order, seconds = self.ties.seconds[row - len(self.problem.orders)]
            lead, second = self.draft.tours[order], self.draft.tours[row]
            return bool(
                lead >= 0
                and self.ways.engineer(lead) != self.ways.engineer(second)
                and (self.ways.service(order, lead), view(self.state, AGREED)[order, 0]) == (seconds, start)
            )
        record, since = self.problem.orders[row], self.ways.ready(row)
        has_expert = record.expert is None or view(self.state, SESSION)[row, 0] != NOWHERE
        has_second = record.crew == 1 or self._planned_second(row) != NOWHERE
        return since is not None and bool(since <= start) and has_expert and has_second

    def _planned_second(self, order: int) -> int:
        """The row of the planned second, NOWHERE for none."""
        return next((row for row in self.ties.rows_of(order) if self.ways.is_planned(row)), NOWHERE)

    def place(self, order: int, blink: float = 0.0) -> bool:
        """Plan the order in its cheapest way, if that costs less than its absence; says whether it did. What others
        wait for, or a person fixed, is planned at any price. `blink`: chance that a start is overlooked."""
        touch_order(self.facts, self.state, self.saved, self.desk, order)
        if view(self.state, CASE)[order, 0] != NOWHERE:
            set_vehicle(self.facts, self.state, order, NOWHERE)
        at_any_price = order in self.ties.followers or is_fixed(self.facts, order)
        bound = NO_BOUND if at_any_price else price_of_absence(self.facts, self.state, order)
        way = self.ways.best(order, blink=blink, bound=bound)
        if way is None:
            choose_vehicle(self.facts, self.state, self.saved, self.desk, order)
            return False
        self.go(order, way)
        return True

    def go(self, order: int, way: Way) -> None:
        """Plan the order in this way."""
        memories = self.facts, self.state, self.saved, self.desk
        touch_order(*memories, order)
        view(self.state, AGREED)[order] = way.start
        put_in(*memories, order, way.tour, free_quote(self.facts, self.state, order), NO_BOUND, False)
        if way.second is not None:
            row, tour = way.second
            touch_order(*memories, row)
            view(self.state, AGREED)[row] = way.start
            put_in(*memories, row, tour, NOWHERE, NO_BOUND, False)
        self._book(order, way.expert, way.fee)
        choose_vehicle(*memories, order)

    def take_out(self, order: int, count: int) -> int:
        """Take a planned order off its tours, with its second and its expert, or a second alone; the new number of
        removed loose orders, which may have to go as well."""
        memories = self.facts, self.state, self.saved, self.desk
        for row in filter(self.ways.is_planned, (order, *self.ties.rows_of(order))):
            tour = int(self.draft.tours[row])
            touch_order(*memories, row)
            touch_tour(self.state, self.saved, self.desk, tour)
            is_night = view(self.state, STAYS)[tour, 0] != HOME and self.draft.visits(tour)[-1] == row
            unseat(self.facts, self.state, row)
            count = close_gaps(*memories, tour, count)
            count = begin_again(self.draft, tour, count) if is_night else count
        view(self.state, SESSION)[order] = NOWHERE
        self.ways.disagree(order)
        return count

    def place_all(self, orders: Iterable[int], blink: float = 0.0) -> None:
        """Plan what is not planned yet of these orders, which are in the order of waiting; then what is dearer with all
        that wait for it than without them goes again."""
        news = [order for order in orders if not self.ways.is_planned(order) and self.place(order, blink)]
        for order in reversed(news):
            group = [one for one in self.ties.group(order) if self.ways.is_planned(one)]
            if order not in self.ties.followers or any(is_fixed(self.facts, one) for one in group):
                continue
            before, kept = self.draft.total, self.state.copy()
            for one in reversed(group):
                self.take_out(one, 0)
            if self.draft.total >= before:
                self.state[:] = kept

    def reconsider(self, order: int, best: State, heat: float) -> None:
        """Take the order out with some tied and some loose ones around, and all that wait for them, and plan them anew;
        kept as annealing at `heat` keeps, the best plan in `best`."""
        memories = self.facts, self.state, self.saved, self.desk
        begin_trial(self.state, self.saved, self.desk)
        before, group = self.draft.total, self._some_around(order)
        count = ruin(*memories, order)
        for one in reversed(self.ties.orders):
            count = self.take_out(one, count) if one in group else count
        removed = view(self.desk, REMOVED)[:count, 0].tolist()
        self.place_all(self._shuffled(group), BLINK)
        if removed:
            view(self.desk, REMOVED)[:count, 0] = removed
            arrange(self.facts, self.desk, order, count)
        for one in view(self.desk, REMOVED)[:count, 0].tolist():
            insert(*memories, one, 0.0, 0.0, False)
        settle(*memories, 0.0)
        if self.draft.total >= before - heat * math.log(max(uniform(self.desk), 1e-12)):
            take_back(*memories)
            return
        accept(self.desk)
        if self.draft.total < int(view(best, TOTAL)[0, 0]):
            keep_best(self.facts, self.state, best, self.desk)

    def _some_around(self, order: int) -> set[int]:
        """The order and up to MATES of the tied orders nearest to it, with all that wait for them."""
        near, found = self.ties.nearest(order, NEAR_TIED), {*self.ties.group(order)}
        for _ in range(below(self.desk, 1 + MATES) if near else 0):
            found.update(self.ties.group(near[below(self.desk, len(near))]))
        return found

    def _shuffled(self, orders: set[int]) -> list[int]:
        """The orders at random, each behind those that it waits for."""
        found: list[int] = []
        rest = [order for order in self.ties.orders if order in orders]
        while rest:
            waiting = {follower for order in rest for follower in self.ties.followers.get(order, ())}
            free = [order for order in rest if order not in waiting]
            found.append(free[below(self.desk, len(free))])
            rest.remove(found[-1])
        return found

    def some_order(self) -> int:
        """A tied order of the problem by the draft's dice."""
        return self.ties.orders[below(self.desk, len(self.ties.orders))]
