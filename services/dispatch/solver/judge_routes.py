"""The judge on routes: driving, times, skills, locks; one tour after the other, as the engineer lives them."""

from .judge_driving import arrival
from .judge_shifts import check_end, check_frozen, check_room, check_stay
from .plan import Plan, Route, Stop
from .problem import Order, Problem, Tour
from .verdict import Ledger


def judge_routes(problem: Problem, plan: Plan, ledger: Ledger) -> dict[int, tuple[int, int]]:
    """Charge and check every route. Returns (start, end) of the work by order."""
    done: dict[int, tuple[int, int]] = {}
    stays: dict[int, int] = {}
    driven: set[int] = set()
    for route in sorted(plan.routes, key=lambda route: problem.tours[route.tour].start):
        tour = problem.tours[route.tour]
        if route.tour in driven:
            ledger.violate("route_overlap", engineer=tour.engineer)
        driven.add(route.tour)
        for stop in route.stops:
            if stop.order >= 0 and not stop.second:
                done.setdefault(stop.order, (stop.start, stop.end))
            _check_stop(problem, stop, tour.engineer, ledger)
        if not (route.stops or route.stays or route.tour in stays):
            continue
        check_frozen(problem, route, ledger)
        last = _drive(problem, route, stays.pop(route.tour, tour.start_place), ledger)
        check_room(problem, route, ledger)
        if route.stays and (following := check_stay(problem, route, ledger)) is not None:
            stays[following] = last
    for tour_left in stays:  # no route drives home from there
        ledger.violate("nights", engineer=problem.tours[tour_left].engineer)
    return done


def _drive(problem: Problem, route: Route, place: int, ledger: Ledger) -> int:
    """Legs between the stops and home: their price, and whether the stated times leave room for them.

    Returns where the engineer is in the end.
    """
    tour = problem.tours[route.tour]
    free = tour.start
    for stop in route.stops:
        there = _place(problem, stop)
        if stop.order >= 0 and stop.order in tour.frozen:
            place, free = there, max(tour.start, stop.end)  # the way there is sunk
            continue
        if stop.arrival < _arrival(problem, route, free, _leg(problem, place, there, tour, ledger)):
            ledger.violate("route_overlap", order=stop.order, depot=stop.depot, engineer=tour.engineer)
        place, free = there, stop.end
    if not route.stays:
        free = _arrival(problem, route, free, _leg(problem, place, tour.end_place, tour, ledger))
        place = tour.end_place
    check_end(problem, route, free, ledger)
    return place


def _arrival(problem: Problem, route: Route, leaves: int, seconds: int) -> int:
    heavy = bool(problem.heavy[problem.tours[route.tour].engineer])
    return arrival(problem.pace, leaves, seconds, heavy=heavy, pauses=route.breaks)


def _leg(problem: Problem, origin: int, target: int, tour: Tour, ledger: Ledger) -> int:
    seconds, metres = problem.way(origin, target)
    if seconds < 0:
        ledger.violate("unreachable", engineer=tour.engineer)
        return 0
    metres = max(metres, 0)
    ledger.travel_seconds += seconds
    ledger.travel_metres += metres
    ledger.burden[tour.engineer] += seconds
    ledger.charge_hours("travel.time", problem.prices.travel_fen_per_hour, seconds)
    fen, rest = divmod(problem.prices.distance_fen_per_km * metres, 1000)
    ledger.charge("travel.distance", fen + (rest > 0))
    return seconds


def _place(problem: Problem, stop: Stop) -> int:
    return problem.orders[stop.order].place if stop.order >= 0 else problem.depots[stop.depot].place


def _check_stop(problem: Problem, stop: Stop, engineer: int, ledger: Ledger) -> None:
    if stop.order < 0:
        _check_pickup(problem, stop, engineer, ledger)
    elif (frozen := problem.orders[stop.order].frozen) is not None:
        who = frozen.second if stop.second else frozen.engineer
        if (engineer, stop.start, stop.end) != (who, frozen.start, frozen.until):
            ledger.violate("frozen", order=stop.order, engineer=engineer)
    elif stop.second:
        _check_second(problem, stop, engineer, ledger)
    else:
        _check_lead(problem, stop, engineer, ledger)


def _check_lead(problem: Problem, stop: Stop, engineer: int, ledger: Ledger) -> None:
    """Everything that one appointment must keep, and the price of the pair."""
    order = problem.orders[stop.order]
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
    ledger.violate_all(broken, order=stop.order, engineer=engineer)
    spare = sum(max(have - need, 0) for have, (_, need) in zip(levels, order.skills, strict=True))
    ledger.charge("skill.excess", problem.prices.skill_excess_fen * spare)
    _charge_labour(problem, order, engineer, service, ledger)
    if order.published is not None:
        _charge_change(problem, order.published.engineer, order.published.start, engineer, stop.start, ledger)


def _check_second(problem: Problem, stop: Stop, engineer: int, ledger: Ledger) -> None:
    """The second of a crew: own skills, own way, own labour; the rest is the lead's."""
    order = problem.orders[stop.order]
    broken = {
        "times": stop.start < stop.arrival,
        "skill": any(problem.level[engineer, skill] < need for skill, need in order.second_skills),
        "excluded": engineer in order.excluded,
        "pin": order.pin_second not in (None, engineer),
    }
    ledger.violate_all(broken, order=stop.order, engineer=engineer)
    _charge_labour(problem, order, engineer, stop.end - stop.start, ledger)
    if order.published is not None and order.published.second is not None:
        _charge_change(problem, order.published.second, order.published.start, engineer, stop.start, ledger)


def _charge_labour(problem: Problem, order: Order, engineer: int, service: int, ledger: Ledger) -> None:
    rate = problem.prices.labour_fen_per_hour
    ledger.charge_hours("labour", rate, service)
    if order.region >= 0 and not problem.home_region[engineer, order.region]:
        surplus = rate * service * (int(problem.cross_permille[engineer]) - 1000)
        ledger.charge("labour.cross_region", surplus // 3_600_000 + (surplus % 3_600_000 > 0))


def _charge_change(problem: Problem, before: int, told: int, engineer: int, start: int, ledger: Ledger) -> None:
    """`before`: the engineer who was to come at `told`."""
    if before != engineer:
        ledger.charge("change.engineer", problem.prices.change_engineer_fen)
    elif abs(start - told) > problem.prices.change_tolerance:
        ledger.charge("change.time", problem.prices.change_time_fen)


def _check_pickup(problem: Problem, stop: Stop, engineer: int, ledger: Ledger) -> None:
    depot = problem.depots[stop.depot]
    if stop.start < stop.arrival or stop.end != stop.start + depot.pickup:
        ledger.violate("times", depot=stop.depot, engineer=engineer)
    if not any(first <= stop.start <= last for first, last in depot.windows):
        ledger.violate("depot_closed", depot=stop.depot, engineer=engineer)
    if depot.fee_fen:
        ledger.charge("parts.courier", depot.fee_fen)
