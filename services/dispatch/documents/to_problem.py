"""From a problem document to the solver's arrays; checks that the document does not contradict itself."""

from dataclasses import replace

import numpy as np

from ..solver import problem as solver
from ..solver.problem import FOREVER, ProblemError, Span
from .names import Names, find
from .order_records import order_record
from .problem import ProblemDocument
from .resources import Depot, Engineer, ReplacementVehicle, Shift, Window
from .travel import MATRIX_PLACES


def to_problem(document: ProblemDocument) -> solver.Problem:
    """The problem in indices.

    Raises ProblemError for a missing travel matrix, an unknown or repeated id, a contradiction, or a member
    of "Not planned yet" that asks for something.
    """
    names = Names.of(document)
    seconds, metres = _matrices(document)
    orders = tuple(order_record(document, names, index, seconds) for index in range(len(document.orders)))
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
        tours=_tours(document, names, orders, seconds),
        depots=tuple(_depot(depot, names, f"/depots/{i}") for i, depot in enumerate(document.depots)),
        orders=orders,
        vehicles=tuple(
            _vehicle(vehicle, names, f"/replacement_vehicles/{i}")
            for i, vehicle in enumerate(document.replacement_vehicles)
        ),
    )


def spans(windows: list[Window], pointer: str) -> tuple[Span, ...]:
    """Windows in order of time. Raises ProblemError when one ends before it starts."""
    for index, window in enumerate(windows):
        if window.end < window.start:
            raise ProblemError(f"{pointer}/{index}/end", "let it be no earlier than the start")
    return tuple(sorted((window.start, window.end) for window in windows))


def _matrices(document: ProblemDocument) -> tuple[solver.Ints, solver.Ints]:
    travel, size = document.travel, len(document.places)
    if travel is None:
        raise ProblemError("/travel", "is missing; give both matrices, in the order of places")
    if size > MATRIX_PLACES:
        raise ProblemError("/places", f"at most {MATRIX_PLACES} fit one matrix; split by territory")
    for member in ("factors", "bans"):
        if getattr(travel, member):
            raise ProblemError(f"/travel/{member}", "is not planned yet; leave it out")
    pair = []
    for member in ("seconds", "metres"):
        matrix = getattr(travel, member)
        if matrix.shape != (size, size):
            rows, columns = matrix.shape
            raise ProblemError(f"/travel/{member}", f"is {rows} x {columns}; give a row and a column per place: {size}")
        pair.append(matrix.astype(np.int64))
    return pair[0], pair[1]


def _prices(document: ProblemDocument) -> solver.Prices:
    price = document.price
    if price.fairness_fen_per_hour:
        raise ProblemError("/price/fairness_fen_per_hour", "is not planned yet; leave it at 0")
    return solver.Prices(
        travel_fen_per_hour=price.travel_fen_per_hour,
        distance_fen_per_km=price.distance_fen_per_km,
        labour_fen_per_hour=price.labour_fen_per_hour,
        overtime_fen_per_hour=price.overtime_fen_per_hour,
        skill_excess_fen=price.skill_excess_fen_per_level,
        change_engineer_fen=price.change_engineer_fen,
        change_time_fen=price.change_time_fen,
        change_tolerance=price.change_time_tolerance_seconds,
    )


def _stock(document: ProblemDocument, names: Names) -> solver.Ints:
    shelves = [e.van_stock for e in document.engineers] + [d.stock for d in document.depots]
    stock = np.zeros((len(shelves), len(names.parts)), np.int64)
    for row, shelf in enumerate(shelves):
        for part, quantity in shelf.items():
            stock[row, names.parts[part]] = quantity
    return stock


def _tours(
    document: ProblemDocument, names: Names, orders: tuple[solver.Order, ...], seconds: solver.Ints
) -> tuple[solver.Tour, ...]:
    tours = []
    for index, engineer in enumerate(document.engineers):
        pointer = f"/engineers/{index}"
        if engineer.overnight is not None:
            raise ProblemError(f"{pointer}/overnight", "is not planned yet; leave it out")
        underway = [o for o, r in enumerate(orders) if r.frozen and r.frozen.engineer == index]
        shares = _frozen_by_shift(engineer, orders, underway, pointer)
        last = -FOREVER
        for number, shift in enumerate(engineer.shifts):
            tour = _tour(document, names, index, number, shares[number])
            if tour.start < last:
                raise ProblemError(f"{pointer}/shifts/{number}/start", "overlaps the shift before; sort them")
            last = shift.overtime_until or shift.end
            tours.append(_stretched(tour, orders, seconds))
    return tuple(tours)


def _frozen_by_shift(
    engineer: Engineer, orders: tuple[solver.Order, ...], underway: list[int], pointer: str
) -> list[list[int]]:
    """Work under way belongs to the last shift that begins before it, else to the first."""
    shares: list[list[int]] = [[] for _ in engineer.shifts]
    if underway and not shares:
        raise ProblemError(f"{pointer}/shifts", "has work under way but no shift; give the one it belongs to")
    for order in sorted(underway, key=lambda o: orders[o].frozen.start):  # type: ignore[union-attr]
        start = orders[order].frozen.start  # type: ignore[union-attr]
        begun = [n for n, shift in enumerate(engineer.shifts) if shift.start <= start]
        shares[begun[-1] if begun else 0].append(order)
    return shares


def _tour(document: ProblemDocument, names: Names, engineer: int, number: int, frozen: list[int]) -> solver.Tour:
    record = document.engineers[engineer]
    shift: Shift = record.shifts[number]
    pointer = f"/engineers/{engineer}/shifts/{number}"
    limit = shift.end if shift.overtime_until is None else shift.overtime_until
    if shift.breaks:
        raise ProblemError(f"{pointer}/breaks", "is not planned yet; leave it out")
    if shift.end < shift.start or limit < shift.end:
        raise ProblemError(pointer, "let start, end and overtime_until follow each other")
    start_place, end_place = shift.start_place or record.start_place, shift.end_place or record.end_place
    most = FOREVER if record.max_orders is None else record.max_orders
    return solver.Tour(
        engineer=engineer,
        shift=number,
        start_place=find(names.places, start_place, f"{pointer}/start_place", "place"),
        end_place=find(names.places, end_place, f"{pointer}/end_place", "place"),
        start=max(shift.start, document.horizon.start),
        end=shift.end,
        limit=min(limit, document.horizon.end),
        max_orders=max(0, most - len(frozen)),
        preventive_room=max(0, shift.end - shift.start - shift.reserve_seconds),
        frozen=tuple(frozen),
    )


def _stretched(tour: solver.Tour, orders: tuple[solver.Order, ...], seconds: solver.Ints) -> solver.Tour:
    """The tour with its limit moved so that work under way and the drive home are never a violation."""
    if not tour.frozen:
        return tour
    places = [orders[order].place for order in tour.frozen]
    until = max(record.until for o in tour.frozen if (record := orders[o].frozen))
    home = int(seconds[places[-1], tour.end_place])
    return replace(tour, limit=max(tour.limit, until + max(home, 0)))


def _depot(depot: Depot, names: Names, pointer: str) -> solver.Depot:
    windows = spans(depot.open_windows, f"{pointer}/open_windows") or ((-FOREVER, FOREVER),)
    place = find(names.places, depot.place, f"{pointer}/place", "place")
    return solver.Depot(place=place, pickup=depot.pickup_seconds, windows=windows)


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
    )
