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
    units of what the settled routes cost per node; that of a founder of a population once, in about `founded` steps per
    node, and that of a crossed plan once, from `warm`, in `raised`: so many for the first, ever fewer to so
    many for the last."""

    removed: float
    hot: float
    warm: float
    cold: float
    raised: tuple[int, int]
    founded: int = 2_000
    rounds: int = 1


@dataclass(frozen=True, slots=True)
class Heat:
    """Temperature of step k: hot * (cold / hot) ** (share + slope * k)."""

    hot: float
    cold: float
    share: float = 0.0
    slope: float = 0.0


SAMPLED = 500
"""Steps from one sample of the present routes to the next."""

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


class Annealing:
    """A search under a budget, settled at first. How its steps are cut into chunks changes no result.

    `done`: steps of improvement so far. `progress` is told the steps and the least cost whenever that has fallen.
    `sample`, where it is set, is called after every `SAMPLED` steps.
    """

    sample: Callable[[], None] | None = None

    def __init__(self, search: Search, tuning: Tuning, *, stop: Stop, progress: Callable[[int, float], None]) -> None:
        """Construct routes, whatever the stop object says, and settle them."""
        self.search, self.tuning, self.stop = search, tuning, stop
        self._progress, self._told = progress, math.inf
        self.done, self._chunk, self._pace = 0, 1, 1.0
        self.construct()
        self._run(SETTLING * search.nodes, NO_HEAT)
        self._unit = max(search.unit(), 1e-9)

    @property
    def share(self) -> float:
        """Used share of the budget, 0 to 1."""
        return self.stop.share(self.done)

    @property
    def steps_left(self) -> float:
        """Steps until the budget is used, at the present pace."""
        if self.stop.max_iterations is None:
            return self.stop.remaining() / self._pace
        return self.stop.max_iterations - self.done

    def why_over(self) -> str | None:
        """Why the search has to end now; None to go on."""
        return self.stop.reached(self.done)

    def construct(self) -> None:
        """Serve who is absent, by insertion alone."""
        self.search.run(self.tuning.removed, NO_HEAT, 0, 1)
        self._tell()

    def cool_until(self, share: float, hot: float) -> None:
        """Let the temperature fall from `hot` units while the used share of the budget grows to `share`."""
        if self.stop.max_iterations is not None:
            self.cool_for(math.ceil(share * self.stop.max_iterations) - self.done, hot)
            return
        begin = self.share
        while self.share < share and not self.why_over():
            self._run_chunk(self._heat(hot, (self.share - begin) / (share - begin), 0.0), math.inf)

    def cool_for(self, steps: int, hot: float) -> None:
        """Let the temperature fall from `hot` units in so many steps, or fewer when the budget ends."""
        slope = 1 / max(1, steps)
        self._run(steps, self._heat(hot, -(self.done + 1) * slope, slope))

    def anneal(self) -> str:
        """Let the temperature fall as often as it was tuned to until the budget ends; why it does. A budget without
        limits counts as used up from the start: it is spent at the coldest."""
        begin = self.share
        for fall in range(1, self.tuning.rounds + 1):
            self.cool_until(begin + (1 - begin) * fall / self.tuning.rounds, self.tuning.hot)
        while not (why := self.why_over()):
            self.cool_for(self.search.nodes, self.tuning.cold)
        return why

    def _heat(self, hot: float, share: float, slope: float) -> Heat:
        return Heat(hot * self._unit, self.tuning.cold * self._unit, share, slope)

    def _run(self, steps: int, heat: Heat) -> None:
        end = self.done + steps
        while self.done < end and not self.why_over():
            self._run_chunk(heat, end - self.done)

    def _run_chunk(self, heat: Heat, most: float) -> None:
        steps = int(min(self._chunk, most))
        if self.stop.max_iterations is not None:
            steps = min(steps, self.stop.max_iterations - self.done)
        if self.sample:
            steps = min(steps, SAMPLED - self.done % SAMPLED)
        began = self.stop.clock()
        self.search.run(self.tuning.removed, heat, self.done + 1, steps)
        self.done += steps
        self._pace = max((self.stop.clock() - began) / steps, 1e-9)
        self._chunk = max(1, min(int(min(CHUNK_S, self.stop.remaining()) / self._pace), GROWTH * self._chunk))
        self._tell()
        if self.sample and self.done % SAMPLED == 0:
            self.sample()

    def _tell(self) -> None:
        if self.search.best() < self._told:
            self._told = self.search.best()
            self._progress(self.done, self._told)
