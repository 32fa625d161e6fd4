# ruff: noqa: RUF012 (pydantic copies mutable defaults per instance)
"""The plan document of Roadcall's own problems (`roadcall-plan/1`) and the PLAN.json of the public sets."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from .fields import Document, Fen, Id, Instant, Quantity, Seconds

Reason = Literal[
    "skill",
    "certificate",
    "excluded",
    "pin",
    "unreachable",
    "expert",
    "link",
    "crew",
    "window",
    "shift",
    "part_missing",
    "reserve",
    "capacity",
    "price",
]
"""Why an order is unassigned: the closed list of docs/reference/problem-format.md."""

StoppedBy = Literal["finished", "seconds", "iterations", "cancelled"]


class Stop(Document):
    """One stop of a route: work at an order, or a pick-up at a depot.

    `arrival` <= `start` (waiting lies between) and `end` leaves for the next stop. The three may be left out
    together in a plan that a person edited: they are then computed as early as possible. `role`: of a crew of two the
    lead counts for skills, parts and promises (the default), the second for being there.
    """

    kind: Literal["order", "pickup"]
    order: Id | None = None
    depot: Id | None = None
    role: Literal["lead", "second"] | None = None
    arrival: Instant | None = None
    start: Instant | None = None
    end: Instant | None = None


class Pause(Document):
    """A break; driving makes no way in it."""

    start: Instant
    end: Instant


class Route(Document):
    """What an engineer does in one shift (`shift`: index into the engineer's list), in order of driving.

    Leaves the start place at `depart`, is at the end place at `return_at`. Engineers and shifts without stops
    have no route. With `stays` it ends at its last stop, where the engineer's next shift begins: that one has a
    route, if only home.
    """

    engineer: Id
    shift: Annotated[int, Field(ge=0)]
    depart: Instant | None = None
    stops: list[Stop]
    breaks: list[Pause] = []
    stays: bool = False
    return_at: Instant | None = None
    travel_seconds: Seconds | None = None
    travel_metres: Annotated[int, Field(ge=0)] | None = None
    overtime_seconds: Seconds | None = None


class Sourcing(Document):
    """Where one kit line (`line`: index into the order's kit) comes from.

    `van`: the engineer's own stock. `pickup`: `depot`, at a pick-up stop earlier on the engineer's routes.
    `courier`, `transfer`: brought from `depot` to the site at `arrives_at`; the work waits for it. A line of
    probability below 1 without an entry is not brought along.
    """

    order: Id
    line: Annotated[int, Field(ge=0)]
    part: Id
    used_part: Id
    quantity: Annotated[Quantity, Field(ge=1)]
    source: Literal["van", "pickup", "courier", "transfer"]
    depot: Id | None = None
    arrives_at: Instant | None = None
    fee_fen: Fen = 0


class ReplacementCase(Document):
    """A replacement vehicle sent for the cargo of an order.

    `decide_by` is the latest decision that still keeps what sending it saves: the or_cargo clocks and the
    cargo's deadline that the repair breaks and the vehicle keeps; the start of the horizon when there is none.
    It leaves at `depart`, the cargo moves at `cargo_at` and is delivered at `delivered_at`; `fen` is the
    partner's price, 0 for a vehicle already sent.
    """

    order: Id
    vehicle: Id
    decide_by: Instant
    depart: Instant
    cargo_at: Instant
    delivered_at: Instant
    fen: Fen


class ExpertSession(Document):
    """An expert who joins an order from afar while its work lasts."""

    order: Id
    expert: Id


class Unassigned(Document):
    """An order left out, and why."""

    id: Id
    reason: Reason


class Cost(Document):
    """The objective in fen and its parts by public rule id; rules that cost nothing are left out."""

    total_fen: Annotated[int, Field(ge=0)]
    by_rule: dict[str, Annotated[int, Field(ge=0)]]


class Totals(Document):
    """Figures beside the price. `clocks_kept` of `clocks` promise clocks stop in time (unassigned: when the
    horizon ends before they are due)."""

    orders: Annotated[int, Field(ge=0)]
    served: Annotated[int, Field(ge=0)]
    unassigned: Annotated[int, Field(ge=0)]
    clocks: Annotated[int, Field(ge=0)]
    clocks_kept: Annotated[int, Field(ge=0)]
    travel_seconds: Annotated[int, Field(ge=0)]
    travel_metres: Annotated[int, Field(ge=0)]
    overtime_seconds: Annotated[int, Field(ge=0)]


class PlanDocument(Document):
    """An answer to a ProblemDocument with the same `origin`; cost and totals are the judge's."""

    version: Literal["roadcall-plan/1"]
    origin: Annotated[AwareDatetime, Field(strict=False)]
    routes: list[Route]
    parts: list[Sourcing] = []
    replacement_cases: list[ReplacementCase] = []
    experts: list[ExpertSession] = []
    unassigned: list[Unassigned] = []
    cost: Cost | None = None
    totals: Totals | None = None
    engine: str | None = None
    seed: int | None = None
    iterations: Annotated[int, Field(ge=0)] | None = None
    seconds: Annotated[float, Field(ge=0)] | None = None
    stopped_by: StoppedBy | None = None


class PublicRoute(Document):
    """One route of a public instance: ids as in its file, the depot where it is visited on the way."""

    vehicle: Annotated[int, Field(ge=0)]
    stops: list[Annotated[int, Field(ge=0)]]


class PublicUnassigned(Document):
    """A request left out, and why."""

    id: Annotated[int, Field(ge=0)]
    reason: Reason


class PublicPlan(Document):
    """PLAN.json of a VRPTW or TRSP file."""

    routes: list[PublicRoute]
    unassigned: list[PublicUnassigned] = []
