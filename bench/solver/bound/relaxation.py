"""A lower bound on the price of every plan of a dispatch problem that the judge accepts.

**What a plan is made of.** The judge's price is a sum over routes (legs, work, change, overtime, kits, lateness of the
orders on it with the vehicles sent for them) and over the orders on no route (dropped, lateness at the end of the
horizon; work under way: lateness as it stands). Routes meet in four places only: an order is on one route or on none, a
tour has at most one route, a vehicle has one case, and a shelf or van gives no more pieces than it holds.

**Tolls.** Let every order pay a toll to whoever serves it, and let vehicles and pieces cost a toll beside their price.
For any tolls whatever (vehicles' and pieces' not negative), an accepted plan costs no less than

    Σ over orders min(its toll, its price on no route under the tolls)
  + Σ over tours (its cheapest route under the tolls; 0 if it may stay at home and no route is below)
  − Σ tolls of vehicles − Σ tolls of pieces × stock.

An order on no route costs the plan what the first sum has for it or more; what one on a route pays its route is handed
back there; the plan's routes are among those over which the minima are taken; and it pays for vehicles and pieces at
most what the last line takes off. That is Lagrange's relaxation. Tolls are whole fen and all arithmetic is exact, so
the bound does not depend on the linear program that proposes them (`master`), nor on its tolerances.

**The cheapest route** is found by `search` among more routes than the judge accepts, each for no more than it charges:
 - a stop at a depot costs nothing by itself, and legs are the least ways over any depots (`tours._legs`);
 - an order may be served again once the route has been far from it (`tours.NEIGHBOURS`);
 - breaks, bans, slow hours, the reserve for breakdowns, `max_orders`, links and experts do not bind; fairness is free;
 - a replacement vehicle leaves at the first instant that its windows allow; which one is chosen by tour;
 - depots that an engineer could have passed on an earlier tour count as passed.
Starts, ends, windows, limits, prices per leg, lateness and overtime are the judge's to the second and to the fen.

What could make a route cheaper than is seen here is refused: nights away, crews of two, and hours in which driving is
quicker than the matrix says; so are problems in blocks.
"""

from dataclasses import dataclass

from services.dispatch.solver.problem import Problem

from .pricing import Column, Memory, Pricer
from .relief import alone
from .tolls import Tolls

SHORTEST = 60
"""Seconds of the shortest stop for which slots make sense."""


@dataclass(frozen=True)
class Finding:
    """`fen`: no accepted plan costs less, if `proven`; `columns`: routes worth their tolls."""

    fen: int
    proven: bool
    columns: list[Column]


class Relaxation:
    """All tours, and what ties them together. Raises ValueError for problems of which it would not be a relaxation."""

    def __init__(self, problem: Problem) -> None:
        _refuse(problem)
        self.problem, self.memory = problem, Memory()
        self.alone = [alone(problem, order) for order in range(len(problem.orders))]
        self.pricers = [Pricer(problem, tour, self.memory) for tour in range(len(problem.tours))]

    def bound(self, tolls: Tolls, *, strict: bool = True) -> Finding:
        """What these tolls prove. Without `strict`, or where the memory is full, only the routes count."""
        fen = -int(tolls.vehicles.sum()) - int((tolls.pieces * self.problem.stock).sum())
        for toll, choices in zip(tolls.orders.tolist(), self.alone, strict=True):
            fen += min([toll, *(one.fen + tolls.of_vehicle(one.vehicle) for one in choices)])
        found = [pricer.cheapest(tolls, strict=strict) for pricer in self.pricers]
        columns = [column for one in found for column in one.columns]
        return Finding(fen + sum(one.fen for one in found), all(one.proven for one in found), columns)


def checked(problem: Problem, tolls: Tolls) -> int:
    """The bound that these tolls prove, in fen; takes a lot of memory where they are far from the best.

    Raises ValueError for problems that the relaxation does not know.
    """
    relaxation = Relaxation(problem)
    while not (found := relaxation.bound(tolls)).proven:
        relaxation.memory.grow()
    return found.fen


def _refuse(problem: Problem) -> None:
    works = [*(seconds for order in problem.orders for seconds in order.service), *(d.pickup for d in problem.depots)]
    refused = {
        "in blocks": problem.blocks is not None,
        "nights away": any(tour.nights for tour in problem.tours),
        "crews of two": any(o.crew > 1 or (o.frozen is not None and o.frozen.second >= 0) for o in problem.orders),
        "quick hours": any(permille < 1000 for _, _, permille in problem.pace.factors),
        f"stops of less than {SHORTEST} s": min(works, default=SHORTEST) < SHORTEST,
    }
    if any(refused.values()):
        raise ValueError(f"no bound for problems with {', '.join(name for name, holds in refused.items() if holds)}")
