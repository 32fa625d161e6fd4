"""Who plans what in a problem in blocks, and the plan of each block so far."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..blocks import Blocks
from ..plan import Plan
from ..problem import Ints, Order, Problem, Span
from .cutting import Share, cut, positions
from .shared import Seat, by_seat, linked

RANK = ("unreachable", "part_missing", "expert", "link", "crew", "window", "shift", "reserve", "capacity", "price")
"""Reasons of several blocks: the one that got furthest is told; what is not named here comes first."""


class Territory:
    """The blocks of a problem, and the plan of each so far."""

    def __init__(self, problem: Problem, blocks: Blocks) -> None:
        self.problem, self.blocks = problem, blocks
        self.rows = [positions(places) for places in blocks.places]
        self.plans: list[Plan] = [Plan() for _ in blocks.places]
        self.reasons: dict[int, str] = {}
        self.kept_from: list[set[int]] = [set() for _ in blocks.places]
        self.home = [self._home(engineer) for engineer in range(problem.engineers)]
        for order in problem.orders:  # a crew under way is in one block
            if order.frozen and order.frozen.second >= 0:
                self.home[order.frozen.second] = self.home[order.frozen.engineer]
        self.mates = linked(problem)
        self.offers = self._common([self._offers(order) for order in problem.orders])

    def _home(self, engineer: int) -> int:
        """The engineer's block; that of his first place where none holds all of them, -1 without shifts."""
        tours = [self.problem.tours[tour] for tour in self.problem.tours_of[engineer]]
        places = [place for tour in tours for place in (tour.start_place, tour.end_place)]
        places += [self.problem.orders[order].place for tour in tours for order in tour.frozen]
        for block in self.blocks.of(places[0]) if places else ():
            if all(place in self.rows[block] for place in places):
                return block
        return self.blocks.of(places[0])[0] if places else -1

    def _offers(self, order: Order) -> tuple[int, ...]:
        """The blocks that may plan the order, in turn."""
        fixed = (order.frozen.engineer,) if order.frozen else (order.pin_engineer, order.pin_second)
        homes = [self.home[one] for one in fixed if one is not None and self.home[one] >= 0]
        return (homes[0],) if homes else self.blocks.of(order.place)

    def _common(self, offers: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
        """Linked orders are planned in one block; where none offers for all, those that wait are not planned."""
        found = list(offers)
        for group in self.mates:
            blocks = tuple(block for block in offers[group[0]] if all(block in offers[order] for order in group))
            for order in group:
                if blocks or self.problem.orders[order].links:
                    found[order] = blocks
                if not blocks and self.problem.orders[order].links:
                    self.reasons[order] = "link"
        return found

    def begin(self, start: Plan) -> None:
        """Every block has its engineers' part of the plan; what still holds of it is for the block to find out."""
        tours = self.problem.tours
        for block in range(len(self.plans)):
            routes = tuple(one for one in start.routes if self.home[tours[one.tour].engineer] == block)
            planned = {stop.order for route in routes for stop in route.stops}
            first = {order for order, offers in enumerate(self.offers) if offers[:1] == (block,)}
            mine = planned | (first & set(start.unassigned))
            self.plans[block] = Plan(
                routes=routes,
                sources=tuple(one for one in start.sources if one.order in planned),
                cases=tuple(one for one in start.cases if one.order in mine),
                sessions=tuple(one for one in start.sessions if one.order in planned),
                unassigned=start.unassigned,
            )

    def share(self, block: int) -> Share:
        """The block with its own orders, those that nobody serves, and what the others leave on shelves and yards."""
        elsewhere = [plan for number, plan in enumerate(self.plans) if number != block]
        served = {stop.order for plan in elsewhere for route in plan.routes for stop in route.stops}
        sent = {case.vehicle for plan in elsewhere for case in plan.cases}
        served |= {order for group in self.mates if served & set(group) for order in group}
        offered = [order for order, offers in enumerate(self.offers) if block in offers]
        orders = [order for order in offered if order not in served]
        self.kept_from[block] = served & set(offered)
        away = {one.cargo.sent.vehicle for one in self.problem.orders if one.cargo and one.cargo.sent}
        mine = {c.sent.vehicle for order in orders if (c := self.problem.orders[order].cargo) and c.sent}
        vehicles = [
            index
            for index, vehicle in enumerate(self.problem.vehicles)
            if index in mine or (vehicle.place in self.rows[block] and index not in sent and index not in away)
        ]
        return cut(
            self.problem,
            self.blocks,
            block,
            orders=orders,
            engineers=[engineer for engineer, home in enumerate(self.home) if home == block],
            vehicles=vehicles,
            stock=self._stock(elsewhere),
            experts=self._experts(elsewhere, self.plans[block]),
        )

    def _experts(self, elsewhere: list[Plan], own: Plan) -> list[Seat]:
        """What the other blocks leave of each expert."""
        held, mine = [_sessions(plan) for plan in elsewhere], _sessions(own)
        found: list[Seat] = []
        for index, expert in enumerate(self.problem.experts):
            theirs = {order: span for sessions in held for order, span in sessions.get(index, {}).items()}
            found += by_seat(index, expert, theirs, mine.get(index, {}))
        return found

    def _stock(self, plans: list[Plan]) -> Ints:
        """[stock place, part] what these plans leave; nothing where they want more than there is by now."""
        left = np.array(self.problem.stock)
        for plan in plans:
            for source in plan.sources:
                left[self.problem.shelf(source.place), source.part] -= (
                    self.problem.orders[source.order].kit[source.line].quantity
                )
        return np.maximum(left, 0)

    def keep(self, block: int, share: Share, plan: Plan) -> None:
        """Take a block's plan; an order that it leaves out may still be served by another one."""
        whole = share.whole(plan)
        settled = {case.order for case in whole.cases} | set(share.members.orders) - set(whole.unassigned)
        for number, other in enumerate(self.plans):  # a vehicle that another block sends to these stays at home
            self.plans[number] = replace(other, cases=tuple(case for case in other.cases if case.order not in settled))
        self.plans[block] = whole
        for order, reason in whole.unassigned.items():
            before = self.reasons.get(order, reason)
            self.reasons[order] = max(before, reason, key=lambda one: RANK.index(one) if one in RANK else -1)

    def passed_over(self) -> Iterator[int]:
        """Blocks that were not offered an order because another one served it, which does so no longer."""
        for block, kept in enumerate(self.kept_from):
            served = {stop.order for plan in self.plans for route in plan.routes for stop in route.stops}
            if kept - served:
                yield block

    def whole(self) -> Plan:
        """All blocks as one plan."""
        routes = tuple(route for plan in self.plans for route in plan.routes)
        served = {stop.order for route in routes for stop in route.stops}
        left_out = (order for order in range(len(self.problem.orders)) if order not in served)
        return Plan(
            routes=routes,
            sources=tuple(source for plan in self.plans for source in plan.sources),
            cases=tuple(case for plan in self.plans for case in plan.cases),
            sessions=tuple(session for plan in self.plans for session in plan.sessions),
            unassigned={order: self.reasons.get(order, "unreachable") for order in left_out},
        )


def _sessions(plan: Plan) -> dict[int, dict[int, Span]]:
    """[expert][order] when the expert joins it."""
    if not plan.sessions:
        return {}
    work = {stop.order: (stop.start, stop.end) for route in plan.routes for stop in route.stops}
    found: dict[int, dict[int, Span]] = {}
    for session in plan.sessions:
        found.setdefault(session.expert, {})[session.order] = work[session.order]
    return found
