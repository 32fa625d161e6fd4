"""Parcels for one order against all ways to send them: the search sees offers between the cheapest and the soonest."""

import itertools
import math
import random
from typing import Any

import pytest

from tests.dispatch.solver.solving import solved
from tests.dispatch.solver.tiny import HOUR, depot, document, engineer, order

PARTS = ("pump", "belt", "hose")
RATE = 10_000
"""Price of an hour of lateness, from the second hour on."""


def sent_parcels(*lines: list[tuple[int, int]]) -> dict[str, Any]:
    """An order at p1 whose kit lines have these offers, (arrives at, fee), from a shelf where nobody is let in."""
    closed = [{"start": -9, "end": -9}]
    shelf = depot("d", "p5", stock=dict.fromkeys(PARTS, 1), open_windows=closed)
    kit = [
        {
            "part": part,
            "quantity": 1,
            "deliveries": [{"kind": "courier", "depot": "d", "arrives_at": at, "fee_fen": fee} for at, fee in offers],
        }
        for part, offers in zip(PARTS, lines, strict=False)
    ]
    promise = {"name": "arrive", "due": 2 * HOUR, "fen_per_hour": RATE, "stops": "start"}
    people = [engineer("a", shifts=[{"start": 0, "end": 24 * HOUR}])]
    return document(engineers=people, depots=[shelf], orders=[order("x", kit=kit, clocks=[promise])])


def cheapest(*lines: list[tuple[int, int]]) -> int:
    """The best of all ways to choose an offer for each line: the way, fees, lateness of the work that waits for all."""
    fens = []
    for chosen in itertools.product(*lines):
        late = max(HOUR, *(at for at, _ in chosen)) - 2 * HOUR
        fens.append(24_000 + sum(fee for _, fee in chosen) + math.ceil(RATE * max(late, 0) / HOUR))
    return min(fens)


@pytest.mark.parametrize("engine", ["greedy", "roadcall", "ortools", "insert"])
def test_the_offer_between_the_cheapest_and_the_soonest(engine: str) -> None:
    """At 1:00 for 90 000; at 3:00 for 20 000 and an hour late, 10 000; at 9:00 for 1 000 and 70 000."""
    problem = sent_parcels([(HOUR, 90_000), (3 * HOUR, 20_000), (9 * HOUR, 1_000)])
    result = solved(problem, engine, 20)
    assert [source.fee_fen for source in result.plan.sources] == [20_000]
    assert result.verdict.total == 24_000 + 20_000 + 10_000


def test_a_line_that_comes_late_anyway_waits_for_its_cheap_parcel() -> None:
    """The pump is there at 4:00 or not at all: the belt need not be sooner, and 4:00 for 300 beats 2:00 for 9 000."""
    problem = sent_parcels([(4 * HOUR, 700)], [(2 * HOUR, 9_000), (4 * HOUR, 300), (12 * HOUR, 1)])
    assert sorted(source.fee_fen for source in solved(problem).plan.sources) == [300, 700]
    assert solved(problem).verdict.total == 24_000 + 1_000 + 20_000


def test_many_parcels_leave_room_for_a_pick_up() -> None:
    """Sixty offers, each 10 min later and 100 fen cheaper, down to 84 100; round by an open shelf at p2 the way costs
    48 000, and the work begins at 3:00, an hour late: 10 000."""
    problem = sent_parcels([(600 * step, 90_000 - 100 * step) for step in range(60)])
    problem["depots"].append(depot("e", "p2", stock={"pump": 1}))
    assert solved(problem).verdict.total == 48_000 + 10_000


def test_the_cheapest_of_all_ways_to_send_parcels() -> None:
    for seed in range(60):
        dice = random.Random(seed)
        lines = [
            [(dice.randrange(12 * HOUR), dice.randrange(60_000)) for _ in range(dice.randint(1, 6))]
            for _ in range(dice.randint(1, 3))
        ]
        assert solved(sent_parcels(*lines)).verdict.total == cheapest(*lines), f"seed {seed}"
