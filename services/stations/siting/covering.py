"""Maximal covering: so many sites that as many machines as possible lie within reach, proven to be the most.

Church and ReVelle (1974): maximise sum w[j] y[j] with y[j] <= sum of x[i] over the sites i that reach j, sum x = p.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt

Reach = npt.NDArray[np.bool_]
Weights = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Covering:
    """`sites` are rows of the candidates, fixed ones included; `covered` of `total` weight is reached.

    No choice reaches more than `bound`; `proven` when none reaches more than this one.
    """

    sites: list[int]
    covered: int
    total: int
    bound: int

    @property
    def proven(self) -> bool:
        return self.covered >= self.bound


def maximal_covering(
    reach: Reach, weight: Weights, sites: int, *, fixed: Sequence[int] = (), limit: timedelta = timedelta(seconds=60)
) -> Covering:
    """Choose `sites` candidates in addition to the `fixed` ones.

    `reach` [candidates, demand]: whether a candidate reaches a demand point; `weight` [demand]: machines there.
    Raises ValueError when there are fewer candidates than sites.
    """
    candidates, demand = reach.shape
    free = [index for index in range(candidates) if index not in set(fixed)]
    if not 0 <= sites <= len(free):
        raise ValueError(f"{sites} sites cannot be chosen from {len(free)} candidates")
    already = reach[list(fixed)].any(axis=0) if len(fixed) else np.zeros(demand, bool)
    total, kept = int(weight.sum()), int(weight[already].sum())
    patterns, machines = _merged(reach[free][:, ~already], weight[~already])
    chosen, bound = _solve(patterns, machines, sites, limit)
    every = [*fixed, *(free[index] for index in chosen)]
    covered = int(weight[reach[every].any(axis=0)].sum()) if every else 0
    return Covering(sorted(every), covered, total, max(covered, kept + bound))


def _merged(reach: Reach, weight: Weights) -> tuple[Reach, Weights]:
    """Demand points that the same candidates reach are one point; points that none reaches are left out."""
    packed = np.packbits(reach, axis=0).T
    _, first, group = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    patterns = reach[:, first]
    machines = np.bincount(group.ravel(), weights=weight, minlength=len(first)).astype(np.int64)
    reached = patterns.any(axis=0) & (machines > 0)
    return patterns[:, reached], machines[reached]


def _solve(reach: Reach, weight: Weights, sites: int, limit: timedelta) -> tuple[list[int], int]:
    """Rows chosen and the most weight that any choice can cover."""
    if sites == 0 or not weight.size:
        return list(range(sites)), 0
    from ortools.math_opt.python import mathopt

    model = mathopt.Model()
    opened = [model.add_binary_variable() for _ in range(reach.shape[0])]
    covered = [model.add_variable(lb=0.0, ub=1.0) for _ in range(reach.shape[1])]
    model.add_linear_constraint(mathopt.fast_sum(opened) == sites)
    for point, one in enumerate(covered):
        reaching = [opened[index] for index in np.flatnonzero(reach[:, point]).tolist()]
        model.add_linear_constraint(one - mathopt.fast_sum(reaching) <= 0)
    model.maximize(mathopt.fast_sum(int(w) * one for w, one in zip(weight, covered, strict=True)))
    parameters = mathopt.SolveParameters(time_limit=limit, relative_gap_tolerance=0.0)
    result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=parameters)
    if not result.has_primal_feasible_solution():
        return _greedy(reach, weight, sites), int(weight.sum())
    values = result.variable_values()
    chosen = [index for index, variable in enumerate(opened) if values[variable] > 0.5]
    return chosen, int(np.floor(result.dual_bound() + 1e-6))


def _greedy(reach: Reach, weight: Weights, sites: int) -> list[int]:
    """The candidate that adds most, again and again."""
    left = weight.copy()
    chosen: list[int] = []
    for _ in range(sites):
        gains = reach @ left
        gains[chosen] = -1
        chosen.append(int(np.argmax(gains)))
        left[reach[chosen[-1]]] = 0
    return chosen
