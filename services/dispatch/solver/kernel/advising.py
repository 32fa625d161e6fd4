"""For dispatchers: what an edited plan costs, and who could take an order at what price. Nothing is changed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from ..advice import Analysis, Candidate, Move, Recommendation
from ..judge import Verdict, judge
from ..plan import Plan, Route, Stop
from ..problem import FOREVER, Problem
from .draft import Draft
from .explaining import explained, tied_reason
from .insertion import NO_BOUND, best_in_tour
from .layout import BEGINS_AT, FREE, NOWHERE, RELEASE, STAYING, STAYS, TAKEN, view
from .loading import load
from .placing import free_quote
from .reading import Legs
from .reasons import why_not
from .search import insert_into
from .timing import IMPOSSIBLE, begin_pickup, begin_work, begins_away
from .together import Together
from .trial import begin_trial, take_back, touch_order
from .vehicles import set_vehicle
from .ways import Way, Ways


def recommend(problem: Problem, plan: Plan, order: int, *, top: int = 5) -> Recommendation:
    """Exact best insertion of one order into the plan, over all engineers; everything else keeps its order.

    An order that is already planned is taken out first. Work under way has no candidates.
    """
    if problem.orders[order].frozen:
        return Recommendation((), dict.fromkeys(range(problem.engineers), "frozen"))
    before = judge(problem, plan)
    draft = Draft(problem, near=())
    load(draft, plan, without={order})
    draft.look_around(draft.unassigned())
    found: list[tuple[int, int, Way]] = []
    refused: dict[int, str] = {}
    look = Ways(draft).best if draft.is_held(order) else partial(_best, draft)
    for engineer in range(problem.engineers):
        way = look(order, problem.tours_of[engineer])
        if way is not None:
            found.append((way.fen, engineer, way))
        else:
            refused[engineer] = _refusal(draft, order, engineer)
    found.sort(key=lambda one: one[:2])
    candidates = [_candidate(draft, order, way, before) for _, _, way in found[:top]]
    candidates.sort(key=lambda one: (one.fen, one.engineer))  # the judge knows the whole share of each engineer
    return Recommendation(tuple(candidates), refused)


def _best(draft: Draft, order: int, tours: Sequence[int]) -> Way | None:
    """The cheapest insertion of a loose order into one of the tours; None when none has a place for it."""
    quote = free_quote(draft.facts, draft.state, order)
    found: list[tuple[int, int]] = []
    for tour in tours:
        fen, kit, *_ = best_in_tour(draft.facts, draft.state, draft.desk, order, tour, quote, NO_BOUND, True)
        found += [(fen, tour)] if kit != NOWHERE else []
    return Way(min(found)[0], NOWHERE, min(found)[1]) if found else None


def _refusal(draft: Draft, order: int, engineer: int) -> str:
    """The first rule that keeps this engineer from the order."""
    alone = why_not(draft.tables, draft.facts, draft.state, draft.desk, order, engineer)
    return tied_reason(draft, order, alone, draft.problem.tours_of[engineer]) if draft.is_held(order) else alone


def _candidate(draft: Draft, order: int, way: Way, before: Verdict) -> Candidate:
    """The plan with the insertion, judged against the plan before; the draft is left as it was."""
    facts, state, saved, desk = draft.facts, draft.state, draft.saved, draft.desk
    begin_trial(state, saved, desk)
    if draft.is_held(order):
        touch_order(facts, state, saved, desk, order)
        set_vehicle(facts, state, order, NOWHERE)
        together = Together(draft)
        together.go(order, way)
        together.place_all(draft.ties.group(order))
    else:
        insert_into(facts, state, saved, desk, order, way.tour)
    plan = explained(draft)
    take_back(facts, state, saved, desk)
    verdict = judge(draft.problem, plan)
    change = {
        rule: verdict.by_rule.get(rule, 0) - before.by_rule.get(rule, 0)
        for rule in sorted({*before.by_rule, *verdict.by_rule})
    }
    return Candidate(
        engineer=draft.problem.tours[way.tour].engineer,
        tour=way.tour,
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

    def is_driven(route: Route) -> bool:
        return route.stays or not route.stops or any(stop.order not in (-1, order) for stop in route.stops)

    return replace(
        plan,
        routes=tuple(
            replace(one, stops=tuple(stop for stop in one.stops if stop.order != order))
            for one in filter(is_driven, plan.routes)
        ),
        sources=tuple(source for source in plan.sources if source.order != order),
        sessions=tuple(session for session in plan.sessions if session.order != order),
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
    route = routes.get(tour, Route(tour, ()))
    routes[tour] = replace(route, stops=(*route.stops, Stop(move.order, -1, 0, 0, 0)))
    return replace(plan, routes=tuple(routes.values()), unassigned=unassigned)


def timed(problem: Problem, plan: Plan) -> Plan:
    """The same stops in the same order with the earliest times, also where a rule breaks."""
    draft = Draft(problem, near=())
    release = view(draft.state, RELEASE)
    for source in plan.sources:
        if source.kind in ("courier", "transfer"):
            release[source.order] = max(int(release[source.order, 0]), source.arrives_at)
    routes = sorted(plan.routes, key=lambda route: problem.tours[route.tour].start)
    engineers = {route.tour: problem.tours[route.tour].engineer for route in routes}
    leads = {s.order: engineers[route.tour] for route in routes for s in route.stops if not s.second}
    for _ in range(1 + len(draft.ties.rows)):  # each time one more waits for those that it is tied to
        timed_routes = [_timed_route(draft, route, leads) for route in routes]
        if not draft.ties.rows or not _waits(draft, timed_routes):
            break
    return replace(plan, routes=tuple(timed_routes))


def _waits(draft: Draft, routes: Sequence[Route]) -> bool:
    """Let tied orders wait for their second and for those they are linked to; says whether that changes anything."""
    release, changed = view(draft.state, RELEASE), False
    stops = [stop for route in routes for stop in route.stops if stop.order >= 0]
    work = {stop.order: (stop.start, stop.end) for stop in stops if not stop.second}
    for order in draft.ties.orders:
        links = [link for link in draft.problem.orders[order].links if link.order in work]
        since = max((work[link.order][link.at_end] + link.gap for link in links), default=-FOREVER)
        since = max([since, *(stop.start for stop in stops if stop.order == order)])
        for row in (order, *draft.ties.rows_of(order)):
            if order in work and release[row, 0] < since:
                release[row], changed = since, True
    return changed


def _timed_route(draft: Draft, route: Route, leads: Mapping[int, int]) -> Route:
    """`leads`: engineer by order."""
    legs, stops = Legs(draft.problem, draft.facts, draft.state, route.tour), []
    free, taken = (int(view(draft.state, table)[route.tour, 0]) for table in (FREE, TAKEN))
    for stop in route.stops:
        work = draft.problem.orders[stop.order].frozen if stop.order >= 0 else None
        if work:
            stops.append(replace(stop, arrival=work.start, start=work.start, end=work.until))
            continue
        arrival, start, free, taken = _timed_stop(draft, route.tour, legs, free, taken, _visit(draft, stop, leads))
        stops.append(replace(stop, arrival=arrival, start=start, end=free))
    if route.stays and (later := draft.problem.tour_after(route.tour)) is not None:
        view(draft.state, STAYS)[route.tour], view(draft.state, BEGINS_AT)[later] = STAYING, legs.place
    if stops or begins_away(draft.facts, draft.state, route.tour):
        legs.go_home(free, taken)
    return replace(route, stops=tuple(stops), breaks=tuple(legs.breaks))


def _visit(draft: Draft, stop: Stop, leads: Mapping[int, int]) -> int:
    """The stop in the kernel's terms; a second without a lead works as long as one of level 0."""
    if stop.order < 0:
        return -1 - stop.depot
    if not stop.second:
        return stop.order
    lead = leads.get(stop.order)
    seconds = draft.problem.orders[stop.order].service[0] if lead is None else draft.tables.service(stop.order, lead)
    return draft.ties.row.get((stop.order, seconds), stop.order)


def _timed_stop(draft: Draft, tour: int, legs: Legs, free: int, taken: int, visit: int) -> tuple[int, int, int, int]:
    """(arrival, start, end, breaks taken) of the visit, as early as possible."""
    engineer = draft.problem.tours[tour].engineer
    memories, since = (draft.facts, draft.state, tour), (legs.place, free, taken)
    if visit >= 0:
        start, _, then = begin_work(*memories, engineer, *since, visit)
        seconds = draft.tables.service(visit, engineer)
    else:
        start, _, then = begin_pickup(*memories, *since, -1 - visit)
        seconds = draft.problem.depots[-1 - visit].pickup
    if start >= IMPOSSIBLE:  # some rule breaks: the instant at which the engineer is ready
        then = taken
    arrival = legs.drive(visit, free, taken, then)
    if start >= IMPOSSIBLE:
        start = arrival if visit < 0 else max(arrival, int(view(draft.state, RELEASE)[visit, 0]))
    return arrival, start, start + seconds, then
