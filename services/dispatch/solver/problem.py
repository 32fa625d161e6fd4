"""The dispatch problem as the engines and the judge see it: indices, int64, immutable, validated once.

Units: instants and durations in seconds, money in fen, distances in metres. Every index is a position in the
tuple or axis that it names. A *tour* is one shift of one engineer. *Stock places* are the engineers' vans
(0 .. E-1) followed by the depots (E .. E+D-1).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .blocks import Blocks, Matrix

FOREVER = 2**40
"""An instant after everything; stands for "no limit"."""

Ints = NDArray[np.int64]
Span = tuple[int, int]
"""(first, last) instant; both belong to it."""


class ProblemError(ValueError):
    """The problem contradicts itself. `pointer` is the JSON pointer of the member, `cure` says what to do."""

    def __init__(self, pointer: str, cure: str) -> None:
        super().__init__(f"{pointer}: {cure}")
        self.pointer = pointer
        self.cure = cure


@dataclass(frozen=True, slots=True)
class Prices:
    """See the `price` block of docs/reference/problem-format.md."""

    travel_fen_per_hour: int
    distance_fen_per_km: int
    labour_fen_per_hour: int
    overtime_fen_per_hour: int
    skill_excess_fen: int
    second_visit_fen: int
    change_engineer_fen: int
    change_time_fen: int
    change_tolerance: int
    fairness_fen_per_hour: int
    fairness_free: int


class Clock(NamedTuple):
    """Free until `due`; stops at the end of the work if `at_end`, else at its start; `rule`: its public id."""

    rule: str
    due: int
    fen_per_hour: int
    breach_fen: int
    cap_fen: int
    at_end: bool
    or_cargo: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """A kit line brought to the site from `depot` (index of a depot, not of a stock place)."""

    kind: str
    depot: int
    arrives_at: int
    fee_fen: int


@dataclass(frozen=True, slots=True)
class Line:
    """`parts`: acceptable parts, preferred first. `miss_fen`: price of going without, None: must be there."""

    parts: tuple[int, ...]
    quantity: int
    miss_fen: int | None
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Cargo:
    """`clock` prices the late delivery; `drive` is the truck's own way to the destination (None: no way)."""

    cargo_class: int
    coupling: int
    mass_kg: int
    hazard: bool
    destination: int
    handover: int
    drive: int | None
    clock: Clock | None
    sent: "Sent | None"


@dataclass(frozen=True, slots=True)
class Sent:
    """A replacement vehicle that is already on its way; its price is sunk."""

    vehicle: int
    cargo_at: int
    delivered_at: int


@dataclass(frozen=True, slots=True)
class Frozen:
    """Work under way: engineers, start and end stay as they are; only its clocks and cargo are priced.

    `second`: the second engineer, -1 when there is none.
    """

    engineer: int
    start: int
    until: int
    second: int = -1


class Told(NamedTuple):
    """What was published: who comes when. -1 stands for somebody who has left; `second` None: no second was told."""

    engineer: int
    start: int
    second: int | None = None


class Link(NamedTuple):
    """Starts `gap` seconds or more after `order` starts, or after it ends when `at_end`."""

    order: int
    at_end: bool
    gap: int


@dataclass(frozen=True, slots=True)
class Order:
    """One appointment to plan. `service[k]`: seconds for level k in the first skill (0: no skill asked).

    `crew`: engineers who work on it together, 1 or 2; `second_skills` is asked of the second, and a person may have
    fixed him (`pin_second`). `expert`: (skill, level) of an expert who joins from afar, None when nobody has to.
    """

    place: int
    region: int
    preventive: bool
    service: tuple[int, int, int, int, int, int]
    skills: tuple[tuple[int, int], ...]
    certificates: tuple[int, ...]
    windows: tuple[Span, ...]
    clocks: tuple[Clock, ...]
    kit: tuple[Line, ...]
    cargo: Cargo | None
    drop_fen: int
    pin_engineer: int | None
    pin_start: int | None
    pin_second: int | None
    frozen: Frozen | None
    published: Told | None
    excluded: frozenset[int]
    crew: int
    second_skills: tuple[tuple[int, int], ...]
    expert: tuple[int, int] | None
    links: tuple[Link, ...]

    @property
    def is_fixed(self) -> bool:
        """A person fixed an engineer or the start: it is planned at any price."""
        return not (self.pin_engineer is None and self.pin_start is None and self.pin_second is None)


class Break(NamedTuple):
    """A pause of `seconds` that starts inside [earliest, latest]; owed by a tour that ends after `latest`."""

    earliest: int
    latest: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Tour:
    """One shift. `frozen`: orders under way, in order; they come first. `limit`: the last possible return.

    `breaks`: those that a tour owes if it ends after their `latest`, in order, not overlapping; breaks that lie before
    the tour can begin are left out. `nights`: paid when the engineer stays where this tour ends until the
    next one, 0 when there is no next one or no leave to stay.
    """

    engineer: int
    shift: int
    start_place: int
    end_place: int
    start: int
    end: int
    limit: int
    max_orders: int
    preventive_room: int
    frozen: tuple[int, ...]
    breaks: tuple[Break, ...]
    nights: int


@dataclass(frozen=True, slots=True)
class Depot:
    """A shelf where parts can be picked up inside `windows` in `pickup` seconds; each stop there costs `fee_fen`.

    `parcels_from`: the depot that sends its pieces here, which has the stock; -1 for a shelf with stock of its own.
    """

    place: int
    pickup: int
    windows: tuple[Span, ...]
    parcels_from: int = -1
    fee_fen: int = 0


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A replacement vehicle; `regions` empty means everywhere."""

    place: int
    classes: frozenset[int]
    couplings: frozenset[int]
    max_mass_kg: int
    hazard: bool
    regions: frozenset[int]
    base_fen: int
    fen_per_km: int
    mobilise: int
    windows: tuple[Span, ...]
    heavy: bool


@dataclass(frozen=True, slots=True)
class Expert:
    """Joins work from afar: `level` by skill index, inside `windows`, at most `sessions` at once."""

    level: dict[int, int]
    windows: tuple[Span, ...]
    sessions: int
    fen_per_hour: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast driving goes over the day: `factors` are (start, end, permille), not overlapping, in order of time;
    `bans` are spans in which heavy vehicles stand. Spans here hold [start, end): the end is the first instant after.
    """

    factors: tuple[tuple[int, int, int], ...] = ()
    bans: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Problem:
    """Everything that a plan depends on.

    `seconds`, `metres`: [place, place], -1 = no way; empty when `blocks` has the ways instead. `level`:
    [engineer, skill], 0 = lacks it. `certificate`: [engineer, certificate]. `home_region`: [engineer, region]. `stock`:
    [stock place, part]. By engineer: `cross_permille`; `heavy`, whether bans hold for the van; `night_fen` and
    `max_nights` away from home; `burden`, seconds of travel and overtime before this plan.
    """

    start: int
    end: int
    prices: Prices
    seconds: Matrix
    metres: Matrix
    level: Ints
    certificate: NDArray[np.bool_]
    home_region: NDArray[np.bool_]
    cross_permille: Ints
    stock: Ints
    tours: tuple[Tour, ...]
    depots: tuple[Depot, ...]
    orders: tuple[Order, ...]
    vehicles: tuple[Vehicle, ...]
    heavy: NDArray[np.bool_]
    night_fen: Ints
    max_nights: Ints
    burden: Ints
    experts: tuple[Expert, ...]
    pace: Pace
    blocks: Blocks | None = None

    def __post_init__(self) -> None:
        _check_matrix("/travel/seconds", self.seconds)
        _check_matrix("/travel/metres", self.metres)
        if self.seconds.shape != self.metres.shape:
            raise ProblemError("/travel/metres", "give it the shape of /travel/seconds")
        if self.end < self.start:
            raise ProblemError("/horizon/end", "let it be no earlier than /horizon/start")
        if (self.stock < 0).any():
            raise ProblemError("/depots", "stock is never negative")
        for array in (self.seconds, self.metres, self.level, self.certificate, self.home_region, self.stock):
            array.setflags(write=False)

    def way(self, origin: int, target: int) -> tuple[int, int]:
        """(seconds, metres) between two places, (-1, -1) where there is no way; also for problems in blocks."""
        if self.blocks is not None:
            return self.blocks.way(origin, target)
        return int(self.seconds[origin, target]), int(self.metres[origin, target])

    @property
    def engineers(self) -> int:
        """Number of engineers; stock places from here on are depots."""
        return len(self.level)

    def shelf(self, place: int) -> int:
        """The stock place from which pieces are taken that are had at this one."""
        depot = place - self.engineers
        sender = self.depots[depot].parcels_from if depot >= 0 else -1
        return place if sender < 0 else self.engineers + sender

    @cached_property
    def tours_of(self) -> tuple[tuple[int, ...], ...]:
        """Tours of each engineer, in order of time."""
        found: list[list[int]] = [[] for _ in range(self.engineers)]
        for index, tour in enumerate(self.tours):
            found[tour.engineer].append(index)
        return tuple(tuple(sorted(own, key=lambda tour: self.tours[tour].start)) for own in found)

    def tour_after(self, tour: int) -> int | None:
        """The same engineer's next tour, None after the last."""
        own = self.tours_of[self.tours[tour].engineer]
        return next(iter(own[own.index(tour) + 1 :]), None)


def _check_matrix(pointer: str, matrix: Matrix) -> None:
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ProblemError(pointer, "give as many rows and columns as there are places")
    if (matrix < -1).any():
        raise ProblemError(pointer, "give 0 or more, or -1 where there is no way")
