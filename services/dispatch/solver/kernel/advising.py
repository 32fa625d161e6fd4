"""For dispatchers: what an edited plan costs, and who could take an order at what price. Nothing is changed."""

from collections.abc import Sequence
from dataclasses import replace

from ..advice import Analysis, Candidate, Move, Recommendation
from ..judge import Verdict, judge
from ..plan import Plan, Route, Stop
from ..problem import Problem
from .draft import Draft
from .insertion import NO_BOUND, best_in_tour
from .layout import FREE, NOWHERE, RELEASE, TAKEN, view
from .placing import free_quote
from .reading import Legs
from .reasons import why_not
from .search import place
from .timing import IMPOSSIBLE, begin_pickup, begin_work
from .trial import begin_trial, take_back, touch_order
from .vehicles import choose_vehicle, set_vehicle


def recommend(problem: Problem, plan: Plan, order: int, *, top: int = 5) -> Recommendation:
    """Exact best insertion of one order into the plan, over all engineers; everything else keeps its order.

    An order that is already planned is taken out first. Work under way has no candidates.
    """
    if problem.orders[order].frozen:
        return Recommendation((), dict.fromkeys(range(problem.engineers), "frozen"))
    before = judge(problem, plan)
    draft = Draft(problem, near=())
    draft.load(plan, without={order})
    draft.look_around(draft.unassigned())
    found: list[tuple[int, int, int]] = []
    refused: dict[int, str] = {}
    quote = free_quote(draft.facts, draft.state, order)
    for engineer in range(problem.engineers):
        options = [option for tour in problem.tours_of[engineer] if (option := _best(draft, order, tour, quote))]
        if options:
            fen, tour = min(options)
            found.append((fen, engineer, tour))
        else:
            refused[engineer] = why_not(draft.tables, draft.facts, draft.state, draft.desk, order, engineer)
    candidates = [_candidate(draft, order, tour, before) for _, _, tour in sorted(found)[:top]]
    candidates.sort(key=lambda one: (one.fen, one.engineer))  # the judge knows the whole share of each engineer
    return Recommendation(tuple(candidates), refused)


def _best(draft: Draft, order: int, tour: int, quote: int) -> tuple[int, int] | None:
    """(price of the insertion, tour); None when the tour has no place for the order."""
    fen, kit, *_ = best_in_tour(draft.facts, draft.state, draft.desk, order, tour, quote, NO_BOUND)
    return (fen, tour) if kit != NOWHERE else None


def _candidate(draft: Draft, order: int, tour: int, before: Verdict) -> Candidate:
    """The plan with the insertion, judged against the plan before; the draft is left as it was."""
    facts, state, saved, desk = draft.facts, draft.state, draft.saved, draft.desk
    begin_trial(state, saved, desk)
    touch_order(facts, state, saved, desk, order)
    set_vehicle(facts, state, order, NOWHERE)
    place(facts, state, saved, desk, order, tour, free_quote(facts, state, order), NO_BOUND)
    choose_vehicle(facts, state, saved, desk, order)
    plan = draft.plan()
    take_back(facts, state, saved, desk)
    verdict = judge(draft.problem, plan)
    change = {
        rule: verdict.by_rule.get(rule, 0) - before.by_rule.get(rule, 0)
        for rule in sorted({*before.by_rule, *verdict.by_rule})
    }
    return Candidate(
        engineer=draft.problem.tours[tour].engineer,
        tour=tour,
        fen=verdict.total - before.total,
        by_rule={rule: fen for rule, fen in change.items() if fen},
        start=next(stop.start for route in plan.routes for stop in route.stops if stop.order == order),
        plan=plan,
    )


def edited(problem: Problem, plan: Plan, moves: Sequence[Move]) -> Plan:
    """The plan with some orders moved, without times.

    Each order goes to its engineer's best place. Where the rules leave none it goes to the end of a tour; `analyse`
    says what is wrong with that.
    """
    for move in moves:
        if move.engineer is None:
            plan = _without(plan, move.order)
            plan = replace(plan, unassigned={**plan.unassigned, move.order: "price"})
            continue
        candidates = recommend(problem, plan, move.order, top=problem.engineers).candidates
        fitting = [one.plan for one in candidates if one.engineer == move.engineer]
        plan = fitting[0] if fitting else _forced(problem, _without(plan, move.order), move, move.engineer)
    return plan


def analyse(problem: Problem, plan: Plan) -> Analysis:
    """The plan timed as early as possible, and the judge on it."""
    plan = timed(problem, plan)
    return Analysis(plan, judge(problem, plan))


def _without(plan: Plan, order: int) -> Plan:
    """The plan less an order and its parts; a pick-up that nobody needs any more costs nothing but time."""
    routes = (replace(one, stops=tuple(stop for stop in one.stops if stop.order != order)) for one in plan.routes)
    return Plan(
        routes=tuple(route for route in routes if any(stop.order >= 0 for stop in route.stops)),
        sources=tuple(source for source in plan.sources if source.order != order),
        cases=plan.cases,
        unassigned=plan.unassigned,
    )


def _forced(problem: Problem, plan: Plan, move: Move, engineer: int) -> Plan:
    """The order at the end of the engineer's day, whatever rule that breaks."""
    tours = problem.tours_of[engineer]
    unassigned = {other: reason for other, reason in plan.unassigned.items() if other != move.order}
    if not tours:
        return replace(plan, unassigned={**unassigned, move.order: "shift"})
    begun = [tour for tour in tours if problem.tours[tour].start <= move.start]
    tour = begun[-1] if begun else tours[0]
    routes = {route.tour: route for route in plan.routes}
    stops = routes[tour].stops if tour in routes else ()
    routes[tour] = Route(tour, (*stops, Stop(move.order, -1, 0, 0, 0)))
    return Plan(tuple(routes.values()), plan.sources, plan.cases, unassigned)


def timed(problem: Problem, plan: Plan) -> Plan:
    """The same stops in the same order with the earliest times, also where a rule breaks."""
    draft = Draft(problem, near=())
    release = view(draft.state, RELEASE)
    for source in plan.sources:
        if source.kind in ("courier", "transfer"):
            release[source.order] = max(int(release[source.order, 0]), source.arrives_at)
    routes = tuple(_timed_route(draft, route) for route in plan.routes)
    return Plan(routes, plan.sources, plan.cases, plan.unassigned)


def _timed_route(draft: Draft, route: Route) -> Route:
    legs, stops = Legs(draft.problem, draft.facts, route.tour), []
    engineer = draft.problem.tours[route.tour].engineer
    free, taken = (int(view(draft.state, table)[route.tour, 0]) for table in (FREE, TAKEN))
    for stop in route.stops:
        work = draft.problem.orders[stop.order].frozen if stop.order >= 0 else None
        if work:
            stops.append(Stop(stop.order, -1, work.start, work.start, work.until))
            continue
        visit = stop.order if stop.order >= 0 else -1 - stop.depot
        memories, since = (draft.facts, draft.state, route.tour), (legs.place, free, taken)
        if visit >= 0:
            start, _, then = begin_work(*memories, engineer, *since, visit)
        else:
            start, _, then = begin_pickup(*memories, *since, stop.depot)
        if start >= IMPOSSIBLE:  # some rule breaks: the instant at which the engineer is ready
            then = taken
        arrival = legs.drive(visit, free, taken, then)
        if start >= IMPOSSIBLE:
            start = arrival if visit < 0 else max(arrival, int(view(draft.state, RELEASE)[visit, 0]))
        seconds = draft.tables.service(visit, engineer) if visit >= 0 else draft.problem.depots[stop.depot].pickup
        free, taken = start + seconds, then
        stops.append(Stop(stop.order, stop.depot, arrival, start, free))
    if stops:
        legs.go_home(free, taken)
    return Route(route.tour, tuple(stops), tuple(legs.breaks))
