"""A large plan annealed by two workers at once, each on its half of the engineers.

The halves are cut anew every round, along another direction, so that no border stays. Within a round a worker has a
copy of the plan, changes its own tours and orders only, and takes from shelves and yards what it was given: it sees
nothing of what the other one does. Afterwards the two halves are one plan again. So the same seed and number of trials
give the same plan, whether the workers run one after the other or in two threads.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..answer import Progress
from ..compiled import typed
from ..dice import Dice
from ..problem import FOREVER, Ints, Problem
from ..stopping import Stop
from .draft import Draft, recount
from .layout import (
    BUSY,
    ENGINEER,
    LEFT,
    ORDERS,
    PLACE,
    START_PLACE,
    TOTAL,
    TOURS,
    Desk,
    Facts,
    State,
    view,
)
from .leaning import UNTIL, Leaning, total
from .memory import Share, new_desk
from .search import anneal
from .trial import copy_order, copy_tour

LARGE = 100
"""Engineers from which on a plan is cut in halves: below, a border leaves too few of them together."""

CHUNK = 100
"""Trials of each worker between two looks at the clock and the cancel switch: in turn some 30 ms, seldom 100."""

ROUND = 20
"""Chunks between two cuts."""

TAKEN_AWAY = -1
"""In BUSY: free, but the other worker's to send."""

Cooling = Callable[[float], float]
"""The temperature after a share of the budget."""


class Worker(NamedTuple):
    """One half: what it may change, its copy of the plan, and the best that it has seen in this round."""

    share: Share
    state: State
    saved: State
    best: State
    desk: Desk


def is_cut(problem: Problem) -> bool:
    """The plan is large, and nothing in it ties tours to each other but parts and vehicles."""
    tied = any(order.crew > 1 or order.links or order.expert for order in problem.orders)
    away = any(tour.nights for tour in problem.tours)
    return problem.engineers >= LARGE and not tied and not away


def annealed_in_halves(
    draft: Draft, *, heat: Cooling, enough: int, stop: Stop, progress: Progress, threads: int
) -> tuple[State, int, str]:
    """(best plan found, trials, why it ended); the draft is left where the search was. Ends after `enough` trials."""
    kept, leaning, iterations, dice = draft.state.copy(), Leaning(draft), 0, Dice(draft.seed)
    limit = enough if stop.max_iterations is None else min(enough, stop.max_iterations)
    progress(0, total(kept))
    leaning.begin(draft.state)
    best = draft.state.copy()
    with _running(threads) as run:
        while not (why := stop.reached(iterations) if iterations < enough else "finished"):
            if leaning.is_on and max(stop.share(iterations), iterations / enough) >= UNTIL:
                draft.return_to(best)
                leaning.end(draft.state)
                best = draft.state.copy()
            workers, base, told = _cut(draft, dice), draft.total, total(best)
            for _ in range(ROUND):
                if iterations >= limit or stop.reached(iterations):
                    break
                trials = min(CHUNK, -(-(limit - iterations) // 2)), min(CHUNK, (limit - iterations) // 2)
                run(draft.facts, workers, trials, heat(max(stop.share(iterations), iterations / enough)))
                iterations += sum(trials)
                told = min(told, base + sum(total(worker.best) - base for worker in workers))
                if not leaning.is_on and told < total(kept):
                    progress(iterations, told)
            draft.state = _joined(draft, [worker.state for worker in workers], workers, base)
            if told < total(best):
                best = _joined(draft, [worker.best for worker in workers], workers, base)
                kept = leaning.better(kept, best, partial(progress, iterations))
    leaning.end(draft.state)
    return kept, iterations, why


Run = Callable[[Facts, list[Worker], tuple[int, int], float], None]


@contextmanager
def _running(threads: int) -> Iterator[Run]:
    """How both workers do their next trials: one after the other, or at once."""

    def work(facts: Facts, worker: Worker, trials: int, heat: float) -> None:
        anneal(facts, worker.state, worker.saved, worker.best, worker.desk, trials, heat, heat)

    def in_turn(facts: Facts, workers: list[Worker], trials: tuple[int, int], heat: float) -> None:
        for worker, count in zip(workers, trials, strict=True):
            work(facts, worker, count, heat)

    if threads < 2:
        yield in_turn
        return
    with ThreadPoolExecutor(2) as pool:

        def at_once(facts: Facts, workers: list[Worker], trials: tuple[int, int], heat: float) -> None:
            running = [pool.submit(work, facts, *one, heat) for one in zip(workers, trials, strict=True)]
            for one in running:
                one.result()

        yield at_once


def _cut(draft: Draft, dice: Dice) -> list[Worker]:
    """Two workers, each with half of the engineers, the orders on their tours, and the unassigned ones around them."""
    nearer = _direction(draft, dice)
    tours = view(draft.facts, TOURS)
    own = np.array([nearer[tours[own[0], START_PLACE]] if own else 0 for own in draft.problem.tours_of])
    border = np.median(own)
    left = np.zeros(len(own), np.bool_)
    left[np.argsort(own, kind="stable")[: len(own) // 2]] = True
    tour_left = left[tours[:, ENGINEER]]
    planned = draft.tours >= 0
    order_left = np.where(planned, tour_left[draft.tours], nearer[view(draft.facts, ORDERS)[:, PLACE]] < border)
    stock, vehicles = view(draft.state, LEFT), view(draft.state, BUSY)[:, 0]
    vehicle_left = np.array([dice.random() < 0.5 for _ in vehicles], np.bool_)
    shelves = _divided(stock, left)
    return [
        _worker(
            draft,
            _share(tour_left == mine, order_left == mine),
            own_shelves,
            np.where((vehicles == 0) & (vehicle_left != mine), TAKEN_AWAY, vehicles),
            int(dice.random() * 2**31),
        )
        for mine, own_shelves in zip((True, False), shelves, strict=True)
    ]


def _share(tours: NDArray[np.bool_], orders: NDArray[np.bool_]) -> Share:
    own = np.flatnonzero(orders)
    return Share(np.flatnonzero(tours), own, own)


def _direction(draft: Draft, dice: Dice) -> Ints:
    """[place] how much nearer one site is than another far from it: low on the one side, high on the other."""
    sites = view(draft.facts, ORDERS)[:, PLACE]
    one = _ways(draft, int(sites[int(dice.random() * len(sites))]))
    return one - _ways(draft, int(sites[np.argmax(one[sites])]))


def _ways(draft: Draft, place: int) -> Ints:
    """[place] seconds from one place to each, FOREVER where there is no way."""
    seconds: Ints = draft.problem.seconds[place].astype(np.int64)
    seconds[seconds < 0] = FOREVER
    return seconds


def _divided(stock: Ints, left: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """[stock place, part] what each worker may take: vans of its own engineers, half of every other shelf."""
    half = (stock + 1) // 2
    half[: len(left)] = np.where(left[:, None], stock[: len(left)], 0)
    return half, stock - half


def _worker(draft: Draft, share: Share, shelves: Ints, vehicles: Ints, seed: int) -> Worker:
    state = draft.state.copy()
    view(state, LEFT)[:] = shelves
    view(state, BUSY)[:, 0] = vehicles
    return Worker(share, state, state.copy(), state.copy(), new_desk(draft.facts, state, seed, share))


def _joined(draft: Draft, states: list[State], workers: list[Worker], base: int) -> State:
    """Both halves as one plan, whose shelves and vehicles are counted anew."""
    whole, other = states[0].copy(), states[1]
    copy_share(draft.facts, other, whole, workers[1].share.tours, workers[1].share.orders)
    view(whole, TOTAL)[:] = base + sum(total(state) - base for state in states)
    recount(draft.problem, draft.facts, whole)
    return whole


@typed
def copy_share(facts: Facts, origin: State, target: State, tours: Ints, orders: Ints) -> None:
    """Copy these tours and orders."""
    for tour in tours:
        copy_tour(origin, target, tour)
    for order in orders:
        copy_order(facts, origin, target, order)
