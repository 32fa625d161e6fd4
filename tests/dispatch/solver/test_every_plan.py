"""Breaks, nights, bans and slow hours, which the oracle leaves out: tiny problems against the cheapest of all plans."""

import random
from collections.abc import Iterator
from itertools import permutations, product
from typing import Any

import pytest

from services.dispatch.solver import ENGINES, Plan, Problem, judge
from services.dispatch.solver.judge_driving import arrival
from services.dispatch.solver.plan import Route, Stop
from services.dispatch.solver.problem import Span, Tour
from tests.dispatch.solver.solving import planned, problem_of
from tests.dispatch.solver.test_engines import ROUNDS
from tests.dispatch.solver.tiny import HOUR, document, engineer, order

QUARTER = 900
"""Without slow hours everything lasts whole quarters, so a break at another instant is never better."""


def routes(problem: Problem, sequences: tuple[tuple[int, ...], ...], away: tuple[bool, ...]) -> Iterator[list[Route]]:
    """Every choice of breaks for these orders by tour, each stop as early as it can be."""
    begins = {index: tour.start_place for index, tour in enumerate(problem.tours)}
    for index, stays in enumerate(away):
        following = problem.tour_after(index)
        if stays and following is not None:
            last = sequences[index][-1:]
            begins[following] = problem.orders[last[0]].place if last else begins[index]
    rests = [pauses(tour) if stops else [()] for tour, stops in zip(problem.tours, sequences, strict=True)]
    for rest in product(*rests):
        found = [
            Route(index, stops, rest[index], stays=away[index])
            for index, sequence in enumerate(sequences)
            if (stops := timed(problem, problem.tours[index], begins[index], sequence, rest[index])) is not None
        ]
        if len(found) == len(sequences):
            yield found


def pauses(tour: Tour) -> list[tuple[Span, ...]]:
    """No break, or one at any quarter."""
    starts = [(at, one.seconds) for one in tour.breaks for at in range(one.earliest, one.latest + 1, QUARTER)]
    return [(), *(((at, at + seconds),) for at, seconds in starts)]


def timed(
    problem: Problem, tour: Tour, place: int, sequence: tuple[int, ...], rest: tuple[Span, ...]
) -> tuple[Stop, ...] | None:
    free, stops = tour.start, []
    for number in sequence:
        record, heavy = problem.orders[number], bool(problem.heavy[tour.engineer])
        drive = problem.way(place, record.place)[0]
        arrives = ready = arrival(problem.pace, free, drive, heavy=heavy, pauses=rest)
        seconds = record.service[int(problem.level[tour.engineer, record.skills[0][0]])]
        for _ in range(2):
            start = min((max(ready, first) for first, last in record.windows if ready <= last), default=-1)
            if start < 0:
                return None
            during = [end for begin, end in rest if begin < start + seconds and start < end]
            ready = max(during, default=ready)
        place, free = record.place, start + seconds
        stops.append(Stop(number, -1, arrives, start, free))
    return tuple(stops)


def cheapest(problem: Problem) -> int:
    """The price of the cheapest plan that the judge accepts, of all that leave as early as possible."""
    found = []
    tours, orders = range(len(problem.tours)), range(len(problem.orders))
    nights = [(False, True) if tour.nights else (False,) for tour in problem.tours]
    for seats in product((-1, *tours), repeat=len(orders)):
        left_out = {number: "price" for number in orders if seats[number] < 0}
        shares = [permutations(number for number in orders if seats[number] == tour) for tour in tours]
        for sequences, away in product(product(*shares), product(*nights)):
            for driven in routes(problem, sequences, away):
                verdict = judge(problem, Plan(tuple(driven), unassigned=left_out))
                found += [] if verdict.violations else [verdict.total]
    return min(found)


DAY, NEXT = {"start": 0, "end": 8 * HOUR}, {"start": 24 * HOUR, "end": 32 * HOUR}
LUNCH = {"earliest": 2 * HOUR, "latest": 3 * HOUR, "seconds": 1800}
HEAVY, LIGHT = engineer("a", heavy=True, skills={"diesel": 3}), engineer("b", start_place="p3", end_place="p3")


def tiny(what: str, seed: int) -> dict[str, Any]:
    """Three or four orders with promises on the line of places."""
    dice = random.Random(f"{what}{seed}")
    problem = document(engineers=[HEAVY, LIGHT], horizon={"start": 0, "end": 48 * HOUR})
    match what:
        case "break":
            problem["engineers"] = [one | {"shifts": [DAY | {"breaks": [LUNCH]}]} for one in (HEAVY, LIGHT)]
        case "night":
            leave = {"fen_per_night": dice.choice((5000, 20_000)), "max_nights": 1}
            problem["engineers"] = [engineer("a", shifts=[DAY, NEXT], overnight=leave)]
        case "ban":
            problem["travel"]["bans"] = [{"start": HOUR, "end": 9000}, {"start": 5 * HOUR, "end": 6 * HOUR}]
        case "slow":
            problem["travel"]["factors"] = [{"window": {"start": HOUR, "end": 4 * HOUR}, "permille": 1700}]
    problem["orders"] = [_order(f"o{number}", dice) for number in range(3 if what == "break" else 4)]
    return problem


def _order(name: str, dice: random.Random) -> dict[str, Any]:
    due, rate = dice.randrange(1, 7) * HOUR, dice.choice((2000, 9000, 30_000))
    clock = {"name": "arrive", "due": due, "fen_per_hour": rate, "breach_fen": dice.choice((0, 20_000))}
    work = {
        "service_seconds": dice.choice((1800, 3600, 7200)),
        "drop_price_fen": dice.choice((20_000, 90_000, 300_000)),
    }
    return order(name, f"p{dice.randrange(1, 6)}", clocks=[clock | {"stops": "start"}], **work)


@pytest.mark.parametrize("what", ["break", "night", "ban", "slow"])
def test_the_search_finds_the_cheapest_of_all_plans(what: str) -> None:
    """Four problems each."""
    for seed in range(4):
        problem = problem_of(tiny(what, seed))
        least = cheapest(problem)
        totals = {engine: planned(problem, engine, ROUNDS[engine]).verdict.total for engine in ENGINES}
        assert min(totals.values()) == totals["roadcall"] == least
