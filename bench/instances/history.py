"""What happened before now: an older plan that was published, what people fixed in it, and work under way.

The older plan is made as a dispatcher would: the most pressing order first, to the nearest engineer who can.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from services.dispatch.solver.dice import Dice

from .draws import step
from .resources import NOW, can

Json = dict[str, Any]
Ints = npt.NDArray[np.int32]

PUBLISHED = 0.4
"""Share of orders that the older plan tried to place."""
UNDER_WAY = 0.2
"""Share of engineers who are travelling or at work right now."""
PINNED = {"resource": 0.05, "both": 0.03}
"""Share of published orders that a person fixed."""
BARRED = 0.03
"""Share of orders that somebody declined."""
TRIED = 12
"""Nearest engineers whom the older plan tried."""


@dataclass
class _Day:
    """One shift as the older plan fills it: where the engineer is free next, and when."""

    engineer: int
    place: int
    free: int
    end: int
    untouched: bool = True


def lived(orders: list[Json], engineers: list[Json], rows: dict[str, int], seconds: Ints, dice: Dice) -> list[Json]:
    """The orders with what is published, fixed, under way and declined. `rows`: place id to row of `seconds`."""
    days = _days(engineers, rows)
    under_way = [dice.random() < UNDER_WAY for _ in engineers]
    lived: dict[str, Json] = {}
    for order in sorted(orders, key=_pressing):
        site = rows[order["place"]]
        near = sorted(days, key=lambda day: (int(seconds[day.place, site]), day.engineer, day.free))[:TRIED]
        day = next((day for day in near if can(engineers[day.engineer], order)), None)
        if day is None:
            continue
        if under_way[day.engineer] and day.untouched and _called_before(order):
            under_way[day.engineer] = False
            lived[order["id"]] = _at_work(order, engineers[day.engineer], day, site, seconds, dice)
        elif dice.random() < PUBLISHED:
            lived[order["id"]] = _published(order, engineers[day.engineer], day, site, seconds, dice)
        elif dice.random() < BARRED:
            lived[order["id"]] = {"excluded_engineers": [engineers[day.engineer]["id"]]}
    return [order | lived.get(order["id"], {}) for order in orders]


def _days(engineers: list[Json], rows: dict[str, int]) -> list[_Day]:
    return [
        _Day(i, rows[one["start_place"]], max(NOW, shift["start"]), shift["end"])
        for i, one in enumerate(engineers)
        for shift in one["shifts"]
    ]


def _pressing(order: Json) -> tuple[int, str]:
    clocks = [clock["due"] for clock in order.get("clocks", [])]
    return min([*clocks, *(window["end"] for window in order.get("windows", []))]), order["id"]


def _called_before(order: Json) -> bool:
    return order["kind"] == "breakdown" and order["earliest_start"] is None


def _at_work(order: Json, engineer: Json, day: _Day, site: int, seconds: Ints, dice: Dice) -> Json:
    """Already on the way, or on site since a while; the kit is with the engineer."""
    travelling = dice.random() < 0.5
    start = NOW + (1 if travelling else -1) * step(dice, 300, 2400, 300)
    until = start + order["service_seconds"]
    day.place, day.free, day.untouched = site, until, False
    state = "travelling" if travelling else "on_site"
    return {"frozen": {"state": state, "engineer": engineer["id"], "start": start, "until": until}}


def _published(order: Json, engineer: Json, day: _Day, site: int, seconds: Ints, dice: Dice) -> Json:
    """Appended to the day if it ends in time; some of what is published was fixed by a person."""
    opens = [window for window in order.get("windows", []) if window["end"] >= day.free]
    ready = max(day.free + int(seconds[day.place, site]), order.get("earliest_start") or 0)
    start = max(ready, opens[0]["start"]) if opens else ready
    late = order.get("windows") and (not opens or start > opens[0]["end"])
    if late or start + order["service_seconds"] > day.end:
        return {}
    day.place, day.free, day.untouched = site, start + order["service_seconds"], False
    told = {"engineer": engineer["id"], "start": start}
    draw = dice.random()
    if draw < PINNED["resource"]:
        return {"published": told, "pin": {"kind": "resource", "engineer": engineer["id"]}}
    if draw < PINNED["resource"] + PINNED["both"]:
        return {"published": told, "pin": {"kind": "both"} | told}
    return {"published": told}
