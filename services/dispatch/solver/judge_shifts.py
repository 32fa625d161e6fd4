"""The judge on shifts: when they end, their breaks, nights away, room for orders, work under way."""

from .plan import Route
from .problem import Problem
from .verdict import Ledger


def check_end(problem: Problem, route: Route, ends: int, ledger: Ledger) -> None:
    """The shift's limit, its overtime and its breaks. `ends`: back home, or the end of the last work on a stay."""
    tour = problem.tours[route.tour]
    if ends > tour.limit:
        ledger.violate("shift", engineer=tour.engineer)
    if ends > tour.end:
        ledger.overtime_seconds += ends - tour.end
        ledger.burden[tour.engineer] += ends - tour.end
        ledger.charge_hours("overtime", problem.prices.overtime_fen_per_hour, ends - tour.end)
    during_work = any(start < stop.end and stop.start < end for start, end in route.breaks for stop in route.stops)
    taken = [(start, end - start) for start, end in route.breaks if start >= tour.start]
    missing = any(
        not any(owed.earliest <= start <= owed.latest and length >= owed.seconds for start, length in taken)
        for owed in tour.breaks
        if ends > owed.latest
    )
    if during_work or missing:
        ledger.violate("break", engineer=tour.engineer)


def check_stay(problem: Problem, route: Route, ledger: Ledger) -> int | None:
    """Charge the nights away after this route; returns the tour that begins there."""
    tour = problem.tours[route.tour]
    ledger.nights[tour.engineer] += tour.nights
    ledger.charge("overnight", int(problem.night_fen[tour.engineer]) * tour.nights)
    if tour.nights == 0 or ledger.nights[tour.engineer] > problem.max_nights[tour.engineer]:
        ledger.violate("nights", engineer=tour.engineer)
    return problem.tour_after(route.tour)


def check_frozen(problem: Problem, route: Route, ledger: Ledger) -> None:
    """Work under way opens the route, in its order."""
    tour = problem.tours[route.tour]
    if tuple(stop.order for stop in route.stops[: len(tour.frozen)]) != tour.frozen:
        ledger.violate("frozen", engineer=tour.engineer)


def check_room(problem: Problem, route: Route, ledger: Ledger) -> None:
    """Number of orders, and preventive seconds inside what the reserve leaves; work under way is not counted."""
    tour = problem.tours[route.tour]
    new = [stop for stop in route.stops if stop.order >= 0 and not problem.orders[stop.order].frozen]
    if len(new) > tour.max_orders:
        ledger.violate("max_orders", engineer=tour.engineer)
    preventive = sum(stop.end - stop.start for stop in new if problem.orders[stop.order].preventive)
    if preventive > tour.preventive_room:
        ledger.violate("reserve", engineer=tour.engineer)


def charge_fairness(problem: Problem, ledger: Ledger) -> None:
    """Travel and overtime of the plan above the free amount, history first, once per engineer."""
    prices = problem.prices
    for engineer, seconds in ledger.burden.items():
        before = int(problem.burden[engineer])
        excess = max(0, before + seconds - prices.fairness_free) - max(0, before - prices.fairness_free)
        ledger.charge_hours("fairness", prices.fairness_fen_per_hour, excess)
