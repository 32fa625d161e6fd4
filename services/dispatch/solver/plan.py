"""A plan in indices: what every engine answers and the judge examines."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Stop:
    """Work at `order`, or a pick-up at `depot` when `order` is -1. Waiting lies between arrival and start.

    `second`: present as the second of a crew of two.
    """

    order: int
    depot: int
    arrival: int
    start: int
    end: int
    second: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """The stops of one tour, in order of driving.

    `breaks`: (start, end) of pauses. `stays`: ends at the last stop, where the engineer's next tour begins.
    """

    tour: int
    stops: tuple[Stop, ...]
    breaks: tuple[tuple[int, int], ...] = ()
    stays: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """Kit line `line` of `order` is served with `part` from stock place `place`.

    `kind`: van, pickup, courier, transfer. `arrives_at` and `fee_fen` belong to courier and transfer.
    """

    order: int
    line: int
    part: int
    kind: str
    place: int
    arrives_at: int = 0
    fee_fen: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """A replacement vehicle sent for the cargo of `order`; `fen` is the partner's price."""

    order: int
    vehicle: int
    decide_by: int
    depart: int
    cargo_at: int
    delivered_at: int
    fen: int


@dataclass(frozen=True, slots=True)
class Session:
    """An expert who joins `order` from afar while its work lasts."""

    order: int
    expert: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Routes with their sources, cases and expert sessions; `unassigned` maps an order to its reason."""

    routes: tuple[Route, ...] = ()
    sources: tuple[Source, ...] = ()
    cases: tuple[Case, ...] = ()
    unassigned: dict[int, str] = field(default_factory=dict)
    sessions: tuple[Session, ...] = ()
