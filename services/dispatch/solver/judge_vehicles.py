"""The judge on replacement vehicles: may it, can it, is it there in time, and only once."""

from .judge_driving import arrival
from .plan import Case, Plan
from .problem import Problem
from .verdict import Ledger


def judge_vehicles(problem: Problem, plan: Plan, ledger: Ledger) -> dict[int, tuple[int, int]]:
    """Charge and check the cases. Returns (cargo moves, cargo delivered) by order, vehicles under way included."""
    moved: dict[int, tuple[int, int]] = {}
    busy: set[int] = set()
    for order, record in enumerate(problem.orders):
        if record.cargo and record.cargo.sent:
            sent = record.cargo.sent
            moved[order] = (sent.cargo_at, sent.delivered_at)
            busy.add(sent.vehicle)
    for case in plan.cases:
        if case.vehicle in busy or case.order in moved:
            ledger.violate("vehicle_twice", order=case.order, vehicle=case.vehicle)
        busy.add(case.vehicle)
        if not _fit(problem, case) or not _possible(problem, case):
            ledger.violate("vehicle_unfit", order=case.order, vehicle=case.vehicle)
        moved[case.order] = (case.cargo_at, case.delivered_at)
        ledger.charge("replacement.vehicle", case.fen)
    return moved


def _fit(problem: Problem, case: Case) -> bool:
    order, vehicle = problem.orders[case.order], problem.vehicles[case.vehicle]
    cargo = order.cargo
    if cargo is None:
        return False
    return all(
        (
            cargo.cargo_class in vehicle.classes,
            cargo.coupling == -1 or cargo.coupling in vehicle.couplings,
            cargo.mass_kg <= vehicle.max_mass_kg,
            vehicle.hazard or not cargo.hazard,
            not vehicle.regions or order.region in vehicle.regions,
        )
    )


def _possible(problem: Problem, case: Case) -> bool:
    """Times follow from the drive, the departure lies in a window, the price is the partner's."""
    order, vehicle = problem.orders[case.order], problem.vehicles[case.vehicle]
    if order.cargo is None:
        return False
    legs = ((vehicle.place, order.place), (order.place, order.cargo.destination))
    seconds, metres = zip(*(problem.way(*leg) for leg in legs), strict=True)
    if min(seconds) < 0:
        return False
    there = arrival(problem.pace, case.depart, seconds[0], heavy=vehicle.heavy)
    fen, rest = divmod(vehicle.fen_per_km * sum(metres), 1000)
    return (
        case.depart >= problem.start + vehicle.mobilise
        and any(first <= case.depart <= last for first, last in vehicle.windows)
        and case.cargo_at == there + order.cargo.handover
        and case.delivered_at == arrival(problem.pace, case.cargo_at, seconds[1], heavy=vehicle.heavy)
        and case.fen == vehicle.base_fen + fen + (rest > 0)
    )
