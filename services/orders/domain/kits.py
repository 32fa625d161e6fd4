"""The kit with the best chance of a first-visit fix for its cost.

A cause that the kit covers saves a second visit; a piece that comes along costs its carrying. Which pieces to take is
a selection problem (projects that share tools) whose exact optimum is a minimum cut: from the source to each cause
with the money that it saves, from a cause to its pieces without limit, from each piece to the sink with its cost. What
stays on the source's side is the kit.
"""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from services.orders.domain.causes import OTHER, Ranked
from services.orders.domain.faults import KitLine

MOST_SCENARIOS = 256
"""Faults are decided together as long as their causes combine to at most so many; further faults bring every part."""
UNITS_PER_FEN = 1_000_000
"""Money as whole numbers, fine enough for shares of a fen."""
Node = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Pricing:
    """What a second visit costs, and taking a piece along and back: a share of its price, and its weight."""

    second_visit_fen: int
    carry_share: float
    carry_fen_per_kg: float

    def prices(self, parts: Mapping[str, tuple[int, int]]) -> "Prices":
        """For parts with their price in fen and weight in grams."""
        per_gram = self.carry_fen_per_kg / 1000
        carry = {part: self.carry_share * cost + per_gram * grams for part, (cost, grams) in parts.items()}
        return Prices(self.second_visit_fen, carry)


@dataclass(frozen=True, slots=True)
class Prices:
    """`carry_fen` of one piece of each part whose price is known; the others count as costless."""

    second_visit_fen: int
    carry_fen: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One combination of causes: its probability and the pieces that mend it; None when no kit does."""

    probability: float
    parts: Mapping[str, int] | None


@dataclass(frozen=True, slots=True)
class Kit:
    """What goes along, and what was left out because it costs more than it saves. `fix_chance` is that of a fix on
    the first visit; `carry_fen` the cost of the pieces."""

    lines: tuple[KitLine, ...]
    left_out: tuple[KitLine, ...]
    fix_chance: float
    carry_fen: float


def best_kit(ranked: Sequence[Sequence[Ranked]], prices: Prices) -> Kit:
    """The best kit for the causes of each fault of a visit.

    A line's probability is that of needing the part when the causes are among the listed ones. A part that every one
    of them needs is always taken: without it the visit could only diagnose.
    """
    together, further = _split([causes for causes in ranked if causes])
    scenarios = scenarios_of(together)
    lines = _lines([*together, *further])
    always = {line.part: line.quantity for line in lines if line.probability == 1}
    for causes in further:
        always |= _most(always, *(one.cause.parts for one in causes))
    taken = _most(always, best_pieces(scenarios, prices, free=always))
    kit = tuple(line for line in lines if line.part in taken)
    return Kit(
        lines=tuple(KitLine(line.part, taken[line.part], line.probability) for line in kit),
        left_out=tuple(line for line in lines if line.part not in taken),
        fix_chance=fix_chance(scenarios, taken) * prod(1 - _unlisted(causes) for causes in further),
        carry_fen=sum(pieces * prices.carry_fen.get(part, 0) for part, pieces in taken.items()),
    )


def scenarios_of(ranked: Sequence[Sequence[Ranked]]) -> list[Scenario]:
    """Every combination of one cause for each fault; faults are taken as independent."""
    scenarios = []
    for combined in product(*ranked):
        probability, parts = 1.0, dict[str, int]()
        for one in combined:
            probability *= one.share
            parts = _most(parts, one.cause.parts)
        unlisted = any(one.cause.cause == OTHER for one in combined)
        scenarios.append(Scenario(probability, None if unlisted else parts))
    return scenarios


def fix_chance(scenarios: Sequence[Scenario], taken: Mapping[str, int]) -> float:
    """The probability that these pieces mend whatever it is."""
    return sum(
        one.probability
        for one in scenarios
        if one.parts is not None and all(taken.get(part, 0) >= pieces for part, pieces in one.parts.items())
    )


def best_pieces(scenarios: Sequence[Scenario], prices: Prices, *, free: Mapping[str, int]) -> dict[str, int]:
    """Pieces by part that save the most second visits less their carrying; pieces in `free` come along anyway.

    Among kits of the same worth the smallest.
    """
    graph: dict[Node, dict[Node, int]] = defaultdict(dict)
    endless = 2 * UNITS_PER_FEN * (prices.second_visit_fen + 1)  # more than the source can ever send
    for index, scenario in enumerate(scenarios):
        if scenario.parts is None:
            continue
        cause: Node = ("scenario", index)
        graph["source", 0][cause] = round(scenario.probability * prices.second_visit_fen * UNITS_PER_FEN)
        for part, pieces in scenario.parts.items():
            carry = round(prices.carry_fen.get(part, 0) * UNITS_PER_FEN)
            for piece in range(free.get(part, 0) + 1, pieces + 1):  # with the second piece goes the first
                graph[cause]["piece", (part, piece)] = endless
                graph["piece", (part, piece)]["sink", 0] = carry
    taken: dict[str, int] = {}
    for kind, what in _source_side(graph):
        if kind == "piece":
            part, piece = what
            taken[part] = max(piece, taken.get(part, 0))
    return taken


def _source_side(graph: dict[Node, dict[Node, int]]) -> set[Node]:
    """What a minimum cut leaves with the source (Edmonds and Karp: shortest augmenting paths)."""
    source: Node = ("source", 0)
    sink: Node = ("sink", 0)
    while True:
        came: dict[Node, Node] = {source: source}
        queue = deque([source])
        while queue and sink not in came:
            here = queue.popleft()
            for there, room in graph[here].items():
                if room > 0 and there not in came:
                    came[there] = here
                    queue.append(there)
        if sink not in came:
            return set(came)
        path, node = [], sink
        while node != source:
            path.append((came[node], node))
            node = came[node]
        flow = min(graph[begin][end] for begin, end in path)
        for begin, end in path:
            graph[begin][end] -= flow
            graph[end][begin] = graph[end].get(begin, 0) + flow


def _split(ranked: list[Sequence[Ranked]]) -> tuple[list[Sequence[Ranked]], list[Sequence[Ranked]]]:
    """As many of the first faults as can be decided together, and the rest."""
    combined = 1
    for index, causes in enumerate(ranked):
        combined *= len(causes)
        if combined > MOST_SCENARIOS:
            return ranked[:index], ranked[index:]
    return ranked, []


def _unlisted(causes: Sequence[Ranked]) -> float:
    return sum(one.share for one in causes if one.cause.cause == OTHER)


def _lines(ranked: Sequence[Sequence[Ranked]]) -> list[KitLine]:
    """Every part that any listed cause needs: the most pieces, and the probability that some fault needs it."""
    pieces: dict[str, int] = {}
    spared: dict[str, float] = {}
    for causes in ranked:
        listed = [one for one in causes if one.cause.cause != OTHER]
        total = sum(one.share for one in listed)
        for part in dict.fromkeys(part for one in listed for part in one.cause.parts):
            without = sum(one.share for one in listed if part not in one.cause.parts) / total
            spared[part] = spared.get(part, 1.0) * without
            pieces = _most(pieces, *(one.cause.parts for one in listed))
    lines = [KitLine(part, pieces[part], round(1 - spared[part], 6)) for part in spared]
    return sorted(lines, key=lambda line: -line.probability)


def _most(*needs: Mapping[str, int]) -> dict[str, int]:
    """The largest quantity of each part."""
    most: dict[str, int] = {}
    for need in needs:
        for part, pieces in need.items():
            most[part] = max(pieces, most.get(part, 0))
    return most
