"""Routes seen during a search, and the cheapest choice of them that serves everybody: a set partitioning.

A plan is as good as its worst corner, while its other routes may be the best there are. Crossing puts two plans
together, the pool all that were seen. After Subramanian, Uchoa and Ochi, Computers & OR 40(10), 2013,
doi 10.1016/j.cor.2013.01.013.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from ..interrupting import interrupted_by
from ..stopping import Stop
from .problems import Route

MOST = 6_000
"""Routes kept: the relaxation of more takes too long."""

ELIGIBLE = 1_000
"""Routes of least reduced cost that are chosen from; among more the best is hardly proven in time."""

EFFORT = 0.3
"""Deterministic seconds of CP-SAT per choice, some half a second on a free core."""

RESERVE_S = 2.0
"""No choice begins when less is left: the relaxation cannot be cut short."""

WORTH = 100
"""Samples from one choice to the next."""

HALF = 0.5
"""Whole numbers come back as floats."""

Key = tuple[int, frozenset[int]]


class Column(NamedTuple):
    """What a vehicle drives at what cost."""

    cost: float
    vehicle: int
    nodes: tuple[int, ...]


class Pool:
    """The cheapest order seen of each vehicle and set of nodes. `source` gives the routes of the moment."""

    def __init__(self, source: Callable[[], Iterable[Column]]) -> None:
        self._source = source
        self._fresh = 0
        self._columns: dict[Key, Column] = {}
        """What is least worth keeping comes first: dear when last ranked, and not seen since."""

    def sample(self) -> None:
        """Keep the routes of the moment."""
        self._fresh += 1
        for column in self._source():
            self._columns[_key(column)] = min(column, self._columns.pop(_key(column), column))
        while len(self._columns) > MOST:
            del self._columns[next(iter(self._columns))]

    def choose(self, routes: Sequence[Route], stop: Stop) -> list[Route]:
        """Routes that serve at least whom `routes`, sampled before, do; as cheap as is found in limited time. Empty:
        none are found before a cancel, or it is not worth trying."""
        from ortools.util.python.solve_interrupter import SolveInterrupter

        if stop.remaining() < RESERVE_S or self._fresh < WORTH:
            return []
        self._fresh = 0
        interrupter = SolveInterrupter()
        served = {node for _, nodes in routes for node in nodes}
        used = {(vehicle, frozenset(nodes)) for vehicle, nodes in routes}
        with interrupted_by(stop, interrupter.interrupt):
            ranked = _ranked(list(self._columns.values()), served, interrupter)
            if not ranked:
                return []
            self._columns = {_key(column): column for column in reversed(ranked)}
            rest = (column for column in ranked[ELIGIBLE:] if _key(column) in used)
            return _chosen([*ranked[:ELIGIBLE], *rest], served, used, stop, interrupter)


def _key(column: Column) -> Key:
    return column.vehicle, frozenset(column.nodes)


def _ranked(columns: list[Column], served: set[int], interrupter: Any) -> list[Column]:
    """By reduced cost in the linear relaxation, least first. Empty when it was interrupted: somebody always serves
    them, so there is a solution otherwise."""
    from ortools.math_opt.python import mathopt

    model, choices = _partitioning(columns, served, whole=False)
    result = mathopt.solve(model, mathopt.SolverType.GLOP, interrupter=interrupter)
    if not result.has_dual_feasible_solution():
        return []
    reduced = result.reduced_costs(choices)
    return [columns[index] for index in sorted(range(len(columns)), key=reduced.__getitem__)]


def _chosen(columns: list[Column], served: set[int], used: set[Key], stop: Stop, interrupter: Any) -> list[Route]:
    """The best choice that is found, beginning with the columns used."""
    from ortools.math_opt.python import mathopt
    from ortools.sat import sat_parameters_pb2

    model, choices = _partitioning(columns, served, whole=True)
    hint = {choice: float(_key(column) in used) for choice, column in zip(choices, columns, strict=True)}
    bounded = sat_parameters_pb2.SatParameters(max_deterministic_time=EFFORT, subsolvers=["max_lp"])
    limit = None if stop.max_seconds is None else timedelta(seconds=stop.remaining())
    result = mathopt.solve(
        model,
        mathopt.SolverType.CP_SAT,
        params=mathopt.SolveParameters(time_limit=limit, threads=1, cp_sat=bounded),
        model_params=mathopt.ModelSolveParameters(solution_hints=[mathopt.SolutionHint(variable_values=hint)]),
        interrupter=interrupter,
    )
    if not result.has_primal_feasible_solution():
        return []
    values = result.variable_values(choices)
    return [(one.vehicle, one.nodes) for one, value in zip(columns, values, strict=True) if value > HALF]


def _partitioning(columns: list[Column], served: set[int], *, whole: bool) -> tuple[Any, list[Any]]:
    """A model with a variable per column: who is served stays so, by one; nobody else is by two, no vehicle drives
    twice."""
    from ortools.math_opt.python import mathopt

    model = mathopt.Model()
    nodes, vehicles = {node for one in columns for node in one.nodes}, {one.vehicle for one in columns}
    serving = {node: model.add_linear_constraint(lb=float(node in served), ub=1.0) for node in sorted(nodes)}
    driving = {vehicle: model.add_linear_constraint(lb=0.0, ub=1.0) for vehicle in sorted(vehicles)}
    choices = [model.add_variable(lb=0.0, ub=1.0, is_integer=whole) for _ in columns]
    for choice, column in zip(choices, columns, strict=True):
        model.objective.set_linear_coefficient(choice, column.cost)
        for rule in (driving[column.vehicle], *(serving[node] for node in column.nodes)):
            rule.set_coefficient(choice, 1.0)
    return model, choices
