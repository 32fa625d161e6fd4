"""For dispatchers: what an edited plan costs, and who could take an order at what price. Nothing is changed."""

from dataclasses import dataclass

from .draft import Draft
from .insertion import NO_BOUND, Insertion, best_in_tour
from .judge import Verdict, judge
from .plan import Plan, Route, Stop
from .problem import FOREVER, Problem
from .reasons import reason, why_not
from .step import Relief, begin, step
from .tables import Tables
from .warm_start import drafted


def analyse(problem: Problem, plan: Plan) -> tuple[Plan, Verdict]:
    """The edited plan timed as early as possible, and the judge on it: prices by rule, violations."""
    plan = timed(problem, plan)
    return plan, judge(problem, plan)


def timed(problem: Problem, plan: Plan) -> Plan:
    """The same stops in the same order with the earliest times, also where a rule breaks."""
    tables, relief = Tables(problem), Relief(problem.orders)
    for source in plan.sources:
        if source.kind in ("courier", "transfer"):
            relief.release[source.order] = max(relief.release[source.order], source.arrives_at)
    routes = tuple(_timed_route(tables, relief, route) for route in plan.routes)
    return Plan(routes, plan.sources, plan.cases, plan.unassigned)


def _timed_route(tables: Tables, relief: Relief, route: Route) -> Route:
    tour, stops = tables.tours[route.tour], []
    state = begin(tables, relief, route.tour)
    for stop in route.stops:
        work = tables.orders[stop.order].frozen if stop.order >= 0 else None
        if work:
            stops.append(Stop(stop.order, -1, work.start, work.start, work.until))
            continue
        visit = stop.order if stop.order >= 0 else -1 - stop.depot
        place = tables.orders[visit].place if visit >= 0 else tables.depots[stop.depot].place
        drive = tables.seconds[state[0], place]
        arrival = state[1] + (drive if drive < FOREVER else 0)
        after = step(tables, relief, tour.engineer, state, visit)
        if after is None:  # no start is possible: say when the engineer would be ready
            ready = max(arrival, relief.release[visit]) if visit >= 0 else arrival
            work_seconds = tables.service(visit, tour.engineer) if visit >= 0 else tables.depots[stop.depot].pickup
            after = place, ready, ready + work_seconds, state[2]
        stops.append(Stop(stop.order, stop.depot, arrival, after[1], after[2]))
        state = after[0], after[2], after[3]
    return Route(route.tour, tuple(stops))


@dataclass(frozen=True, slots=True)
class Candidate:
    """An engineer who can take the order. `by_rule`: change of the price by rule against the plan given;
    `plan`: what the plan becomes."""

    engineer: int
    tour: int
    fen: int
    by_rule: dict[str, int]
    start: int
    plan: Plan


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Candidates, cheapest first; for every other engineer the first rule that excludes him or her."""

    candidates: tuple[Candidate, ...]
    refused: dict[int, str]


def recommend(problem: Problem, plan: Plan, order: int, *, top: int = 5) -> Recommendation:
    """Exact best insertion of one order into the plan, over all engineers; everything else keeps its order.

    An order that is already planned is taken out first. Work under way has no candidates.
    """
    before = judge(problem, plan)
    if problem.orders[order].frozen:
        return Recommendation((), dict.fromkeys(range(problem.engineers), "frozen"))
    draft = drafted(problem, plan, without={order})
    found: list[tuple[int, int, Insertion]] = []
    refused: dict[int, str] = {}
    allowed = set(draft.tables.allowed(order).tolist())
    for engineer in range(problem.engineers):
        tours = problem.tours_of[engineer] if engineer in allowed else ()
        options = [o for tour in tours if (o := best_in_tour(draft, order, tour, NO_BOUND))]
        if options:
            best = min(options, key=lambda option: option.fen)
            found.append((best.fen, engineer, best))
        else:
            refused[engineer] = why_not(draft, order, engineer)
    ranked = sorted(found, key=lambda entry: entry[:2])[:top]
    return Recommendation(tuple(_candidate(draft, order, option, before) for _, _, option in ranked), refused)


def _candidate(draft: Draft, order: int, option: Insertion, before: Verdict) -> Candidate:
    """The plan with the insertion, judged against the plan before; the draft is left as it was."""
    visits = draft.visits[option.tour]
    draft.put(order, option.tour, option.visits, option.kit)
    plan = draft.plan({other: reason(draft, other) for other in draft.unassigned()})
    verdict = judge(draft.problem, plan)
    start = draft.states[option.tour][option.visits.index(order) + 1][1]
    engineer = draft.tables.tours[option.tour].engineer
    draft.take_out(order)
    draft.visits[option.tour] = visits
    draft.refresh(option.tour)
    rules = sorted({*before.by_rule, *verdict.by_rule})
    change = {rule: verdict.by_rule.get(rule, 0) - before.by_rule.get(rule, 0) for rule in rules}
    return Candidate(
        engineer=engineer,
        tour=option.tour,
        fen=verdict.total - before.total,
        by_rule={rule: fen for rule, fen in change.items() if fen},
        start=start - draft.tables.service(order, engineer),
        plan=plan,
    )
