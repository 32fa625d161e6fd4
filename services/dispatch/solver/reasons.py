"""Why an order is unassigned: the first question, in the order of the public list, that leaves nobody."""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from .draft import NO_KIT, Draft, Kit
from .insertion import NO_BOUND, best_in_tour
from .kits import kits
from .problem import FOREVER, Ints
from .step import begin, finish, states
from .tables import Tables


def reason(draft: Draft, order: int) -> str:
    """One of the public reasons; true for the draft as it stands, with all stock and time that it uses."""
    everybody = np.ones(draft.problem.engineers, np.bool_)
    return static_reason(draft.tables, order, everybody) or timed_reason(draft, order, draft.tables.allowed(order))


def why_not(draft: Draft, order: int, engineer: int) -> str:
    """The first rule that keeps this engineer from the order."""
    alone = np.zeros(draft.problem.engineers, np.bool_)
    alone[engineer] = True
    own = np.array([engineer], np.int64)
    return static_reason(draft.tables, order, alone) or timed_reason(draft, order, own)


def static_reason(tables: Tables, order: int, fit: NDArray[np.bool_]) -> str | None:
    """The first rule on persons that leaves none of the engineers in `fit`, None when somebody is left."""
    record, problem = tables.orders[order], tables.problem
    fit = fit.copy()
    for skill, level in record.skills:
        fit &= problem.level[:, skill] >= level
    if not fit.any():
        return "skill"
    fit &= problem.certificate[:, list(record.certificates)].all(axis=1)
    if not fit.any():
        return "certificate"
    fit[list(record.excluded)] = False
    if not fit.any():
        return "excluded"
    return "pin" if record.pin_engineer is not None and not fit[record.pin_engineer] else None


def timed_reason(draft: Draft, order: int, engineers: Ints) -> str:
    """The first question about ways, parts and times that leaves no tour of these engineers."""
    own = set(engineers.tolist())
    tours = [t for t, record in enumerate(draft.tables.tours) if record.engineer in own]
    chosen: dict[int, list[Kit]] = {}
    questions: tuple[tuple[str, Callable[[int], bool]], ...] = (
        ("unreachable", lambda tour: _reachable(draft, order, tour)),
        ("part_missing", lambda tour: bool(chosen.setdefault(tour, kits(draft, order, tour)))),
        ("window", lambda tour: _opens(draft, order, tour, chosen[tour])),
        ("shift", lambda tour: _fits_empty(draft, order, tour, chosen[tour])),
        ("reserve", lambda tour: _within_reserve(draft, order, tour)),
    )
    if not tours:
        return "shift"
    for name, holds in questions:
        tours = [tour for tour in tours if holds(tour)]
        if not tours:
            pinned = draft.tables.orders[order].pin_start is not None
            return "pin" if pinned and name in ("window", "shift") else name
    return "price" if any(best_in_tour(draft, order, tour, NO_BOUND) for tour in tours) else "capacity"


def _reachable(draft: Draft, order: int, tour: int) -> bool:
    tables = draft.tables
    start, end = tables.first_place(tour), tables.tours[tour].end_place
    place = tables.orders[order].place
    return bool(tables.seconds[start, place] < FOREVER and tables.seconds[place, end] < FOREVER)


def _alone(draft: Draft, order: int, tour: int, choices: Iterable[Kit]) -> Iterable[int | None]:
    """Price of the order alone in the tour for each kit, None where that is impossible."""
    for kit in choices:
        draft.relief.release[order] = kit.release
        visits = [*(-1 - depot for depot in kit.depots), order]
        found = states(draft.tables, draft.relief, tour, visits)
        draft.relief.release[order] = NO_KIT.release
        yield None if found is None else finish(draft.tables, tour, found[-1])


def _opens(draft: Draft, order: int, tour: int, choices: list[Kit]) -> bool:
    """Some kit lets the work start inside a window, however late the engineer gets home."""
    for kit in choices:
        place, clock, _ = begin(draft.tables, draft.relief, tour)
        ready = max(clock + draft.tables.seconds[place, draft.tables.orders[order].place], kit.release)
        pin = draft.tables.orders[order].pin_start
        if any(ready <= last and (pin is None or ready <= pin) for _, last in draft.tables.orders[order].windows):
            return True
    return False


def _fits_empty(draft: Draft, order: int, tour: int, choices: list[Kit]) -> bool:
    return any(fen is not None for fen in _alone(draft, order, tour, choices))


def _within_reserve(draft: Draft, order: int, tour: int) -> bool:
    record, tables = draft.tables.tours[tour], draft.tables
    room = record.preventive_room
    return not tables.orders[order].preventive or tables.service(order, record.engineer) <= room
