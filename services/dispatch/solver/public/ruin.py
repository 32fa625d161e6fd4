"""Ruin and recreate by adjacent strings, accepted by annealing.

After Christiaens and Vanden Berghe, "Slack induction by string removals", Transportation Science 2020,
doi 10.1287/trsc.2019.0914. The state says what an insertion costs; this file knows no constraint.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ..dice import Dice
from ..stopping import Stop
from .problems import Ints

STRING = 10
"""Longest string removed from one route."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """`removed`: mean number of nodes per ruin. The temperature falls from `hot` to `cold` over the budget of
    the stop object; both are in units of the cost per node."""

    removed: int
    hot: float
    cold: float


class RouteState(Protocol):
    """Routes under change. Restoring a snapshot brings back routes, absent nodes and every cache."""

    routes: list[list[int]]
    absent: list[int]
    neighbours: Ints

    def cost(self) -> float: ...
    def route_of(self, node: int) -> int: ...
    def remove(self, route: int, nodes: list[int]) -> None: ...
    def insert(self, node: int, dice: Dice) -> bool: ...
    def orders(self) -> list[Callable[[int], float]]: ...
    def snapshot(self) -> object: ...
    def restore(self, snapshot: object) -> None: ...


def anneal(
    state: RouteState, tuning: Tuning, *, stop: Stop, seed: int, progress: Callable[[int, float], None]
) -> tuple[int, str]:
    """Improve the state in place and leave it at the best found. Returns iterations and why it stopped."""
    dice = Dice(seed)
    best_cost = current = state.cost()
    best = state.snapshot()
    per_node = current / max(1, sum(map(len, state.routes)))
    iterations = 0
    while not (why := stop.reached(iterations)):
        before = state.snapshot()
        ruin(state, tuning.removed, dice)
        recreate(state, dice)
        iterations += 1
        cost = state.cost()
        if cost < best_cost:
            best_cost, best = cost, state.snapshot()
            progress(iterations, cost)
        if cost < current - per_node * _temperature(stop, iterations, tuning) * math.log(max(dice.random(), 1e-12)):
            current = cost
        else:
            state.restore(before)
    state.restore(best)
    return iterations, why


def _temperature(stop: Stop, iterations: int, tuning: Tuning) -> float:
    """Falls exponentially with the used share of the budget."""
    return float(tuning.hot * (tuning.cold / tuning.hot) ** stop.share(iterations))


def ruin(state: RouteState, removed: int, dice: Dice) -> None:
    """Remove strings of neighbouring nodes from routes around a random node."""
    routed = [node for route in state.routes for node in route]
    if not routed:
        return
    mean = len(routed) / max(1, sum(1 for route in state.routes if route))
    longest = min(STRING, mean)
    strings = int(dice.uniform(1, 4 * removed / (1 + longest)))
    ruined: set[int] = set()
    for node in state.neighbours[dice.choice(routed)].tolist():
        route = state.route_of(node)
        if route < 0 or route in ruined:
            continue
        length = int(dice.uniform(1, 1 + min(len(state.routes[route]), longest)))
        state.remove(route, _string(state.routes[route], node, length, dice))
        ruined.add(route)
        if len(ruined) >= strings:
            break


def _string(route: list[int], node: int, length: int, dice: Dice) -> list[int]:
    """A random string of the route that holds the node; half of the time with a preserved middle."""
    kept = 0
    if length > 1 and dice.random() < 0.5:
        while length + kept < len(route) and dice.random() > 0.01 + 0.5 * (kept > 3):
            kept += 1
    position, span = route.index(node), length + kept
    first = dice.randint(max(0, position - span + 1), min(position, len(route) - span))
    string = route[first : first + span]
    if kept:
        gap = dice.randint(0, length)
        string = string[:gap] + string[gap + kept :]
    return string


def recreate(state: RouteState, dice: Dice) -> None:
    """Put the absent nodes back at their cheapest places, in a random one of the state's orders."""
    absent = state.absent
    state.absent = []
    dice.shuffle(absent)
    absent.sort(key=dice.choice(state.orders()))
    for node in absent:
        if not state.insert(node, dice):
            state.absent.append(node)
