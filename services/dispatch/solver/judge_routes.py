"""The judge on routes: driving, times, shifts, skills, locks."""

import math

from .plan import Plan, Route, Stop
from .problem import Order, Problem, Tour
from .verdict import Ledger


def judge_routes(problem: Problem, plan: Plan, ledger: Ledger) -> dict[int, tuple[int, int]]:
    """Charge and check every route. Returns (start, end) of the work by order."""
    done: dict[int, tuple[int, int]] = {}
    driven: set[int] = set()
    for route in plan.routes:
        engineer = problem.tours[route.tour].engineer
        if route.tour in driven:
            ledger.violate("route_overlap", engineer=engineer)
        driven.add(route.tour)
        for stop in route.stops:
            if stop.order >= 0:
                done.setdefault(stop.order, (stop.start, stop.end))
                _check_order(problem, stop, engineer, ledger)
            else:
                _check_pickup(problem, stop, engineer, ledger)
        if route.stops:
            _check_frozen(problem, route, ledger)
            _drive(problem, route, ledger)
            _check_room(problem, route, ledger)
    return done


def _drive(problem: Problem, route: Route, ledger: Ledger) -> None:
    """Legs between the stops and home: their price, and whether the stated times leave room for them."""
    tour = problem.tours[route.tour]
    place, free = tour.start_place, tour.start
    for stop in route.stops:
        there = _place(problem, stop)
        if stop.order >= 0 and stop.order in tour.frozen:
            place, free = there, max(tour.start, stop.end)  # the way there is sunk
            continue
        seconds = _leg(problem, place, there, tour, ledger)
        if stop.arrival < free + seconds:
            ledger.violate("route_overlap", order=stop.order, depot=stop.depot, engineer=tour.engineer)
        place, free = there, stop.end
    home = free + _leg(problem, place, tour.end_place, tour, ledger)
    if home > tour.limit:
        ledger.violate("shift", engineer=tour.engineer)
    if home > tour.end:
        ledger.overtime_seconds += home - tour.end
        rate = problem.prices.overtime_fen_per_hour
        ledger.charge("overtime", _hourly(rate, home - tour.end))


def _leg(problem: Problem, origin: int, target: int, tour: Tour, ledger: Ledger) -> int:
    seconds, metres = int(problem.seconds[origin, target]), int(problem.metres[origin, target])
    if seconds < 0:
        ledger.violate("unreachable", engineer=tour.engineer)
        return 0
    metres = max(metres, 0)
    ledger.travel_seconds += seconds
    ledger.travel_metres += metres
    ledger.charge("travel.time", _hourly(problem.prices.travel_fen_per_hour, seconds))
    fen, rest = divmod(problem.prices.distance_fen_per_km * metres, 1000)
    ledger.charge("travel.distance", fen + (rest > 0))
    return seconds


def _hourly(fen_per_hour: int, seconds: int) -> int:
    fen, rest = divmod(fen_per_hour * seconds, 3600)
    return fen + (rest > 0)


def _place(problem: Problem, stop: Stop) -> int:
    return problem.orders[stop.order].place if stop.order >= 0 else problem.depots[stop.depot].place


def _check_order(problem: Problem, stop: Stop, engineer: int, ledger: Ledger) -> None:
    """Everything that one appointment must keep, and the price of the pair."""
    order = problem.orders[stop.order]
    if order.frozen:
        if (engineer, stop.start, stop.end) != (order.frozen.engineer, order.frozen.start, order.frozen.until):
            ledger.violate("frozen", order=stop.order, engineer=engineer)
        return
    levels = [int(problem.level[engineer, skill]) for skill, _ in order.skills]
    service = order.service[levels[0]] if levels else order.service[0]
    broken = {
        "times": stop.start < stop.arrival or stop.end != stop.start + service,
        "time_window": not any(first <= stop.start <= last for first, last in order.windows),
        "skill": any(have < need for have, (_, need) in zip(levels, order.skills, strict=True)),
        "certificate": not all(problem.certificate[engineer, name] for name in order.certificates),
        "excluded": engineer in order.excluded,
        "pin": order.pin_engineer not in (None, engineer) or order.pin_start not in (None, stop.start),
    }
    for rule, is_broken in broken.items():
        if is_broken:
            ledger.violate(rule, order=stop.order, engineer=engineer)
    spare = sum(max(have - need, 0) for have, (_, need) in zip(levels, order.skills, strict=True))
    ledger.charge("skill.excess", problem.prices.skill_excess_fen * spare)
    _charge_labour(problem, order, engineer, service, ledger)
    _charge_change(problem, order, engineer, stop.start, ledger)


def _charge_labour(problem: Problem, order: Order, engineer: int, service: int, ledger: Ledger) -> None:
    rate = problem.prices.labour_fen_per_hour
    ledger.charge("labour", _hourly(rate, service))
    if order.region >= 0 and not problem.home_region[engineer, order.region]:
        surplus = rate * service * (int(problem.cross_permille[engineer]) - 1000)
        ledger.charge("labour.cross_region", surplus // 3_600_000 + (surplus % 3_600_000 > 0))


def _charge_change(problem: Problem, order: Order, engineer: int, start: int, ledger: Ledger) -> None:
    if order.published is None:
        return
    before, told = order.published
    if before != engineer:
        ledger.charge("change.engineer", problem.prices.change_engineer_fen)
    elif math.fabs(start - told) > problem.prices.change_tolerance:
        ledger.charge("change.time", problem.prices.change_time_fen)


def _check_pickup(problem: Problem, stop: Stop, engineer: int, ledger: Ledger) -> None:
    depot = problem.depots[stop.depot]
    if stop.start < stop.arrival or stop.end != stop.start + depot.pickup:
        ledger.violate("times", depot=stop.depot, engineer=engineer)
    if not any(first <= stop.start <= last for first, last in depot.windows):
        ledger.violate("depot_closed", depot=stop.depot, engineer=engineer)


def _check_frozen(problem: Problem, route: Route, ledger: Ledger) -> None:
    """Work under way opens the route, in its order."""
    tour = problem.tours[route.tour]
    if tuple(stop.order for stop in route.stops[: len(tour.frozen)]) != tour.frozen:
        ledger.violate("frozen", engineer=tour.engineer)


def _check_room(problem: Problem, route: Route, ledger: Ledger) -> None:
    """Number of orders, and preventive seconds inside what the reserve leaves; work under way is not counted."""
    tour = problem.tours[route.tour]
    new = [stop for stop in route.stops if stop.order >= 0 and not problem.orders[stop.order].frozen]
    if len(new) > tour.max_orders:
        ledger.violate("max_orders", engineer=tour.engineer)
    preventive = sum(stop.end - stop.start for stop in new if problem.orders[stop.order].preventive)
    if preventive > tour.preventive_room:
        ledger.violate("reserve", engineer=tour.engineer)
