"""The judge on parts: every certain line has a valid source, and no shelf gives more than it holds."""

from collections import Counter

from .plan import Plan, Source, Stop
from .problem import Line, Problem
from .verdict import Ledger


def judge_parts(problem: Problem, plan: Plan, ledger: Ledger) -> None:
    """Charge fees and likely second visits; check sources and shared stock."""
    visits, seat = _by_engineer(problem, plan)
    used: Counter[tuple[int, int]] = Counter()
    served: set[tuple[int, int]] = set()
    for source in plan.sources:
        order = problem.orders[source.order]
        line = order.kit[source.line] if 0 <= source.line < len(order.kit) else None
        position = seat.get(source.order)
        key = (source.order, source.line)
        if line is None or position is None or key in served or source.part not in line.parts:
            ledger.violate("part_missing", order=source.order)
            continue
        served.add(key)
        used[problem.shelf(source.place), source.part] += line.quantity
        if not _valid(problem, source, line, visits[position[0]], position):
            ledger.violate("part_missing", order=source.order, engineer=position[0])
        if source.kind in ("courier", "transfer"):
            ledger.charge(f"parts.{source.kind}", source.fee_fen)
    for (place, part), pieces in used.items():
        if pieces > problem.stock[place, part]:
            depot = place - problem.engineers
            ledger.violate("stock_oversold", engineer=place if depot < 0 else -1, depot=max(depot, -1))
    _charge_missing(problem, seat, served, ledger)


Seat = tuple[int, int]
"""(engineer, index into the engineer's stops over all shifts)"""


def _by_engineer(problem: Problem, plan: Plan) -> tuple[dict[int, list[Stop]], dict[int, Seat]]:
    visits: dict[int, list[Stop]] = {}
    for route in sorted(plan.routes, key=lambda route: problem.tours[route.tour].start):
        visits.setdefault(problem.tours[route.tour].engineer, []).extend(route.stops)
    seats = {
        stop.order: (engineer, index)
        for engineer, stops in visits.items()
        for index, stop in enumerate(stops)
        if stop.order >= 0 and not stop.second
    }
    return visits, seats


def _valid(problem: Problem, source: Source, line: Line, stops: list[Stop], seat: Seat) -> bool:
    engineer, index = seat
    depot = source.place - problem.engineers
    if source.kind == "van":
        return source.place == engineer
    if source.kind == "pickup":
        return depot >= 0 and any(stop.depot == depot for stop in stops[:index])
    return stops[index].start >= source.arrives_at and any(
        (offer.kind, offer.depot, offer.arrives_at, offer.fee_fen)
        == (source.kind, depot, source.arrives_at, source.fee_fen)
        for offer in line.deliveries
    )


def _charge_missing(problem: Problem, seat: dict[int, Seat], served: set[tuple[int, int]], ledger: Ledger) -> None:
    for order, (engineer, _) in seat.items():
        for number, line in enumerate(problem.orders[order].kit):
            if (order, number) in served:
                continue
            if line.miss_fen is None:
                ledger.violate("part_missing", order=order, engineer=engineer)
            else:
                ledger.charge("parts.second_visit", line.miss_fen)
