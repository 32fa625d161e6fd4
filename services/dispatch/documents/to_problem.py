"""From a problem document to the solver's arrays; checks that the document does not contradict itself."""

import itertools
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

import numpy as np

from ..solver import problem as solver
from ..solver.problem import FOREVER, ProblemError, Span
from .names import Names, find
from .order_records import courier_to, order_record
from .problem import ProblemDocument
from .resources import Expert, ReplacementVehicle, Window
from .tour_records import tour_records
from .travel import Way
from .travel_matrices import matrices


def to_problem(document: ProblemDocument) -> solver.Problem:
    """The problem in indices.

    Raises ProblemError for a missing travel matrix, an unknown or repeated id, or a contradiction.
    """
    names = Names.of(document)
    seconds, metres, blocks = matrices(document, names)
    way = blocks.way if blocks else lambda a, b: (int(seconds[a, b]), int(metres[a, b]))
    pace = _pace(document)
    orders = tuple(order_record(document, names, index, way) for index in range(len(document.orders)))
    _refuse_circles(orders)
    engineers = document.engineers
    level = np.zeros((len(engineers), len(names.skills)), np.int64)
    certificate = np.zeros((len(engineers), len(names.certificates)), np.bool_)
    home = np.zeros((len(engineers), len(names.regions)), np.bool_)
    for row, engineer in enumerate(engineers):
        for skill, value in engineer.skills.items():
            level[row, names.skills[skill]] = value
        certificate[row, [names.certificates[name] for name in engineer.certificates]] = True
        home[row, [names.regions[name] for name in engineer.regions]] = True
        home[row] |= not engineer.regions
    return solver.Problem(
        start=document.horizon.start,
        end=document.horizon.end,
        prices=_prices(document),
        seconds=seconds,
        metres=metres,
        level=level,
        certificate=certificate,
        home_region=home,
        cross_permille=np.array([e.cross_region_permille for e in engineers], np.int64),
        stock=_stock(document, names),
        tours=tour_records(document, names, orders, way, pace),
        depots=tuple(_depot(document, names, index, way) for index in range(len(document.depots))),
        orders=orders,
        vehicles=tuple(
            _vehicle(vehicle, names, f"/replacement_vehicles/{i}")
            for i, vehicle in enumerate(document.replacement_vehicles)
        ),
        heavy=np.array([e.heavy for e in engineers], np.bool_),
        night_fen=np.array([e.overnight.fen_per_night if e.overnight else 0 for e in engineers], np.int64),
        max_nights=np.array([e.overnight.max_nights if e.overnight else 0 for e in engineers], np.int64),
        burden=np.array([e.burden_seconds for e in engineers], np.int64),
        experts=tuple(_expert(expert, names, f"/experts/{i}") for i, expert in enumerate(document.experts)),
        pace=pace,
        blocks=blocks,
    )


def spans(windows: list[Window], pointer: str) -> tuple[Span, ...]:
    """Windows in order of time. Raises ProblemError when one ends before it starts."""
    for index, window in enumerate(windows):
        if window.end < window.start:
            raise ProblemError(f"{pointer}/{index}/end", "let it be no earlier than the start")
    return tuple(sorted((window.start, window.end) for window in windows))


def _pace(document: ProblemDocument) -> solver.Pace:
    """Factors and bans in order of time. Raises ProblemError when factors overlap: which would hold?"""
    travel = document.travel
    if travel is None:
        return solver.Pace()
    windows = [factor.window for factor in travel.factors]
    spans(windows, "/travel/factors")
    factors = sorted((f.window.start, f.window.end, f.permille) for f in travel.factors)
    for (_, end, _), (start, _, _) in itertools.pairwise(factors):
        if start < end:
            raise ProblemError("/travel/factors", f"two hold at second {start}; let every window end before the next")
    return solver.Pace(tuple(factors), spans(travel.bans, "/travel/bans"))


def _refuse_circles(orders: tuple[solver.Order, ...]) -> None:
    """Raises ProblemError when an order waits, over others, for itself."""
    waits = {index: [link.order for link in order.links] for index, order in enumerate(orders) if order.links}
    try:
        tuple(TopologicalSorter(waits).static_order())
    except CycleError as circle:
        raise ProblemError(f"/orders/{circle.args[1][0]}/links", "wait for each other in a circle; open it") from None


def _prices(document: ProblemDocument) -> solver.Prices:
    price = document.price
    return solver.Prices(
        travel_fen_per_hour=price.travel_fen_per_hour,
        distance_fen_per_km=price.distance_fen_per_km,
        labour_fen_per_hour=price.labour_fen_per_hour,
        overtime_fen_per_hour=price.overtime_fen_per_hour,
        skill_excess_fen=price.skill_excess_fen_per_level,
        second_visit_fen=price.second_visit_fen,
        change_engineer_fen=price.change_engineer_fen,
        change_time_fen=price.change_time_fen,
        change_tolerance=price.change_time_tolerance_seconds,
        fairness_fen_per_hour=price.fairness_fen_per_hour,
        fairness_free=price.fairness_free_seconds,
    )


def _stock(document: ProblemDocument, names: Names) -> solver.Ints:
    shelves = [e.van_stock for e in document.engineers] + [d.stock for d in document.depots]
    stock = np.zeros((len(shelves), len(names.parts)), np.int64)
    for row, shelf in enumerate(shelves):
        for part, quantity in shelf.items():
            stock[row, names.parts[part]] = quantity
    return stock


def _depot(document: ProblemDocument, names: Names, index: int, way: Way) -> solver.Depot:
    depot, pointer = document.depots[index], f"/depots/{index}"
    windows = spans(depot.open_windows, f"{pointer}/open_windows") or ((-FOREVER, FOREVER),)
    place = find(names.places, depot.place, f"{pointer}/place", "place")
    shelf = solver.Depot(place=place, pickup=depot.pickup_seconds, windows=windows)
    if depot.parcels_from is None:
        return shelf
    sender = find(names.depots, depot.parcels_from, f"{pointer}/parcels_from", "depot")
    if document.depots[sender].courier is None:
        raise ProblemError(f"{pointer}/parcels_from", "name a depot that has a courier")
    for member in ("stock", "courier"):
        if getattr(depot, member):
            raise ProblemError(f"{pointer}/{member}", "leave it out: a counter hands out what `parcels_from` sends")
    parcel = courier_to(document, names, sender, place, way)
    if parcel is None:
        return shelf  # which stays empty
    there = parcel.arrives_at
    windows = tuple((max(first, there), last) for first, last in windows if last >= there)
    return replace(shelf, windows=windows, parcels_from=sender, fee_fen=parcel.fee_fen)


def _vehicle(vehicle: ReplacementVehicle, names: Names, pointer: str) -> solver.Vehicle:
    return solver.Vehicle(
        place=find(names.places, vehicle.place, f"{pointer}/place", "place"),
        classes=frozenset(names.classes[name] for name in vehicle.classes),
        couplings=frozenset(names.couplings[name] for name in vehicle.couplings),
        max_mass_kg=vehicle.max_mass_kg,
        hazard=vehicle.hazard,
        regions=frozenset(names.regions[name] for name in vehicle.regions),
        base_fen=vehicle.base_fen,
        fen_per_km=vehicle.fen_per_km,
        mobilise=vehicle.mobilise_seconds,
        windows=spans(vehicle.windows, f"{pointer}/windows") or ((-FOREVER, FOREVER),),
        heavy=vehicle.heavy,
    )


def _expert(expert: Expert, names: Names, pointer: str) -> solver.Expert:
    return solver.Expert(
        level={names.skills[skill]: level for skill, level in expert.skills.items()},
        windows=spans(expert.windows, f"{pointer}/windows") or ((-FOREVER, FOREVER),),
        sessions=expert.sessions,
        fen_per_hour=expert.fen_per_hour,
    )
