"""A draft from an existing plan: what still holds is kept, what does not is left for the engine to plan anew."""

from collections.abc import Container

from .draft import Draft, Kit
from .insertion import has_room
from .kits import kits as kits_left
from .plan import Plan, Route, Source
from .problem import FOREVER, Problem
from .step import finish, states
from .tables import Tables


def drafted(
    problem: Problem, start: Plan | None, *, without: Container[int] = (), tables: Tables | None = None
) -> Draft:
    """The start plan's appointments as far as they are possible today, except those of the orders `without`."""
    draft = Draft(problem, tables)
    if start is None:
        return draft
    kits = _kits_of(problem, start)
    for route in start.routes:
        _restore(draft, route, kits, without)
    for case in start.cases:
        if case.order not in draft.cases and _still_open(problem, case.order):
            draft.send(case)
    return draft


def preventive(problem: Problem) -> set[int]:
    """Orders to leave out of a warm start: they are inserted again after the promises, at their published time
    if that still takes nothing from a promise (the price of change speaks for it)."""
    return {
        index
        for index, order in enumerate(problem.orders)
        if order.preventive and order.pin_engineer is None and order.pin_start is None
    }


def _restore(draft: Draft, route: Route, kits: dict[int, Kit], without: Container[int]) -> None:
    """Append the route's orders one by one with the pick-ups before them, and skip what is impossible.

    Parts that are no longer where the plan took them from are taken from elsewhere.
    """
    allowed = draft.tables.allowed
    engineer = draft.tables.tours[route.tour].engineer
    used = {depot for stop in route.stops for depot in kits.get(stop.order, Kit()).depots}
    pickups: list[int] = []
    for stop in route.stops:
        if stop.order < 0:
            if stop.depot in used:
                pickups.append(-1 - stop.depot)
            continue
        record, kit = draft.tables.orders[stop.order], kits.get(stop.order, Kit())
        if record.frozen or stop.order in without or draft.tour_of[stop.order] >= 0:
            continue
        if engineer not in allowed(stop.order) or not has_room(draft, stop.order, route.tour):
            continue
        for choice in (kit, *kits_left(draft, stop.order, route.tour)):
            visits = _appended(draft, route.tour, pickups, stop.order, choice)
            if _complete(draft, stop.order, route.tour, choice, visits) and _possible(
                draft, stop.order, route.tour, choice, visits
            ):
                draft.put(stop.order, route.tour, visits, choice)
                pickups = []
                break
    draft.visits[route.tour] = draft.needed(draft.visits[route.tour])
    draft.refresh(route.tour)


def _appended(draft: Draft, tour: int, pickups: list[int], order: int, kit: Kit) -> list[int]:
    """The tour with the planned pick-ups, those that the kit needs besides, and the order at its end."""
    visits = [*draft.visits[tour], *pickups]
    return [*visits, *(-1 - depot for depot in kit.depots if -1 - depot not in visits), order]


def _complete(draft: Draft, order: int, tour: int, kit: Kit, visits: list[int]) -> bool:
    """Every certain line has a source that the problem still offers, with pieces left."""
    needed: dict[tuple[int, int], int] = {}
    lines = draft.tables.orders[order].kit
    engineer = draft.tables.tours[tour].engineer
    for source in kit.sources:
        if source.line >= len(lines) or source.part not in lines[source.line].parts:
            return False
        if source.kind == "van" and source.place != engineer:
            return False
        if source.kind in ("courier", "transfer") and not _offered(draft, source):
            return False
        key = (source.place, source.part)
        needed[key] = needed.get(key, 0) + lines[source.line].quantity
    served = {source.line for source in kit.sources}
    return (
        all(line.miss_fen is not None or number in served for number, line in enumerate(lines))
        and all(-1 - depot in visits for depot in kit.depots)
        and all(draft.left[place][part] >= pieces for (place, part), pieces in needed.items())
    )


def _offered(draft: Draft, source: Source) -> bool:
    depot = source.place - draft.problem.engineers
    return any(
        (offer.kind, offer.depot, offer.arrives_at, offer.fee_fen)
        == (source.kind, depot, source.arrives_at, source.fee_fen)
        for offer in draft.tables.orders[source.order].kit[source.line].deliveries
    )


def _possible(draft: Draft, order: int, tour: int, kit: Kit, visits: list[int]) -> bool:
    draft.relief.release[order] = kit.release
    found = states(draft.tables, draft.relief, tour, visits)
    draft.relief.release[order] = -FOREVER
    return found is not None and finish(draft.tables, tour, found[-1]) is not None


def _kits_of(problem: Problem, plan: Plan) -> dict[int, Kit]:
    """Kits by order as the plan's sources say; their price is taken from today's problem."""
    sources: dict[int, list[Source]] = {}
    for source in plan.sources:
        sources.setdefault(source.order, []).append(source)
    return {order: _kit(problem, order, tuple(own)) for order, own in sources.items()} | {
        order: _kit(problem, order, ()) for order in range(len(problem.orders)) if order not in sources
    }


def _kit(problem: Problem, order: int, sources: tuple[Source, ...]) -> Kit:
    served = {source.line for source in sources}
    missed = [line.miss_fen or 0 for number, line in enumerate(problem.orders[order].kit) if number not in served]
    delivered = [source for source in sources if source.kind in ("courier", "transfer")]
    depots = {source.place - problem.engineers for source in sources if source.kind == "pickup"}
    return Kit(
        sources=sources,
        release=max((source.arrives_at for source in delivered), default=-FOREVER),
        fen=sum(missed) + sum(source.fee_fen for source in delivered),
        depots=tuple(sorted(depots)),
    )


def _still_open(problem: Problem, order: int) -> bool:
    cargo = problem.orders[order].cargo
    return cargo is not None and cargo.sent is None
