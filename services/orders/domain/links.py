"""Links: an order whose work begins only after another one's has begun or ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Relation = Literal["finish_start", "start_start"]
"""After the other order's work has ended, or has begun: the words of the problem format."""
RELATIONS: tuple[str, ...] = get_args(Relation)
LONGEST_GAP_S = 14 * 86_400
"""As far as a plan can look."""
MOST_LINKS = 5


@dataclass(frozen=True, slots=True)
class LinkAsked:
    """What a caller says: the other order by id, number or external id; `pointer` is where it was said."""

    order: str
    relation: Relation = "finish_start"
    gap_s: int = 0
    pointer: str = "/links/0/order"


@dataclass(frozen=True, slots=True)
class Link:
    """This order's work begins `gap_s` seconds or more after the other one's."""

    after_order_id: str
    relation: Relation
    gap_s: int


def circle(waits: Mapping[str, Sequence[str]], order_id: str) -> list[str] | None:
    """The way on which `order_id` would wait for itself, it at both ends; None when there is none. `waits`: the orders
    that each one waits for."""
    rest, seen = [[order_id]], set[str]()
    while rest:
        way = rest.pop()
        for other in waits.get(way[-1], ()):
            if other == order_id:
                return [*way, other]
            if other not in seen:
                seen.add(other)
                rest.append([*way, other])
    return None
