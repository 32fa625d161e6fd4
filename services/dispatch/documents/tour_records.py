"""From the shifts of the document to the solver's tours.

The limit of a tour with work under way is what the judge will count on the way home, so it is asked of his driving.
"""

from dataclasses import replace

from ..solver import problem as solver
from ..solver.judge_driving import arrival
from ..solver.problem import FOREVER, ProblemError
from .names import Names, find
from .problem import ProblemDocument
from .resources import Engineer, Shift
from .travel import Way

DAY = 86_400


def tour_records(
    document: ProblemDocument,
    names: Names,
    orders: tuple[solver.Order, ...],
    way: Way,
    pace: solver.Pace,
) -> tuple[solver.Tour, ...]:
    """One tour per shift, engineer by engineer. Raises ProblemError where shifts or breaks contradict each other."""
    tours, underway = [], _underway(orders)
    for index, engineer in enumerate(document.engineers):
        pointer = f"/engineers/{index}"
        shares = _frozen_by_shift(engineer, orders, underway.get(index, []), pointer)
        last = -FOREVER
        for number, shift in enumerate(engineer.shifts):
            tour = _tour(document, names, index, number, shares[number])
            if tour.start < last:
                raise ProblemError(f"{pointer}/shifts/{number}/start", "overlaps the shift before; sort them")
            last = shift.overtime_until or shift.end
            tours.append(_lived(tour, orders, way, pace, heavy=engineer.heavy))
    return tuple(tours)


def _underway(orders: tuple[solver.Order, ...]) -> dict[int, list[int]]:
    """Orders under way by engineer, lead or second."""
    found: dict[int, list[int]] = {}
    for index, order in enumerate(orders):
        if order.frozen:
            for engineer in {order.frozen.engineer, order.frozen.second} - {-1}:
                found.setdefault(engineer, []).append(index)
    return found


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
        breaks=_breaks(shift, pointer),
        nights=_nights(record, number),
    )


def _breaks(shift: Shift, pointer: str) -> tuple[solver.Break, ...]:
    """Breaks in order of time; none can run into the next."""
    found: list[solver.Break] = []
    for number, entry in enumerate(shift.breaks):
        at = f"{pointer}/breaks/{number}"
        if entry.latest < entry.earliest:
            raise ProblemError(f"{at}/latest", "let it be no earlier than earliest")
        if found and entry.earliest < found[-1].latest + found[-1].seconds:
            raise ProblemError(f"{at}/earliest", "let it be no earlier than the end of the break before; sort them")
        found.append(solver.Break(entry.earliest, entry.latest, entry.seconds))
    return tuple(found)


def _nights(engineer: Engineer, number: int) -> int:
    """Nights between this shift and the next: one per begun day; 0 without leave or without a next shift."""
    if engineer.overnight is None or number + 1 == len(engineer.shifts):
        return 0
    gap = engineer.shifts[number + 1].start - engineer.shifts[number].end
    return max(1, -(-gap // DAY))


def _lived(
    tour: solver.Tour, orders: tuple[solver.Order, ...], way: Way, pace: solver.Pace, *, heavy: bool
) -> solver.Tour:
    """The tour without the breaks that can no longer be owed, and with its limit moved so that work under way, the
    breaks after it and the drive home, from the shift's start on, are never a violation. Where no way leads home from
    there it ends there."""
    if not tour.frozen:
        started = (b for b in tour.breaks if tour.start <= b.latest and tour.start < b.earliest + b.seconds)
        return replace(tour, breaks=tuple(started))
    place = orders[tour.frozen[-1]].place
    until = max(record.until for o in tour.frozen if (record := orders[o].frozen))
    breaks = tuple(b for b in tour.breaks if until <= b.latest)
    seconds = way(place, tour.end_place)[0]
    end_place = tour.end_place if seconds >= 0 else place
    home = arrival(pace, max(tour.start, until), max(seconds, 0), heavy=heavy)
    rest = sum(b.seconds for b in breaks)
    return replace(tour, end_place=end_place, breaks=breaks, limit=max(tour.limit, home + rest))
