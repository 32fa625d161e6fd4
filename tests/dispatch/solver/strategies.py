"""Random problems for properties: tiny ones with every lock, and whole ones that hold what nobody would send."""

import random
from typing import Any

from hypothesis import strategies as st

from .instances import DAY, HOUR, random_document

Json = dict[str, Any]

DEAR = 10**7
"""Drop price of what a person fixed: it is planned at any price, and worth it."""


def tiny_document(seed: int) -> Json:
    """2 to 6 breakdowns, 1 to 3 engineers, parts, vehicles, pins, published and travelling work; by seed. No breaks and
    slow hours: the oracle does not know them."""
    dice = random.Random(seed)
    document = random_document(
        seed,
        orders=dice.randint(2, 6),
        engineers=dice.randint(1, 3),
        depots=dice.randint(1, 2),
        vehicles=dice.randint(0, 2),
        days=dice.choice((1, 1, 2)),
        parts=3,
        side_km=80,
        inspections=0,
        hours=False,
    )
    for order in document["orders"]:
        _lock(order, document["engineers"], dice)
    return document


def _lock(order: Json, engineers: list[Json], dice: random.Random) -> None:
    """At most one of: under way, fixed, published; of a crew of two also the second."""
    who, start, draw = dice.choice(engineers)["id"], dice.randrange(7 * HOUR, 20 * HOUR), dice.random()
    if draw < 0.06:
        until = 7 * HOUR + dice.randrange(5 * HOUR)
        order["frozen"] = {"state": "travelling", "engineer": who, "start": 7 * HOUR, "until": until}
    elif draw < 0.16:
        order.update(pin={"kind": "resource", "engineer": who}, drop_price_fen=DEAR)
    elif draw < 0.2:
        order.update(pin={"kind": "both", "engineer": who, "start": start}, drop_price_fen=DEAR)
    elif draw < 0.4:
        order["published"] = {"engineer": who, "start": start}
    if order.get("crew_size") == 2:
        _lock_second(order, dice.choice(engineers)["id"], dice.random())


def _lock_second(order: Json, who: str, draw: float) -> None:
    pin = order.get("pin", {"kind": "none"})
    if draw < 0.3 and pin.get("engineer") != who:
        order["pin"] = pin | {"second": who}
    if "published" in order:
        order["published"]["second"] = who


def _everybody_gone(document: Json, dice: random.Random) -> None:
    document["engineers"] = []
    for order in document["orders"]:
        order.pop("pin", None)
        order.pop("frozen", None)


def _no_shifts(document: Json, dice: random.Random) -> None:
    for engineer in document["engineers"]:
        engineer["shifts"] = []
    for order in document["orders"]:
        order.pop("frozen", None)


def _longer_than_a_day(document: Json, dice: random.Random) -> None:
    dice.choice(document["orders"])["service_seconds"] = 30 * HOUR


def _all_at_one_point(document: Json, dice: random.Random) -> None:
    size = len(document["places"])
    document["travel"] = {name: [[0] * size for _ in range(size)] for name in ("seconds", "metres")}


def holes(document: Json, dice: random.Random) -> None:
    """One way in five is missing, in both matrices, in one direction only."""
    for row in range(len(document["places"])):
        for column in range(len(document["places"])):
            if row != column and dice.random() < 0.2:
                document["travel"]["seconds"][row][column] = document["travel"]["metres"][row][column] = -1


def _unreachable(document: Json, dice: random.Random) -> None:
    names = [place["id"] for place in document["places"]]
    row = names.index(dice.choice(document["orders"])["place"])
    for other in range(len(names)):
        document["travel"]["seconds"][other][row] = -1 if other != row else 0


def _locks_overlap(document: Json, dice: random.Random) -> None:
    """Everything fixed for one engineer at one instant."""
    for order in document["orders"]:
        order.pop("frozen", None)
        order["pin"] = {"kind": "both", "engineer": document["engineers"][0]["id"], "start": 9 * HOUR}


def _work_under_way_overlaps(document: Json, dice: random.Random) -> None:
    for order in document["orders"][:3]:
        order.pop("pin", None)
        at_work = {"engineer": document["engineers"][0]["id"], "start": 6 * HOUR, "until": 9 * HOUR}
        order["frozen"] = {"state": "on_site"} | at_work


def _empty_shelves(document: Json, dice: random.Random) -> None:
    for shelf in (*document["engineers"], *document["depots"]):
        shelf["van_stock" if "van_stock" in shelf else "stock"] = {}


def _windows_are_past(document: Json, dice: random.Random) -> None:
    for order in document["orders"]:
        order["windows"] = [{"start": -2 * DAY, "end": -DAY}]


def _no_time_left(document: Json, dice: random.Random) -> None:
    document["horizon"] = {"start": 7 * HOUR, "end": 7 * HOUR}


BAD = (
    _everybody_gone,
    _no_shifts,
    _longer_than_a_day,
    _all_at_one_point,
    holes,
    _unreachable,
    _locks_overlap,
    _work_under_way_overlaps,
    _empty_shelves,
    _windows_are_past,
    _no_time_left,
)
"""What real systems send on bad days. Every one is a valid problem: it has a plan, or reasons."""


@st.composite
def documents(draw: st.DrawFn, *, most_orders: int = 12) -> Json:
    """A whole problem document, ordinary or with one or two of the bad things in it."""
    seed = draw(st.integers(0, 2**31))
    document = random_document(
        seed,
        orders=draw(st.integers(1, most_orders)),
        engineers=draw(st.integers(1, 4)),
        depots=draw(st.integers(0, 3)),
        vehicles=draw(st.integers(0, 3)),
        days=draw(st.sampled_from((1, 2, 3, 14))),
        parts=draw(st.integers(2, 5)),
        inspections=draw(st.sampled_from((0.0, 0.3))),
        ties=draw(st.booleans()),
    )
    dice = random.Random(seed)
    if draw(st.booleans()):
        for order in document["orders"]:
            _lock(order, document["engineers"], dice)
    for spoil in draw(st.lists(st.sampled_from(BAD), max_size=2, unique=True)):
        if document["engineers"]:
            spoil(document, dice)
    return document
