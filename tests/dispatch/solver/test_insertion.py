"""The best insertion of one order is the best of all: every place is tried, and none is cheaper.

The networks are published, and some starts were told later than the work is due: what is delayed back to its told start
gets cheaper. Pick-ups are made as late as they may in half of them: a sooner one saves a detour. No fairness and no
vehicles, whose prices are known only once the order is in.
"""

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from services.dispatch.solver import Plan, Problem, judge
from services.dispatch.solver.kernel.advising import recommend, timed
from services.dispatch.solver.kernel.changes import absence_fen, fetch, put, set_stay
from services.dispatch.solver.kernel.draft import Draft
from services.dispatch.solver.kernel.insertion import NO_BOUND, best_in_tour
from services.dispatch.solver.kernel.layout import EARLIER, KIT_DEPOTS, NOWHERE, OPEN, TOURS, view
from services.dispatch.solver.kernel.loading import load
from services.dispatch.solver.kernel.placing import has_room
from services.dispatch.solver.kernel.search import best_of_all
from services.dispatch.solver.kernel.sourcing import find_kits
from services.dispatch.solver.kernel.timing import retime, seats
from services.dispatch.solver.kernel.trial import begin_trial, take_back, touch_order, touch_tour
from services.dispatch.solver.plan import Route, Stop
from services.dispatch.solver.problem import Told
from tests.dispatch.solver.instances import HOUR, random_document
from tests.dispatch.solver.solving import planned, problem_of

CHANGE_FEN = 40_000


def network(seed: int, *, depots: int, ways: float = 1.0, bends: float = 0.0) -> tuple[Problem, Plan]:
    """A plan of 14 orders for three engineers, and the problem in which it is published, some of it for later. Delays
    are cheap, changes are dear. `ways`: the share of ways that there are; `bends`: of those that are four times as far
    as they might be."""
    document = random_document(seed, orders=14, engineers=3, depots=depots, days=2, vehicles=0, inspections=0)
    document["price"] |= {"change_time_fen": CHANGE_FEN, "fairness_fen_per_hour": 0}
    for order in document["orders"]:
        for clock in order["clocks"]:
            clock["fen_per_hour"] = 600
    dice = random.Random(seed)
    seconds, metres = document["travel"]["seconds"], document["travel"]["metres"]
    for row, column in itertools.permutations(range(len(seconds)), 2):
        if dice.random() >= ways:
            seconds[row][column] = -1
        elif dice.random() < bends:
            seconds[row][column], metres[row][column] = 4 * seconds[row][column], 4 * metres[row][column]
    problem = problem_of(document)
    plan = planned(problem, "roadcall", 100).plan
    if seed % 2:
        plan = fetched_late(problem, plan)
    orders = list(problem.orders)
    for route in plan.routes:
        for stop in route.stops:
            if stop.order >= 0:
                told = stop.start + dice.choice((0, 1, 2, 3)) * HOUR
                orders[stop.order] = replace(
                    orders[stop.order], published=Told(problem.tours[route.tour].engineer, told)
                )
    return replace(problem, orders=tuple(orders)), plan


def fetched_late(problem: Problem, plan: Plan) -> Plan:
    """Each pick-up right before the first order of its tour that takes a part from there, where no rule breaks by
    that."""
    for route in plan.routes:
        for pick in (stop for stop in route.stops if stop.order < 0):
            place = problem.engineers + pick.depot
            takers = {one.order for one in plan.sources if one.kind == "pickup" and one.place == place}
            stops = [stop for stop in route.stops if stop is not pick]
            seats = [seat for seat, stop in enumerate(stops) if stop.order in takers]
            if seats:
                stops.insert(seats[0], pick)
                routes = tuple(
                    replace(one, stops=tuple(stops)) if one.tour == route.tour else one for one in plan.routes
                )
                late = timed(problem, replace(plan, routes=routes))
                plan = plan if judge(problem, late).violations else late
    return plan


def without(problem: Problem, plan: Plan, order: int) -> Draft:
    draft = Draft(problem, near=())
    load(draft, plan, without={order})
    draft.look_around(draft.unassigned())
    return draft


def everywhere(problem: Problem, plan: Plan, order: int) -> Iterator[Plan]:
    """The order at every position of every tour, timed anew."""
    routes = {route.tour: route.stops for route in plan.routes}
    planned_ones = {stop.order for stops in routes.values() for stop in stops}
    left_out = dict.fromkeys({*range(len(problem.orders))} - planned_ones - {order}, "price")
    for tour in range(len(problem.tours)):
        stops = routes.get(tour, ())
        for seat in range(len(stops) + 1):
            tried = routes | {tour: (*stops[:seat], Stop(order, -1, 0, 0, 0), *stops[seat:])}
            yield timed(problem, Plan(tuple(Route(*one) for one in tried.items()), unassigned=left_out))


@pytest.mark.parametrize("ways", [1.0, 0.8])
@pytest.mark.parametrize("seed", range(4))
def test_no_place_is_cheaper_by_the_judge_than_the_best_one(seed: int, ways: float) -> None:
    """Without parts, so that the place alone is chosen."""
    problem, plan = network(seed, depots=0, ways=ways)
    problem = replace(problem, orders=tuple(replace(order, kit=()) for order in problem.orders))
    for order in range(len(problem.orders)):
        draft = without(problem, plan, order)
        absent = draft.total - absence_fen(draft.facts, draft.state, order)
        verdicts = [judge(problem, tried) for tried in everywhere(problem, draft.outline(), order)]
        least = min((one.total for one in verdicts if not one.violations), default=NO_BOUND)
        best, _ = best_of_all(draft.facts, draft.state, draft.desk, order, NOWHERE, NO_BOUND)
        told = recommend(problem, plan, order, top=1).candidates
        assert [judge(problem, one.plan).total for one in told] == ([least] if least < NO_BOUND else [])
        assert best == (least - absent if least < NO_BOUND else NO_BOUND)


def tried_kits(draft: Draft, order: int, tour: int) -> Iterator[int]:
    """Change of the price by the order in the tour: with each kit at every position, its depots visited before every
    stop up to there, or before every stop of an earlier tour. Each is put in, priced and taken out again."""
    facts, state, saved, desk = draft.facts, draft.state, draft.saved, draft.desk
    earlier = int(view(facts, TOURS)[tour, EARLIER])
    absent = draft.total - absence_fen(facts, state, order)
    for kit in range(find_kits(facts, state, desk, order, tour) if has_room(facts, state, order, tour) else 0):
        fetches = view(desk, KIT_DEPOTS)[kit, 0] >= 0
        ways = [(NOWHERE, pick, seat) for seat in range(seats(state, tour)) for pick in range(seat + 1)]
        if not fetches:
            ways = [(NOWHERE, seat, seat) for seat in range(seats(state, tour))]
        elif earlier >= 0:
            ways += [(at, seat, seat) for at in range(seats(state, earlier)) for seat in range(seats(state, tour))]
        for fetched_at, pick, seat in ways:
            begin_trial(state, saved, desk)
            touch_order(facts, state, saved, desk, order)
            touch_tour(state, saved, desk, tour)
            if fetched_at >= 0:
                touch_tour(state, saved, desk, earlier)
                fetch(facts, state, desk, kit, earlier, fetched_at)
            possible = fetched_at < 0 or retime(facts, state, earlier, 0)
            if possible and put(facts, state, desk, kit, order, tour, seat, pick):
                yield draft.total - absent
            take_back(facts, state, saved, desk)


def assert_none_is_cheaper(draft: Draft, order: int, tour: int) -> None:
    """Also when nothing but the best is below the bound: then all that is too dear already goes unlooked at."""
    least = min(tried_kits(draft, order, tour), default=NO_BOUND)
    for bound in (NO_BOUND, min(least + 1, NO_BOUND)):
        assert best_in_tour(draft.facts, draft.state, draft.desk, order, tour, NOWHERE, bound, True)[0] == least


@pytest.mark.parametrize(("seed", "ways"), [*((seed, 1.0) for seed in range(40)), *((seed, 0.8) for seed in range(8))])
def test_no_kit_and_no_way_to_fetch_it_is_cheaper_than_the_best_one(seed: int, ways: float) -> None:
    problem, plan = network(seed, depots=3, ways=ways)
    for order in range(len(problem.orders)):
        draft = without(problem, plan, order)
        for tour in range(len(problem.tours)):
            if retime(draft.facts, draft.state, tour, 0):  # no: the only way led over a pick-up for this order
                assert_none_is_cheaper(draft, order, tour)


@pytest.mark.parametrize("seed", [5, 10, 14, 16, 18, 19, 24, 25])
def test_no_place_is_cheaper_than_the_best_one_where_a_detour_is_nearer_than_the_direct_way(seed: int) -> None:
    """Without depots: a pick-up that is nearer than the direct way is not looked for."""
    problem, plan = network(seed, depots=0, bends=0.4)
    for order in range(len(problem.orders)):
        draft = without(problem, plan, order)
        for tour in range(len(problem.tours)):
            assert_none_is_cheaper(draft, order, tour)


@pytest.mark.parametrize("seed", range(4))
def test_no_place_is_cheaper_than_the_best_one_where_the_night_is_spent_at_the_last_stop(seed: int) -> None:
    problem, plan = network(seed, depots=0)
    for order in range(len(problem.orders)):
        draft = without(problem, plan, order)
        for tour in range(len(problem.tours)):
            if problem.tour_after(tour) is not None and draft.visits(tour):
                set_stay(draft.facts, draft.state, tour, OPEN)
                assert_none_is_cheaper(draft, order, tour)
