"""Where the search for tolls sets out: the routes of plans that are known, and what each of their orders is worth.

Neither has to be right for a bound to be: routes only help the linear program to propose tolls.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from services.dispatch.solver import judge
from services.dispatch.solver.plan import Plan, Route
from services.dispatch.solver.problem import Problem

from .pricing import Column
from .relief import alone
from .tolls import Pieces, Tolls


class Outset:
    """`columns`: the routes of these plans; `tolls`: for them, in the mean over the plans, routes cost nothing."""

    def __init__(self, problem: Problem, plans: Sequence[Plan]) -> None:
        self.problem = without_sunk_costs(problem)
        self.left = np.array([alone(self.problem, order)[0].fen for order in range(len(problem.orders))], np.int64)
        self.columns: list[Column] = []
        orders = sum((self._take(plan) for plan in plans), start=np.zeros(len(problem.orders)))
        shelves, vehicles = np.zeros(problem.stock.shape, np.int64), np.zeros(len(problem.vehicles), np.int64)
        self.tolls = Tolls((orders / len(plans)).round().astype(np.int64), vehicles, shelves)

    def _take(self, plan: Plan) -> Any:
        """Keep the plan's columns; returns by order its part of its route's price: in proportion to what the route
        saves without it."""
        parts = np.zeros(len(self.left))
        parts[list(plan.unassigned)] = self.left[list(plan.unassigned)]
        for route in plan.routes:
            own = {stop.order for stop in route.stops if stop.order >= 0}
            column = self._column(plan, route, own)
            self.columns.append(column)
            new = [order for order, _ in column.orders]
            saved = np.array([max(1, column.fen - self._fen(plan, route, own - {order})) for order in new])
            parts[new] = saved * column.fen / max(1, saved.sum())
        return parts

    def _column(self, plan: Plan, route: Route, own: set[int]) -> Column:
        orders = self.problem.orders
        return Column(
            tour=route.tour,
            fen=self._fen(plan, route, own),
            orders=tuple((order, 1) for order in sorted(own) if orders[order].frozen is None),
            vehicles=tuple(sorted((case.vehicle, 1) for case in plan.cases if case.order in own)),
            pieces=tuple(
                sorted(
                    Pieces(source.place, source.part, orders[source.order].kit[source.line].quantity)
                    for source in plan.sources
                    if source.order in own
                )
            ),
        )

    def _fen(self, plan: Plan, route: Route, own: set[int]) -> int:
        """What the judge charges for the route with no other orders than these."""
        stops = tuple(stop for stop in route.stops if stop.order < 0 or stop.order in own)
        part = Plan(
            routes=(replace(route, stops=stops),),
            sources=tuple(source for source in plan.sources if source.order in own),
            cases=tuple(case for case in plan.cases if case.order in own),
        )
        return judge(self.problem, part).total - int(self.left.sum() - self.left[list(own)].sum())


def without_sunk_costs(problem: Problem) -> Problem:
    """Work under way promises nothing: what it costs does not depend on the plan."""
    sunk: dict[str, Any] = {"clocks": (), "cargo": None, "drop_fen": 0}
    return replace(problem, orders=tuple(replace(one, **sunk) if one.frozen else one for one in problem.orders))
