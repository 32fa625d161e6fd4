"""The linear program over the routes found so far, which proposes tolls, and the loop around it."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from ortools.linear_solver import pywraplp

from services.dispatch.solver import Plan
from services.dispatch.solver.problem import Problem

from .outset import Outset
from .pricing import Column
from .relaxation import Relaxation
from .tolls import NOBODY, Tolls

STEP = 0.4
"""Share of the way from the best tolls so far to the program's own that is gone at once."""
ROOM = 25_000
"""Routes in the linear program; above it the dearer half leaves."""


@dataclass(frozen=True)
class Proof:
    """`fen`: no accepted plan costs less, as `tolls` prove. `value`: of the linear program by then; no tolls prove more
    than that."""

    fen: int
    value: float
    rounds: int
    seconds: float
    tolls: Tolls


class Master:
    """Shares of routes that serve every order once at the least price."""

    def __init__(self, relaxation: Relaxation) -> None:
        self.problem = relaxation.problem
        self.lp: Any = pywraplp.Solver.CreateSolver("GLOP")
        self.lp.Objective().SetMinimization()
        self.served = [self.lp.Constraint(1, 1) for _ in self.problem.orders]
        self.driven = [self._at_most(1) for _ in self.problem.tours]
        self.sent = [self._at_most(1) for _ in self.problem.vehicles]
        self.taken: dict[tuple[int, int], Any] = {}
        self.shares: dict[Column, Any] = {}
        for order, choices in enumerate(relaxation.alone):
            for one in choices:
                share = self._share(one.fen)
                self.served[order].SetCoefficient(share, 1)
                if one.vehicle != NOBODY:
                    self.sent[one.vehicle].SetCoefficient(share, 1)
        for pricer in relaxation.pricers:
            if pricer.sheet.driven:
                self.driven[pricer.sheet.tour].SetLb(1)
                self.add([pricer.still])

    def _at_most(self, most: int) -> Any:
        return self.lp.Constraint(-self.lp.infinity(), most)

    def _share(self, fen: int) -> Any:
        share = self.lp.NumVar(0, self.lp.infinity(), "")
        self.lp.Objective().SetCoefficient(share, fen)
        return share

    def lighter(self, relaxation: Relaxation) -> "Master":
        """Itself, or another one with the better half of the routes once there are too many; right after `solve`."""
        if len(self.shares) <= ROOM:
            return self
        ranked = sorted(self.shares, key=lambda column: self.shares[column].reduced_cost())
        fresh = Master(relaxation)
        fresh.add(ranked[: ROOM // 2])
        return fresh

    def add(self, columns: Sequence[Column]) -> int:
        """Take the routes in; returns how many are new."""
        new = [column for column in dict.fromkeys(columns) if column not in self.shares]
        for column in new:
            self.shares[column] = share = self._share(column.fen)
            self.driven[column.tour].SetCoefficient(share, 1)
            for order, times in column.orders:
                self.served[order].SetCoefficient(share, times)
            for vehicle, times in column.vehicles:
                self.sent[vehicle].SetCoefficient(share, times)
            taken = Counter[tuple[int, int]]()
            for place, part, quantity in column.pieces:
                taken[place, part] += quantity
            for shelf, quantity in taken.items():
                if shelf not in self.taken:
                    self.taken[shelf] = self._at_most(int(self.problem.stock[shelf]))
                self.taken[shelf].SetCoefficient(share, quantity)
        return len(new)

    def solve(self) -> tuple[float, Tolls]:
        """(value, tolls in whole fen)."""
        status = self.lp.Solve()
        if status != pywraplp.Solver.OPTIMAL:
            raise RuntimeError(f"the linear program ended with status {status}")
        pieces = np.zeros(self.problem.stock.shape, np.int64)
        for shelf, row in self.taken.items():
            pieces[shelf] = max(0, round(-row.dual_value()))
        orders = [round(row.dual_value()) for row in self.served]
        vehicles = [max(0, round(-row.dual_value())) for row in self.sent]
        return self.lp.Objective().Value(), Tolls(np.array(orders, np.int64), np.array(vehicles, np.int64), pieces)


class Centre(NamedTuple):
    """The best tolls so far, and what they seem to prove."""

    fen: int
    tolls: Tolls


def _tolls(centre: Centre | None, proposed: Tolls, *, is_stuck: bool, is_late: bool) -> Tolls:
    """What to try next. The program's own tolls are far off where it knows few routes, and those between them and the
    best ones are better; but only its own find out whether any route is missing."""
    if centre is None or (is_stuck and not is_late):
        return proposed
    return centre.tolls if is_late else centre.tolls.towards(proposed, STEP)


def proven(
    problem: Problem,
    plans: Sequence[Plan] = (),
    *,
    known: Tolls | None = None,
    gap: float = 0.002,
    seconds: float = 600.0,
) -> Proof:
    """The best bound within `gap` (a share) of what the relaxation can give, or of what was found when the `seconds` of
    processor time were over; it goes on beyond them until something is proven. `plans` and `known` tolls: to set out
    from.

    Raises ValueError for problems that the relaxation does not know.
    """
    begun, rounds = time.process_time(), 0
    relaxation = Relaxation(problem)
    master = Master(relaxation)
    centre: Centre | None = None
    best: Proof | None = None
    if plans:
        outset = Outset(problem, plans)
        master.add(outset.columns)
        known = known or outset.tolls
    if known is not None:
        found = relaxation.bound(known)
        centre = Centre(found.fen, known)
        master.add(found.columns)
    is_stuck = False
    while True:
        rounds += 1
        value, proposed = master.solve()
        master = master.lighter(relaxation)
        is_late = time.process_time() - begun > seconds
        tolls = _tolls(centre, proposed, is_stuck=is_stuck, is_late=is_late)
        found = relaxation.bound(tolls, strict=False)
        added = master.add(found.columns)
        if not added or is_late or centre is None or found.fen > centre.fen:
            found = relaxation.bound(tolls)
            added += master.add(found.columns)
            if found.proven and (best is None or found.fen > best.fen):
                best = Proof(found.fen, value, rounds, time.process_time() - begun, tolls)
            elif not found.proven:
                relaxation.memory.grow()
        if centre is None or (found.proven and found.fen > centre.fen):
            centre = Centre(found.fen, tolls)
        is_closed = best is not None and value - best.fen <= gap * abs(value)
        if best is not None and (is_closed or is_late or (found.proven and not added and tolls is proposed)):
            return best
        is_stuck = not added
