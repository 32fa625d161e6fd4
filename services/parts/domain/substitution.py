"""What may be fitted instead of a part: supersession chains, interchange, alternatives, remanufactured parts. Pure."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["supersession", "interchange", "alternative", "remanufactured"]
DISTANCE: dict[Kind, int] = {"supersession": 1, "interchange": 2, "alternative": 4, "remanufactured": 8}
"""How far a step leads from what was asked for; the nearest option is offered first."""


@dataclass(frozen=True, slots=True)
class Step:
    """`substitute` may be fitted instead of `part`. Interchange leads both ways, everything else one way."""

    part: str
    substitute: str
    kind: Kind
    approved: bool


@dataclass(frozen=True, slots=True)
class Option:
    """A part that can stand in, with the steps that lead to it; approved when every step is."""

    part: str
    via: tuple[Kind, ...]
    approved: bool


def wants_judgement(kind: Kind, *, from_rebuilt: bool, to_rebuilt: bool) -> bool:
    """Whether somebody has to say why the step is approved: it leads from a new part to a rebuilt one.

    What the parts are counts, whatever the file calls the step.
    """
    if kind == "interchange":
        return from_rebuilt != to_rebuilt
    return kind == "remanufactured" or (to_rebuilt and not from_rebuilt)


def options(part: str, steps: Iterable[Step]) -> list[Option]:
    """Every part that can stand in for `part`, the approved ones first, then by distance, then by number."""
    ways = _ways(steps)
    found: dict[str, Option] = {}
    waiting: list[tuple[bool, int, str, tuple[Kind, ...]]] = [(False, 0, part, ())]
    while waiting:
        doubtful, distance, number, via = heapq.heappop(waiting)
        if number in found:
            continue
        found[number] = Option(number, via, not doubtful)
        for step in ways[number]:
            further = distance + DISTANCE[step.kind]
            heapq.heappush(waiting, (doubtful or not step.approved, further, step.substitute, (*via, step.kind)))
    return [option for number, option in found.items() if number != part]


def _ways(steps: Iterable[Step]) -> defaultdict[str, list[Step]]:
    ways: defaultdict[str, list[Step]] = defaultdict(list)
    for step in steps:
        ways[step.part].append(step)
        if step.kind == "interchange":
            ways[step.substitute].append(Step(step.substitute, step.part, step.kind, step.approved))
    return ways


def supersession_loop(successors: Mapping[str, str], part: str) -> list[str] | None:
    """The parts of the circle that leads from `part` back to it, itself first; None when the chain ends."""
    chain = [part]
    while (following := successors.get(chain[-1])) is not None:
        if following == part:
            return chain
        if following in chain:
            return None
        chain.append(following)
    return None
