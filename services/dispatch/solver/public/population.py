"""A long search: where one fall of the temperature settles is chance, so several plans are founded by falls of their
own, and then crossed: routes of one around a random node, of another elsewhere, what is left over inserted, and the
child annealed a little.

After the genetic searches for vehicle routing that exchange whole routes: Nagata and Bräysy, Networks 54(4), 2009,
doi 10.1002/net.20333, and Vidal, Computers & OR 140, 2022, doi 10.1016/j.cor.2021.105643.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

from numpy.typing import NDArray

from ..dice import Dice
from ..stopping import Stop
from .annealing import Annealing, Search, Tuning
from .pool import Pool
from .problems import Route

LONG = 6_000
"""Steps per node from which on a population pays; one fall makes more of fewer."""

FOUNDING = 0.5
"""Share of the budget in which the founders are annealed."""

FOUNDERS, MOST = 4, 12
"""A longer search has more founders."""

KEPT = 0.5
"""Share of its nodes that a route of the second parent needs to be kept when the first has taken the others."""

Neighbours = NDArray[Any]
"""[node, rank] nodes to serve next to, best first; -1 fills up. Whole numbers of either width."""


class CrossableSearch(Search, Protocol):
    """A search that can begin anew from routes."""

    near: Neighbours
    owned: bool
    """A route belongs to its vehicle; otherwise the vehicles are alike and their numbers say nothing."""

    def routes(self) -> list[Route]:
        """The best routes, none of them empty."""

    def begin(self, routes: Sequence[Route]) -> None:
        """Let the next construction begin with these routes, without who does not fit in them."""


class Member(NamedTuple):
    """A plan of the population. `ways`: pairs of nodes that follow each other, the depot left out."""

    cost: float
    routes: list[Route]
    ways: frozenset[tuple[int, int]]


_cost = attrgetter("cost")


def evolve(
    search: CrossableSearch,
    tuning: Tuning,
    *,
    seed: int,
    stop: Stop,
    progress: Callable[[int, float], None],
    pool: Pool | None = None,
) -> tuple[int, str]:
    """Construct routes, whatever the stop object says, and improve them until it says stop, with a population where the
    budget is long enough; the search is left at the best plan found. A `pool` is of the search's routes.

    Returns the steps of improvement and why they ended.
    """
    annealing = Annealing(search, tuning, stop=stop, progress=progress)
    budget = annealing.steps_left / search.nodes
    if budget < LONG:
        why = annealing.anneal()
        return annealing.done, why
    if pool:
        annealing.sample = pool.sample
    founders = int(min(MOST, max(FOUNDERS, FOUNDING * budget / tuning.founded)))
    members = _founded(annealing, search, founders, pool)
    dice = Dice(seed)
    while not (end := annealing.why_over()):
        one, other = dice.sample(members, 2)
        search.begin(crossed(one.routes, other.routes, search.near, dice, owned=search.owned))
        annealing.construct()
        annealing.cool_for(steps_of_a_child(tuning, annealing.share) * search.nodes, tuning.warm)
        admit(members, _member(search))
        _join(members, annealing, search, pool)
    search.begin(min(members, key=_cost).routes)
    annealing.construct()
    return annealing.done, end


def steps_of_a_child(tuning: Tuning, share: float) -> int:
    """Per node, at this share of the budget: some problems want long tries, others many, so both have their time."""
    first, last = tuning.raised
    gone = min(1.0, max(0.0, (share - FOUNDING) / (1 - FOUNDING)))
    return int(first * (last / first) ** gone)


def _founded(annealing: Annealing, search: CrossableSearch, founders: int, pool: Pool | None) -> list[Member]:
    members: list[Member] = []
    begin = annealing.share
    for number in range(1, founders + 1):
        if members:
            search.begin([])
            annealing.construct()
        annealing.cool_until(begin + (FOUNDING - begin) * number / founders, annealing.tuning.hot)
        members.append(_member(search))
        _join(members, annealing, search, pool)
    return members


def _join(members: list[Member], annealing: Annealing, search: CrossableSearch, pool: Pool | None) -> None:
    """Let the cheapest choice of the pool be one more member where it costs less than all."""
    if not pool:
        return
    best = min(members, key=_cost)
    search.begin(best.routes)
    annealing.construct()
    pool.sample()
    if routes := pool.choose(best.routes, annealing.stop):
        search.begin(routes)
        annealing.construct()
        chosen = _member(search)
        if chosen.cost < best.cost and not _as_dear(chosen.cost, best.cost):
            members.append(chosen)


def _member(search: CrossableSearch) -> Member:
    routes = search.routes()
    ways = frozenset(pair for _, nodes in routes for pair in itertools.pairwise(nodes))
    return Member(search.best(), routes, ways)


def _as_dear(one: float, other: float) -> bool:
    """Equal but for the rounding of sums."""
    return math.isclose(one, other, rel_tol=1e-9)


def admit(members: list[Member], child: Member) -> None:
    """Let the child take the place of the member most like it, or else of the worst, where that costs more; a child as
    dear as a member is taken for its copy."""
    worst = max(members, key=_cost)
    if child.cost >= worst.cost or any(_as_dear(member.cost, child.cost) for member in members):
        return
    alike = max(members, key=lambda member: len(member.ways & child.ways))
    members[members.index(alike if alike.cost > child.cost else worst)] = child


def crossed(
    one: Sequence[Route], other: Sequence[Route], near: Neighbours, dice: Dice, *, owned: bool = False
) -> list[Route]:
    """A quarter to three quarters of one plan's routes, around a random node, with what they leave of the other's; who
    is in neither is left out. Where routes are `owned`, a vehicle that has one of the first has none of the second."""
    route_of = {node: index for index, (_, nodes) in enumerate(one) for node in nodes}
    if not route_of:
        return list(other)
    middle = dice.choice(list(route_of))
    wanted = max(1, int(len(one) * dice.uniform(0.25, 0.75)))
    chosen = {route_of[middle]}
    for node in near[middle].tolist():
        if len(chosen) >= wanted:
            break
        if node in route_of:
            chosen.add(route_of[node])
    child = [one[index] for index in sorted(chosen)]
    taken, used = {node for _, nodes in child for node in nodes}, {vehicle for vehicle, _ in child if owned}
    for vehicle, nodes in other:
        rest = [node for node in nodes if node not in taken]
        if vehicle not in used and len(rest) >= KEPT * len(nodes):
            child.append((vehicle, rest))
    return child
