"""A cancel in the middle of the work: every engine answers within a quarter of a second of processor time."""

import gc
import random
import time
from threading import Semaphore
from typing import Any

import pytest

from services.dispatch.solver import ENGINES, Problem, Stop, solve
from services.dispatch.solver.by_ortools import allocation
from services.dispatch.solver.by_ortools import engine as by_ortools
from services.dispatch.solver.by_ortools.allocation import Option
from services.dispatch.solver.by_ortools.routing import propose
from services.dispatch.solver.interrupting import interrupted_by
from services.dispatch.solver.kernel import engine as kernel
from services.dispatch.solver.kernel import halves, inserting
from services.dispatch.solver.kernel.draft import Draft
from services.dispatch.solver.kernel.layout import NOWHERE
from services.dispatch.solver.plan import Source
from tests.dispatch.solver.instances import random_document
from tests.dispatch.solver.solving import planned, problem_of
from tests.dispatch.solver.test_engines import ROUNDS
from tests.dispatch.solver.tiny import depot, document, order

HEARD_S = 0.25


def nights(document: dict[str, Any]) -> dict[str, Any]:
    """Everybody may be away for two nights."""
    for one in document["engineers"]:
        one["overnight"] = {"fen_per_night": 8000, "max_nights": 2}
    return document


PROBLEMS = {
    "ordinary": random_document(4, orders=100, engineers=20, days=2),
    "ties": random_document(4, orders=60, engineers=12, days=2, ties=True),
    "nights": nights(random_document(4, orders=60, engineers=10, days=3, side_km=350)),
}


class Cancelled:
    """A switch that is turned on `after` so many seconds of processor time from when the first plan was told."""

    def __init__(self, after: float) -> None:
        self.after, self.first, self.since = after, 0.0, 0.0

    def told(self, iterations: int, fen: int) -> None:
        self.first = self.first or time.process_time()

    def __call__(self) -> bool:
        if self.first and not self.since and time.process_time() >= self.first + self.after:
            self.since = self.first + self.after
        return self.since > 0


def seconds_to_answer(problem: Problem, engine: str, after: float) -> tuple[float, str, int]:
    """(processor seconds from the cancel to the answer, why it ended, iterations). The collector leaves alone what is
    there already, as in the services' process: going through all that the tests hold takes longer than the answer."""
    switch = Cancelled(after)
    stop = Stop.seconds(60, clock=time.process_time, cancelled=switch)
    gc.freeze()
    try:
        result = solve(problem, stop=stop, engine=engine, progress=switch.told)
        return time.process_time() - switch.since, result.stopped_by, result.iterations
    finally:
        gc.unfreeze()


def make_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nights and tied orders of one chunk would take seconds: only a look between two moves can hear in time. No engine
    ends by itself."""
    monkeypatch.setattr(kernel, "NIGHTS_TRIED", 10_000)
    monkeypatch.setattr(kernel, "TIED_SHARE", 10_000)
    monkeypatch.setattr(inserting, "TRIALS", 10**6)
    monkeypatch.setattr(by_ortools, "STALE", 10**6)


@pytest.mark.parametrize("kind", PROBLEMS)
@pytest.mark.parametrize("engine", [engine for engine in ENGINES if engine != "greedy"])
def test_a_cancel_in_the_middle_is_heard(engine: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`greedy` is one first plan, which is always finished."""
    problem = problem_of(PROBLEMS[kind])
    planned(problem, engine, min(1, ROUNDS[engine]))  # whatever is compiled or imported late is there
    make_endless(monkeypatch)
    seconds, why, iterations = seconds_to_answer(problem, engine, 0.3)
    assert (why, iterations > 0) == ("cancelled", True)
    assert seconds < HEARD_S


@pytest.mark.parametrize("kind", PROBLEMS)
def test_a_cancel_of_the_search_as_it_is_run_is_heard(kind: str) -> None:
    seconds, why, iterations = seconds_to_answer(problem_of(PROBLEMS[kind]), "roadcall", 0.3)
    assert (why, iterations > 0) == ("cancelled", True)
    assert seconds < HEARD_S


def test_many_tied_orders_are_soon_accounted_for() -> None:
    """245 of 400 are tied, and most of those left out are: each is tried a last time and gets its reason."""
    problem = problem_of(random_document(4, orders=400, engineers=80, days=2, ties=True))
    answers = [seconds_to_answer(problem, "roadcall", 0.1) for _ in range(2)]
    assert {why for _, why, _ in answers} == {"cancelled"}
    assert min(seconds for seconds, _, _ in answers) < HEARD_S  # others may hold this machine


def test_a_cancel_is_heard_among_the_trials_of_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "CHUNK", 10**5)
    seconds, why, iterations = seconds_to_answer(problem_of(PROBLEMS["ordinary"]), "roadcall", 0.2)
    assert (why, iterations > 0) == ("cancelled", True)
    assert seconds < HEARD_S


@pytest.mark.parametrize("kind", PROBLEMS)
def test_how_often_a_search_looks_changes_nothing(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plans = []
    for look in (kernel.CHUNK, 7):
        monkeypatch.setattr(kernel, "LOOK", look)
        plans.append(planned(problem_of(PROBLEMS[kind]), "roadcall", 450, seed=2).plan)
    assert plans[0] == plans[1]


def test_two_workers_hear_a_cancel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a round that would take seconds."""
    monkeypatch.setattr(halves, "LARGE", 4)
    monkeypatch.setattr(halves, "ROUND", 10_000)
    seconds, why, iterations = seconds_to_answer(problem_of(PROBLEMS["ordinary"]), "roadcall", 0.2)
    assert (why, iterations > 0) == ("cancelled", True)
    assert seconds < HEARD_S


class Counting:
    """A switch that is on from the look `on_at` on, and how often it was looked at."""

    def __init__(self, on_at: int) -> None:
        self.on_at, self.looks = on_at, 0

    def __call__(self) -> bool:
        self.looks += 1
        return self.looks >= self.on_at

    def stop(self) -> Stop:
        return Stop.iterations(1, clock=time.monotonic, cancelled=self)


NEVER = 10**9


@pytest.fixture
def draft() -> Draft:
    made = Draft(problem_of(PROBLEMS["ordinary"]))
    made.construct()
    return made


def test_routing_asks_between_solutions(draft: Draft) -> None:
    """The switch is turned on at the hundredth look, of thousands, while hardly ten solutions are found."""
    never, hundredth = Counting(NEVER), Counting(100)
    for switch in (never, hundredth):
        propose(draft, list(range(20)), [], switch.stop(), seconds=1.0)
    assert never.looks > 1000
    assert 100 <= hundredth.looks < 200


def test_no_routing_is_begun_or_kept_after_a_cancel(draft: Draft) -> None:
    """At the thousandth look there are routes better than the draft's. A tour that there is not is not looked for."""
    tours = list(range(20))
    assert propose(draft, tours, [], Counting(1000).stop(), seconds=1.0) is not None
    assert by_ortools._rerouted(draft, tours, Counting(1000).stop()) is None
    assert by_ortools._rerouted(draft, [10**6], Counting(1).stop()) is None


def test_no_allocation_is_begun_or_kept_after_a_cancel(draft: Draft) -> None:
    """It looks once for each order whose ways it collects, and before it carries out what was chosen."""
    second, last = Counting(2), Counting(len(draft.problem.orders) + 1)
    assert allocation.allocated(draft, Counting(NEVER).stop(), seconds=1.0, seed=0) is not None
    assert allocation.allocated(draft, last.stop(), seconds=1.0, seed=0) is None
    assert allocation.allocated(draft, second.stop(), seconds=1.0, seed=0) is None
    assert second.looks == 2


def scarce(orders: int) -> tuple[Draft, list[Option]]:
    """Orders that each want pieces of twenty parts, of which there are half as many as all would take: which of them
    get theirs is hard to choose."""
    dice, parts = random.Random(1), [f"p{part}" for part in range(20)]
    pieces = [[dice.randint(10, 99) for _ in parts] for _ in range(orders)]
    shelf = {part: sum(wanted) // 2 for part, wanted in zip(parts, zip(*pieces, strict=True), strict=True)}
    kits = [[{"part": p, "quantity": n} for p, n in zip(parts, wanted, strict=True)] for wanted in pieces]
    work = [order(f"o{number}", kit=kit) for number, kit in enumerate(kits)]
    draft = Draft(problem_of(document(depots=[depot("d", "p1", stock=shelf)], orders=work)))
    options = []
    for number, record in enumerate(draft.problem.orders):
        sources = tuple(Source(number, line, one.parts[0], "pickup", 1) for line, one in enumerate(record.kit))
        options += [
            Option(number, NOWHERE, (), 0, 0, 0),
            Option(number, NOWHERE, sources, -dice.randint(500, 600), 0, 0),
        ]
    return draft, options


def test_an_allocation_is_interrupted() -> None:
    """A choice that alone would take a minute of processor time."""
    draft, options = scarce(60)
    asked = time.process_time() + 0.3
    stop = Stop.iterations(1, clock=time.process_time, cancelled=lambda: time.process_time() >= asked)
    allocation._choose(draft, options, stop, 60.0, 0)
    assert 0 <= time.process_time() - asked < HEARD_S


def test_a_solver_that_begins_late_is_interrupted_again() -> None:
    """The first call comes before there is anything to interrupt."""
    stop, calls = Stop.iterations(1, clock=time.monotonic, cancelled=lambda: True), Semaphore(0)
    with interrupted_by(stop, calls.release):
        for _ in range(2):
            assert calls.acquire(timeout=60)
