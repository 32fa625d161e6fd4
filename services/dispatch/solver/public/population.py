"""A long search: where one fall of the temperature settles is chance, so several plans are founded by falls of their
own, and then crossed: routes of one around a random customer, of another elsewhere, what is left over inserted, and the
child annealed a little.

After the genetic searches for vehicle routing that exchange whole routes: Nagata and Bräysy, Networks 54(4), 2009,
doi 10.1002/net.20333, and Vidal, Computers & OR 140, 2022, doi 10.1016/j.cor.2021.105643.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from ..blocks import Matrix
from ..dice import Dice
from ..stopping import Stop
from .annealing import Annealing, Search, Tuning

LONG = 6_000
"""Steps per node from which on a population pays; one fall makes more of fewer."""

FOUNDING = 0.5
"""Share of the budget in which the founders are annealed."""

FOUNDERS = 4

FOUNDED = 2_000
"""Steps per node of a founder; a longer search has more of them, up to `MOST`."""

MOST = 12

WARM, RAISED = 0.1, 200
"""First temperature of a child, in units, and its steps per node."""

KEPT = 0.5
"""Share of its customers that a route of the second parent needs to be kept when the first has taken the others."""

Route = Sequence[int]


class CrossableSearch(Search, Protocol):
    """A search that can begin anew from routes."""

    near: Matrix
    """[node, rank] nodes to serve next to, best first; -1 fills up."""

    def routes(self) -> list[list[int]]:
        """The best routes."""

    def begin(self, routes: Sequence[Route]) -> None:
        """Let the next construction begin with these routes, without who does not fit in them."""


class Member(NamedTuple):
    """A plan of the population. `ways`: pairs of nodes that follow each other, the depot left out."""

    cost: float
    routes: list[list[int]]
    ways: frozenset[tuple[int, int]]


def evolve(
    search: CrossableSearch, tuning: Tuning, *, seed: int, stop: Stop, progress: Callable[[int, float], None]
) -> tuple[int, str]:
    """As `anneal`, with a population where the budget is long enough; the search is left at the best plan found."""
    annealing = Annealing(search, tuning, stop=stop, progress=progress)
    budget = annealing.steps_left / search.nodes
    if budget < LONG:
        annealing.cool_until(1.0, tuning.hot)
        return annealing.spend_rest()
    members = _founded(annealing, search, int(min(MOST, max(FOUNDERS, FOUNDING * budget / FOUNDED))))
    dice = Dice(seed)
    while not (why := annealing.why_over()):
        one, other = dice.sample(members, 2)
        search.begin(crossed(one.routes, other.routes, search.near, dice))
        annealing.construct()
        annealing.cool_for(RAISED * search.nodes, WARM)
        admit(members, _member(search))
    search.begin(min(members).routes)
    annealing.construct()
    return annealing.done, why


def _founded(annealing: Annealing, search: CrossableSearch, founders: int) -> list[Member]:
    members: list[Member] = []
    begin = annealing.share
    for number in range(1, founders + 1):
        if members:
            search.begin([])
            annealing.construct()
        annealing.cool_until(begin + (FOUNDING - begin) * number / founders, annealing.tuning.hot)
        members.append(_member(search))
    return members


def _member(search: CrossableSearch) -> Member:
    routes = search.routes()
    ways = frozenset(pair for route in routes for pair in itertools.pairwise(route))
    return Member(search.best(), routes, ways)


def admit(members: list[Member], child: Member) -> None:
    """Let the child take the place of the member most like it, or else of the worst, where that costs more; a child as
    dear as a member is taken for its copy."""
    worst = max(members)
    if child.cost >= worst.cost or any(member.cost == child.cost for member in members):
        return
    alike = max(members, key=lambda member: len(member.ways & child.ways))
    members[members.index(alike if alike.cost > child.cost else worst)] = child


def crossed(one: Sequence[Route], other: Sequence[Route], near: Matrix, dice: Dice) -> list[Route]:
    """A quarter to three quarters of one plan's routes, around a random customer, with what the others leave; who is in
    neither is left out."""
    owner = {node: index for index, route in enumerate(one) for node in route}
    middle = dice.choice(list(owner))
    wanted = max(1, int(len(one) * dice.uniform(0.25, 0.75)))
    chosen = {owner[middle]}
    for node in near[middle].tolist():
        if len(chosen) >= wanted:
            break
        if node in owner:
            chosen.add(owner[node])
    taken = {node for index in chosen for node in one[index]}
    rests = ((route, [node for node in route if node not in taken]) for route in other)
    return [
        *(one[index] for index in sorted(chosen)),
        *(rest for route, rest in rests if len(rest) >= KEPT * len(route)),
    ]
