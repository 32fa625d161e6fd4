"""Parts and replacement vehicles over all orders at once, for given routes: CP-SAT.

Each order chooses one of its options: a kit at its best place in its tour, with or without a vehicle for the
cargo. Shelves are never oversold, vehicles serve one case. An option's price is exact when the others stay as
they are; the engine keeps the outcome only if the whole plan is cheaper.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from .draft import Draft, Kit
from .greedy import insert
from .insertion import NO_BOUND, cheapest_position, has_room, ranked_tours
from .kits import kits
from .plan import Case
from .problem import FOREVER
from .step import dropped_fen, promise_fen
from .stopping import Stop
from .vehicles import vehicles_underway

OFFERS = 4
"""Vehicles considered per order: those with the lowest price for saved lateness."""

TOURS = 3
"""Tours considered for an order that has none."""


@dataclass(frozen=True, slots=True)
class Option:
    """What an order could do: `tour` -1 leaves it out; `fen` is the price against not having the order at all."""

    order: int
    tour: int
    kit: Kit
    case: Case | None
    fen: int


def allocate(draft: Draft, stop: Stop, *, seconds: float, seed: int) -> Draft:
    """The draft with parts and vehicles chosen jointly; the given one when that is not cheaper.

    Without a time limit in the stop object the search is bounded by deterministic time instead of seconds.
    """
    options = _options(draft, stop)
    if not options:
        return draft
    chosen = _choose(draft, options, stop, seconds, seed)
    if not chosen:
        return draft
    changed = _applied(draft.copy(), chosen)
    return changed if changed.total() < draft.total() else draft


def _options(draft: Draft, stop: Stop) -> list[Option]:
    """Options of every order with parts or cargo, priced on a copy where every shelf is full."""
    scratch = draft.copy()
    scratch.left = draft.problem.stock.tolist()
    found: list[Option] = []
    for order, record in enumerate(draft.tables.orders):
        if stop.reached(0) in ("cancelled", "seconds"):
            return []
        if record.kit or (record.cargo and not record.cargo.sent):
            found += _with_vehicles(draft, order, _of_order(scratch, order))
    return found


def _of_order(scratch: Draft, order: int) -> list[tuple[Option, int, int]]:
    """(option without a vehicle, start, end of the work) of one order."""
    record, tour = scratch.tables.orders[order], scratch.tour_of[order]
    case = scratch.cases.get(order)
    if case:
        scratch.call_back(order)
    end = scratch.problem.end
    left_out = Option(order, -1, Kit(), None, dropped_fen(scratch.tables, order, scratch.relief))
    if record.frozen:
        bare = promise_fen(record, record.frozen.start, record.frozen.until, FOREVER, FOREVER)
        found = [(Option(order, tour, Kit(), None, bare), record.frozen.start, record.frozen.until)]
    elif tour >= 0:
        visits, kit = scratch.visits[tour], scratch.kits[order]
        scratch.take_out(order)
        found = [(left_out, end, end), *_in_tour(scratch, order, tour)]
        scratch.put(order, tour, visits, kit)
    else:
        found = [(left_out, end, end)]
        for other in ranked_tours(scratch, order)[0][:TOURS].tolist():
            found += _in_tour(scratch, order, other)
    if case:
        scratch.send(case)
    return found


def _in_tour(scratch: Draft, order: int, tour: int) -> list[tuple[Option, int, int]]:
    if not has_room(scratch, order, tour):
        return []
    engineer = scratch.tables.tours[tour].engineer
    pair, work = int(scratch.tables.unary_fen(order)[engineer]), scratch.tables.service(order, engineer)
    found = []
    for kit in kits(scratch, order, tour):
        scratch.relief.release[order] = kit.release
        position = cheapest_position(scratch, order, tour, kit, NO_BOUND)
        if position:
            before, visits = scratch.visits[tour], scratch.visits
            option = Option(order, tour, kit, None, pair + kit.fen + position[0])
            visits[tour] = position[1]
            scratch.refresh(tour)
            end = scratch.states[tour][position[1].index(order) + 1][1]
            visits[tour] = before
            scratch.relief.release[order] = -FOREVER
            scratch.refresh(tour)
            found.append((option, end - work, end))
        scratch.relief.release[order] = -FOREVER
    return found


def _with_vehicles(draft: Draft, order: int, bare: list[tuple[Option, int, int]]) -> list[Option]:
    """Every option alone, and with each of the vehicles that save most for their price."""
    record = draft.tables.orders[order]
    found = [option for option, _, _ in bare]
    if record.cargo is None or record.cargo.sent:
        return found
    busy = vehicles_underway(draft.problem)
    cases = [case for case in draft.tables.quotes(order) if case.vehicle not in busy]
    for option, start, end in bare:
        without = promise_fen(record, start, end, FOREVER, FOREVER)
        offers = [
            (promise_fen(record, start, end, case.cargo_at, case.delivered_at) + case.fen - without, case)
            for case in cases
            if without
        ]
        for change, case in sorted(offers, key=lambda offer: (offer[0], offer[1].vehicle))[:OFFERS]:
            if change < 0:
                found.append(Option(order, option.tour, option.kit, case, option.fen + change))
    return found


def _choose(draft: Draft, options: list[Option], stop: Stop, seconds: float, seed: int) -> list[Option] | None:
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    picks = [model.new_bool_var("") for _ in options]
    by_order: dict[int, list[int]] = defaultdict(list)
    by_vehicle: dict[int, list[int]] = defaultdict(list)
    newcomers: dict[int, list[int]] = defaultdict(list)
    for index, option in enumerate(options):
        by_order[option.order].append(index)
        if option.case:
            by_vehicle[option.case.vehicle].append(index)
        if option.tour >= 0 and draft.tour_of[option.order] < 0:
            newcomers[option.tour].append(index)
    for group in by_order.values():
        model.add_exactly_one(picks[index] for index in group)
    for group in (*by_vehicle.values(), *newcomers.values()):
        model.add_at_most_one(picks[index] for index in group)
    _never_oversold(draft, model, picks, options)
    model.minimize(sum(option.fen * pick for option, pick in zip(options, picks, strict=True)))
    for option, pick in zip(options, picks, strict=True):
        model.add_hint(pick, _is_current(draft, option))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = 2
    solver.parameters.random_seed = seed
    if stop.max_seconds is None:
        solver.parameters.max_deterministic_time = seconds
    else:
        solver.parameters.max_time_in_seconds = max(0.05, min(seconds, stop.remaining()))
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return [option for option, pick in zip(options, picks, strict=True) if solver.value(pick)]


def _never_oversold(draft: Draft, model: Any, picks: list[Any], options: list[Option]) -> None:
    """Pieces taken from a shelf by chosen options stay within its stock."""
    taken: dict[tuple[int, int], list[tuple[int, Any]]] = defaultdict(list)
    for option, pick in zip(options, picks, strict=True):
        for source in option.kit.sources:
            pieces = draft.tables.orders[option.order].kit[source.line].quantity
            taken[source.place, source.part].append((pieces, pick))
    for (place, part), uses in taken.items():
        model.add(sum(pieces * pick for pieces, pick in uses) <= int(draft.problem.stock[place, part]))


def _is_current(draft: Draft, option: Option) -> bool:
    case = draft.cases.get(option.order)
    vehicle = case.vehicle if case else -1
    wanted = option.case.vehicle if option.case else -1
    same_kit = option.tour < 0 or draft.kits[option.order].sources == option.kit.sources
    return draft.tour_of[option.order] == option.tour and same_kit and vehicle == wanted


def _applied(draft: Draft, chosen: list[Option]) -> Draft:
    """Carry out the chosen options; an order whose option no longer fits is inserted where it does."""
    changed = [option for option in chosen if not _is_current(draft, option)]
    for option in changed:
        if option.order in draft.cases:
            draft.call_back(option.order)
        if draft.tour_of[option.order] >= 0 and not draft.tables.orders[option.order].frozen:
            draft.take_out(option.order)
    for option in changed:
        if option.tour >= 0 and draft.tour_of[option.order] < 0:
            _place(draft, option)
    for option in changed:
        if option.case:
            draft.send(option.case)
    for option in changed:
        if option.tour >= 0 and draft.tour_of[option.order] < 0:
            insert(draft, option.order)
    return draft


def _place(draft: Draft, option: Option) -> None:
    draft.relief.release[option.order] = option.kit.release
    position = None
    if has_room(draft, option.order, option.tour):
        position = cheapest_position(draft, option.order, option.tour, option.kit, NO_BOUND)
    draft.relief.release[option.order] = -FOREVER
    if position:
        draft.put(option.order, option.tour, position[1], option.kit)
