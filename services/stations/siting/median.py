"""p-median: so many sites that the way to all machines together is as short as possible, with a proven bound.

Upper bound: vertex interchange (Teitz and Bart 1968, with the gains of Whitaker 1983). Lower bound: the assignment
constraints relaxed by multipliers, improved by subgradient steps (Held, Wolfe and Crowder 1974). A general MIP solver
has 1.2 million assignment variables at 400 x 3 000 and proves nothing in five minutes; this closes 1 % in seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Costs = npt.NDArray[np.float64]
PATIENCE = 25
"""Steps without a better bound before the step is halved."""
SMALLEST_STEP = 1e-4


@dataclass(frozen=True, slots=True)
class Median:
    """`sites` are rows of the candidates, fixed ones included; `cost` the sum of weight times seconds to the nearest.

    No choice costs less than `bound`.
    """

    sites: list[int]
    cost: float
    bound: float

    @property
    def gap(self) -> float:
        """How far the best choice of all may lie below this one, as a share of it."""
        return max(0.0, (self.cost - self.bound) / self.cost) if self.cost > 0 else 0.0


def p_median(
    seconds: Costs,
    weight: npt.NDArray[np.int64],
    sites: int,
    *,
    fixed: Sequence[int] = (),
    gap: float = 0.001,
    steps: int = 1500,
) -> Median:
    """Choose `sites` candidates in addition to the `fixed` ones.

    `seconds` [candidates, demand], finite (cap what cannot be reached); `weight` [demand]: machines there. Stops at
    `gap` or after so many `steps`. Raises ValueError when there are fewer candidates than sites.
    """
    cost = seconds * weight
    keep = sorted(set(fixed))
    free = cost.shape[0] - len(keep)
    if not 0 <= sites <= free or sites + len(keep) == 0:
        raise ValueError(f"{sites} sites cannot be chosen from {free} candidates")
    best = interchange(cost, _greedy(cost, keep, sites), keep)
    search = _Search(cost, keep, sites, best)
    for _ in range(steps):
        if search.median().gap <= gap or search.step_size < SMALLEST_STEP:
            break
        search.step()
    return search.median()


class _Search:
    """Multipliers, the best bound and the best choice so far."""

    def __init__(self, cost: Costs, keep: list[int], sites: int, best: list[int]):
        self._cost, self._keep, self._sites, self._best = cost, keep, sites, best
        self._upper = _total(cost, best)
        self._lower = -np.inf
        self._multipliers = np.sort(cost[best], axis=0)[min(1, len(best) - 1)].copy()
        self._stalled = 0
        self._seen = {tuple(best)}
        self.step_size = 1.0

    def median(self) -> Median:
        return Median(self._best, self._upper, max(0.0, float(self._lower)))

    def step(self) -> None:
        saved = np.minimum(self._cost - self._multipliers, 0.0)
        worth = saved.sum(axis=1)
        opened = self._opened(worth)
        bound = float(self._multipliers.sum() + worth[opened].sum())
        self._note(bound, opened)
        served = (saved[opened] < 0).sum(axis=0)
        slope = 1.0 - served
        length = float(slope @ slope)
        if length == 0:  # every point is served exactly once: the choice is optimal
            self.step_size = 0.0
            return
        self._multipliers += self.step_size * (1.02 * self._upper - bound) / length * slope

    def _opened(self, worth: Costs) -> list[int]:
        others = worth.copy()
        others[self._keep] = np.inf
        return (
            sorted([*self._keep, *np.argpartition(others, self._sites - 1)[: self._sites].tolist()])
            if (self._sites)
            else list(self._keep)
        )

    def _note(self, bound: float, opened: list[int]) -> None:
        if bound > self._lower:
            better = bound > self._lower + 1e-5 * abs(self._upper)
            self._lower, self._stalled = bound, 0 if better else self._stalled + 1
        else:
            self._stalled += 1
        if self._stalled >= PATIENCE:
            self.step_size, self._stalled = self.step_size / 2, 0
        if tuple(opened) in self._seen:
            return
        self._seen.add(tuple(opened))
        if (total := _total(self._cost, opened)) < 1.03 * self._upper:
            opened = interchange(self._cost, opened, self._keep)
            total = _total(self._cost, opened)
        if total < self._upper:
            self._best, self._upper = opened, total


def _total(cost: Costs, sites: Sequence[int]) -> float:
    return float(cost[list(sites)].min(axis=0).sum())


def _greedy(cost: Costs, keep: list[int], sites: int) -> list[int]:
    chosen = list(keep)
    nearest = cost[chosen].min(axis=0) if chosen else cost.max(axis=0)
    for _ in range(sites):
        gains = np.maximum(nearest - cost, 0.0).sum(axis=1)
        gains[chosen] = -1.0
        chosen.append(int(np.argmax(gains)))
        nearest = np.minimum(nearest, cost[chosen[-1]])
    return sorted(chosen)


def interchange(cost: Costs, sites: Sequence[int], keep: Sequence[int] = ()) -> list[int]:
    """Swap one site for another as long as that shortens the whole way; those of `keep` stay."""
    chosen = sorted(sites)
    while True:
        here = cost[chosen]
        nearest = here.argmin(axis=0)
        first = here.min(axis=0)
        second = np.partition(here, 1, axis=0)[1] if len(chosen) > 1 else cost.max(axis=0)
        gains = np.maximum(first - cost, 0.0).sum(axis=1)
        of_site = np.zeros((cost.shape[1], len(chosen)))
        of_site[np.arange(cost.shape[1]), nearest] = 1.0
        losses = np.maximum(np.minimum(second, cost) - first, 0.0) @ of_site
        better = gains[:, None] - losses
        better[chosen, :] = -np.inf
        better[:, [chosen.index(site) for site in keep]] = -np.inf
        incoming, leaving = divmod(int(np.argmax(better)), len(chosen))
        if better[incoming, leaving] <= 1e-9 * max(1.0, float(first.sum())):
            return chosen
        chosen[leaving] = incoming
        chosen.sort()
