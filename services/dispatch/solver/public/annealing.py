"""Runs a kernel in short chunks: the clock, the cancel switch and progress live between them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ..stopping import Stop

CHUNK_S = 0.05
"""A chunk takes about this long by the clock of the stop object."""
GROWTH = 4
"""A chunk has at most so many times the steps of the one before."""
SETTLING = 3
"""Steps per node, without heat, before the unit of the temperature is measured."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """`removed`: mean number of nodes per ruin. The temperature falls `rounds` times from `hot` to `cold`, both in
    units of what the settled routes cost per node; more often where one fall would take more than `longest` steps per
    node: what that does not find, a longer one hardly does."""

    removed: float
    hot: float
    cold: float
    rounds: int
    longest: float = math.inf

    def falls(self, steps_per_node: float) -> int:
        """How often the temperature falls in a search of so many steps; `rounds` times in one without end."""
        return max(self.rounds, round(steps_per_node / self.longest)) if math.isfinite(steps_per_node) else self.rounds


@dataclass(frozen=True, slots=True)
class Heat:
    """Temperature of step k: hot * (cold / hot) ** ((share + slope * k) % 1)."""

    hot: float
    cold: float
    share: float = 0.0
    slope: float = 0.0


NO_HEAT = Heat(1e-9, 1e-9)


class Search(Protocol):
    """Routes with a kernel that improves them. `nodes`: how many are to be served, at least one."""

    nodes: int

    def run(self, removed: float, heat: Heat, begin: int, steps: int) -> None:
        """Do the steps `begin` up to `begin` + `steps` - 1; step 0 constructs."""

    def best(self) -> float:
        """Cost of the best routes."""

    def unit(self) -> float:
        """What the present routes cost per node, as a measure for temperatures."""


def anneal(search: Search, tuning: Tuning, *, stop: Stop, progress: Callable[[int, float], None]) -> tuple[int, str]:
    """Construct routes, whatever the stop object says, and improve them until it says stop.

    Returns the steps of improvement and why they ended. How they are cut into chunks changes no result.
    """
    search.run(tuning.removed, NO_HEAT, 0, 1)
    told = search.best()
    progress(0, told)
    settling, done, chunk, heat, pace, rounds = SETTLING * search.nodes, 0, 1, NO_HEAT, 1.0, tuning.rounds
    while not (why := stop.reached(done)):
        if done == settling:
            unit = max(search.unit(), 1e-9)
            heat = Heat(tuning.hot * unit, tuning.cold * unit)
            rounds = tuning.falls(_left(stop, done, pace) / search.nodes)
        steps = min(chunk, settling - done) if done < settling else chunk
        if stop.max_iterations is not None:
            steps = min(steps, stop.max_iterations - done)
        began = stop.clock()
        search.run(tuning.removed, _planned(heat, rounds, stop, done, settling), done + 1, steps)
        done += steps
        pace = max((stop.clock() - began) / steps, 1e-9)
        chunk = max(1, min(int(min(CHUNK_S, stop.remaining()) / pace), GROWTH * chunk))
        if search.best() < told:
            told = search.best()
            progress(done, told)
    return done, why


def _left(stop: Stop, done: int, pace: float) -> float:
    """Steps that are still to come; `pace`: seconds of one."""
    return stop.remaining() / pace if stop.max_iterations is None else stop.max_iterations - done


def _planned(heat: Heat, rounds: int, stop: Stop, done: int, settling: int) -> Heat:
    """The heat of the next steps: by their number where that is the budget, else by time."""
    if stop.max_iterations is None:
        return Heat(heat.hot, heat.cold, rounds * stop.share(done))
    slope = rounds / max(1, stop.max_iterations - settling)
    return Heat(heat.hot, heat.cold, -(settling + 1) * slope, slope)
