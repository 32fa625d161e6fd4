"""Parts and replacement vehicles over all orders at once, for given routes: CP-SAT.

Each order chooses one of its options: a kit at its best place in its tour, with or without a vehicle for the cargo.
Shelves are never oversold, vehicles serve one case. An option's price is exact when the others stay as they are; the
engine keeps the outcome only if the whole plan is cheaper.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

from ..interrupting import interrupted_by
from ..kernel.completing import complete
from ..kernel.draft import Draft
from ..kernel.layout import (
    CASE,
    LEFT,
    NEAR_TOURS,
    NOWHERE,
    ORDERS,
    QUOTE_END,
    QUOTE_FIRST,
    QUOTES,
    TOUR_OF,
    VEHICLE,
    view,
)
from ..kernel.placing import promise_with
from ..kernel.timing import dropped_fen, promise_fen
from ..kernel.vehicles import give_vehicle, order_times
from ..plan import Source
from ..problem import FOREVER
from ..stopping import Stop

OFFERS = 4
"""Vehicles considered per order: those with the lowest price for saved lateness."""

TOURS = 3
"""Tours considered for an order that has none."""


@dataclass(frozen=True, slots=True)
class Option:
    """What an order could do: `tour` NOWHERE leaves it out, `quote` NOWHERE sends no vehicle; `fen` is the price
    against not having the order at all, with the work from `start` to `end`."""

    order: int
    tour: int
    sources: tuple[Source, ...]
    fen: int
    start: int
    end: int
    quote: int = NOWHERE


def allocated(draft: Draft, stop: Stop, *, seconds: float, seed: int) -> Draft | None:
    """The draft with parts and vehicles chosen jointly; None when nothing was found, or after a cancel.

    Without a time limit in the stop object the search is bounded by deterministic time instead of seconds.
    """
    options = _options(draft, stop)
    chosen = _choose(draft, options, stop, seconds, seed) if options else []
    return _applied(draft, chosen, stop) if chosen and not stop.cancelled() else None


def _options(draft: Draft, stop: Stop) -> list[Option]:
    """Options of every order with parts or cargo, priced where every shelf is full."""
    found: list[Option] = []
    now = _sources_now(draft)
    for order, record in enumerate(draft.problem.orders):
        if stop.is_over():
            return []
        if record.kit or (record.cargo and not record.cargo.sent):
            if draft.is_held(order):
                found.append(_as_it_is(draft, order, now.get(order, ())))
                continue
            for option in _of_order(draft, order):
                found += [option, *_with_vehicles(draft, option)]
    return found


def _as_it_is(draft: Draft, order: int, sources: tuple[Source, ...]) -> Option:
    """The only option of an order that has to stay where it is: what it takes is taken."""
    start, end = order_times(draft.facts, draft.state, order)
    quote = int(view(draft.state, CASE)[order, 0])
    return Option(order, int(draft.tours[order]), sources, 0, start, end, quote)


def _of_order(draft: Draft, order: int) -> list[Option]:
    """Options of one order without a vehicle."""
    record, scratch, tour = draft.problem.orders[order], draft.copy(), int(draft.tours[order])
    if view(scratch.state, CASE)[order, 0] != NOWHERE:
        give_vehicle(scratch.facts, scratch.state, order, NOWHERE)
    if record.frozen:
        start, end = record.frozen.start, record.frozen.until
        fen = promise_fen(scratch.facts, order, start, end, FOREVER, FOREVER)
        return [Option(order, tour, (), fen, start, end)]
    tours = [tour] if tour >= 0 else view(scratch.facts, NEAR_TOURS)[order, :TOURS].tolist()
    absent, end = dropped_fen(scratch.facts, order, FOREVER, FOREVER), draft.problem.end
    found = [Option(order, NOWHERE, (), absent, end, end)]
    if tour >= 0 and not scratch.take_out(order):
        return found
    view(scratch.state, LEFT)[:] = draft.problem.stock
    without = scratch.total - absent
    for other in tours:
        for sources in scratch.kits(order, other) if other >= 0 else ():
            seated = scratch.copy()
            if seated.seat(order, other, sources):
                start, end = order_times(seated.facts, seated.state, order)
                found.append(Option(order, other, sources, seated.total - without, start, end))
    return found


def _with_vehicles(draft: Draft, option: Option) -> list[Option]:
    """The option with each of the vehicles that save most for their price."""
    facts, order = draft.facts, option.order
    without = promise_fen(facts, order, option.start, option.end, FOREVER, FOREVER)
    first, end = view(facts, ORDERS)[order, [QUOTE_FIRST, QUOTE_END]].tolist()
    away = {one.cargo.sent.vehicle for one in draft.problem.orders if one.cargo and one.cargo.sent}
    quotes = [quote for quote in range(first, end) if int(view(facts, QUOTES)[quote, VEHICLE]) not in away]
    changes = [(promise_with(facts, order, option.start, option.end, quote) - without, quote) for quote in quotes]
    return [
        replace(option, fen=option.fen + change, quote=quote)
        for change, quote in sorted(changes)[:OFFERS]
        if change < 0
    ]


def _choose(draft: Draft, options: list[Option], stop: Stop, seconds: float, seed: int) -> list[Option]:
    """One option per order with the least price together; empty when nothing was found in the time."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    picks = [model.new_bool_var("") for _ in options]
    by_order: dict[int, list[Any]] = defaultdict(list)
    by_vehicle: dict[int, list[Any]] = defaultdict(list)
    newcomers: dict[int, list[Any]] = defaultdict(list)
    for option, pick in zip(options, picks, strict=True):
        by_order[option.order].append(pick)
        if option.quote >= 0:
            by_vehicle[int(view(draft.facts, QUOTES)[option.quote, VEHICLE])].append(pick)
        if option.tour >= 0 and draft.tours[option.order] < 0:
            newcomers[option.tour].append(pick)
    for group in by_order.values():
        model.add_exactly_one(group)
    for group in (*by_vehicle.values(), *newcomers.values()):
        model.add_at_most_one(group)
    _never_oversold(draft, model, picks, options)
    model.minimize(sum(option.fen * pick for option, pick in zip(options, picks, strict=True)))
    now = _sources_now(draft)
    for option, pick in zip(options, picks, strict=True):
        model.add_hint(pick, _is_current(draft, now, option))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = 2
    solver.parameters.random_seed = seed
    if stop.max_seconds is None:
        solver.parameters.max_deterministic_time = seconds
    else:
        solver.parameters.max_time_in_seconds = max(0.05, min(seconds, stop.remaining()))
    with interrupted_by(stop, solver.stop_search):
        status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return []
    return [option for option, pick in zip(options, picks, strict=True) if solver.value(pick)]


def _never_oversold(draft: Draft, model: Any, picks: list[Any], options: list[Option]) -> None:
    """Pieces taken from a shelf by chosen options stay within its stock."""
    taken: dict[tuple[int, int], list[tuple[int, Any]]] = defaultdict(list)
    for option, pick in zip(options, picks, strict=True):
        for source in option.sources:
            pieces = draft.problem.orders[option.order].kit[source.line].quantity
            taken[draft.problem.shelf(source.place), source.part].append((pieces, pick))
    for (place, part), uses in taken.items():
        model.add(sum(pieces * pick for pieces, pick in uses) <= int(draft.problem.stock[place, part]))


def _sources_now(draft: Draft) -> dict[int, tuple[Source, ...]]:
    found: dict[int, tuple[Source, ...]] = {}
    for source in draft.outline().sources:
        found[source.order] = (*found.get(source.order, ()), source)
    return found


def _is_current(draft: Draft, now: dict[int, tuple[Source, ...]], option: Option) -> bool:
    planned = int(view(draft.state, TOUR_OF)[option.order, 0]), int(view(draft.state, CASE)[option.order, 0])
    return planned == (option.tour, option.quote) and now.get(option.order, ()) == option.sources


def _applied(draft: Draft, chosen: list[Option], stop: Stop) -> Draft | None:
    """The chosen options carried out; an order whose option no longer fits is inserted where it does."""
    now, changed = _sources_now(draft), draft.copy()
    news = [option for option in chosen if not _is_current(draft, now, option)]
    for option in news:
        if view(changed.state, CASE)[option.order, 0] != NOWHERE:
            give_vehicle(changed.facts, changed.state, option.order, NOWHERE)
        is_loose = changed.tours[option.order] >= 0 and not draft.problem.orders[option.order].frozen
        if is_loose and not changed.take_out(option.order):
            return None
    for option in news:
        if option.tour >= 0 and changed.tours[option.order] < 0:
            changed.seat(option.order, option.tour, option.sources)
    for option in news:
        if option.quote >= 0:
            give_vehicle(changed.facts, changed.state, option.order, option.quote)
    complete(changed, stop)
    return changed
