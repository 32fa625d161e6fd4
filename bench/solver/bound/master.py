"""The linear program over the routes found so far, which proposes tolls, and the loop around it."""

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from ortools.linear_solver import pywraplp

from services.dispatch.solver.problem import Problem

from .pricing import Column
from .relaxation import Relaxation
from .tolls import NOBODY, Tolls

NEAR = 0.01
"""Routes are searched strictly once the fast search leaves no more than this share of the program's value open."""


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
        self.columns: set[Column] = set()
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

    def add(self, columns: list[Column]) -> int:
        """Take the routes in; returns how many are new."""
        new = [column for column in dict.fromkeys(columns) if column not in self.columns]
        self.columns.update(new)
        for column in new:
            share = self._share(column.fen)
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


def proven(problem: Problem, *, gap: float = 0.002, seconds: float = 600.0) -> Proof:
    """The best bound within `gap` (a share) of what the relaxation can give, or of what was found when the `seconds` of
    processor time were over; it goes on beyond them until something is proven.

    Raises ValueError for problems that the relaxation does not know.
    """
    begun, rounds = time.process_time(), 0
    relaxation = Relaxation(problem)
    master = Master(relaxation)
    best: Proof | None = None
    while True:
        rounds += 1
        value, tolls = master.solve()
        found = relaxation.bound(tolls, strict=False)
        added = master.add(found.columns)
        is_late = time.process_time() - begun > seconds
        if not added or is_late or value - found.fen <= NEAR * abs(value):
            found = relaxation.bound(tolls)
            added += master.add(found.columns)
            if found.proven and (best is None or found.fen > best.fen):
                best = Proof(found.fen, value, rounds, time.process_time() - begun, tolls)
            elif not found.proven and (is_late or not added):
                relaxation.memory.grow()
        is_closed = best is not None and value - best.fen <= gap * abs(value)
        if best is not None and (is_closed or is_late or (found.proven and not added)):
            return best
