# ruff: noqa: RUF012 (pydantic copies mutable defaults per instance)
"""What can be sent and where it stands: places, engineers, depots, replacement vehicles."""

from typing import Annotated, Literal

from pydantic import Field

from .fields import (
    Document,
    Fen,
    FenPerHour,
    FenPerKm,
    Id,
    Instant,
    Level,
    Permille,
    Quantity,
    Seconds,
    WorkSeconds,
)


class Place(Document):
    """A point of the travel matrix, WGS-84, longitude first; other datums are converted before."""

    id: Id
    lon: Annotated[float, Field(ge=-180, le=180)]
    lat: Annotated[float, Field(ge=-90, le=90)]
    datum: Literal["WGS-84"] | None = None


class Window(Document):
    """A span of time; both ends belong to it."""

    start: Instant
    end: Instant


class Break(Document):
    """A pause within a shift that begins inside [earliest, latest]; it may interrupt driving, never work."""

    earliest: Instant
    latest: Instant
    seconds: Seconds


class Shift(Document):
    """One working span of an engineer: leaves `start_place` at `start` or later, is at `end_place` by `end`.

    Time after `end` is overtime and is paid; nothing may end after `overtime_until` (default: `end`).
    The two places default to the engineer's; the first shift of a replan starts where the engineer is now.
    `reserve_seconds` of the shift stay free of preventive orders, as cover for breakdowns.
    """

    start: Instant
    end: Instant
    overtime_until: Instant | None = None
    start_place: Id | None = None
    end_place: Id | None = None
    reserve_seconds: Seconds = 0
    breaks: list[Break] = []


class Overnight(Document):
    """Leave to end a shift at the last stop and to begin the next one there, at a price per night."""

    fen_per_night: Fen
    max_nights: Annotated[int, Field(ge=1, le=14)]


class Engineer(Document):
    """A service engineer with a van.

    `skills` maps a skill to its level; `certificates` holds certificates and brand authorisations that are
    valid over the whole horizon; `van_stock` maps a part to the pieces on the van. Work on an order whose
    region is not in `regions` costs the labour price times `cross_region_permille` / 1000 (an empty list:
    every region is home). `max_orders` counts per shift. `heavy`: bans of `travel` hold for the van.
    `burden_seconds`: what the engineer bore before this plan; the plan adds driving and overtime.
    """

    id: Id
    start_place: Id
    end_place: Id
    shifts: list[Shift]
    skills: dict[Id, Level] = {}
    certificates: list[Id] = []
    van_stock: dict[Id, Quantity] = {}
    regions: list[Id] = []
    cross_region_permille: Permille = 1000
    max_orders: Annotated[int, Field(ge=0, le=1000)] | None = None
    overnight: Overnight | None = None
    heavy: bool = False
    burden_seconds: Seconds = 0


class Expert(Document):
    """Somebody who joins work from afar for its whole time, inside one of `windows` (an empty list: always).

    Holds `sessions` at once, at `fen_per_hour` each.
    """

    id: Id
    skills: dict[Id, Level] = {}
    windows: list[Window] = []
    sessions: Annotated[int, Field(ge=1, le=100)] = 2
    fen_per_hour: FenPerHour = 0


class CourierOffer(Document):
    """What sending one kit line from a depot to a site costs and takes.

    A parcel handed over at `sent_at` (default: the start of the horizon) arrives `handling_seconds` +
    `permille_of_drive` / 1000 x the drive from depot to site later. `cutoff` is the latest hand-over: a
    parcel that would be sent later has no offer.
    """

    fee_fen: Fen
    fen_per_km: FenPerKm = 0
    handling_seconds: Seconds = 0
    permille_of_drive: Annotated[int, Field(ge=100, le=100_000)] = 1000
    sent_at: Instant | None = None
    cutoff: Instant | None = None


class Depot(Document):
    """A place that holds stock: a central depot or a station's shelf.

    A pick-up must start inside one of `open_windows` (an empty list: always open) and takes `pickup_seconds`.
    `parcels_from`: a counter where the courier of another depot leaves parcels. It has no stock and no courier of its
    own: its pieces are that depot's. A pick-up there starts no earlier than the parcel arrives, and each stop pays that
    courier's fee for the way to this place once. A parcel that would be sent after the cut-off is never there.
    """

    id: Id
    place: Id
    stock: dict[Id, Quantity] = {}
    open_windows: list[Window] = []
    pickup_seconds: WorkSeconds = 0
    courier: CourierOffer | None = None
    parcels_from: Id | None = None


class ReplacementVehicle(Document):
    """A vehicle of the bank that can take over the cargo of a stopped truck.

    It fits a cargo when the cargo's class is in `classes`, its coupling in `couplings`, its mass at most
    `max_mass_kg`, a hazardous load only with `hazard`, and the order's region in `regions` (an empty list:
    licensed everywhere). It leaves `mobilise_seconds` after the decision, inside one of `windows` (empty:
    always), and serves one case within the horizon. `heavy`: bans of `travel` hold for it.
    """

    id: Id
    place: Id
    classes: list[Id]
    couplings: list[Id] = []
    max_mass_kg: Annotated[int, Field(ge=0, le=10**6)]
    hazard: bool = False
    regions: list[Id] = []
    base_fen: Fen
    fen_per_km: FenPerKm = 0
    mobilise_seconds: Seconds = 0
    windows: list[Window] = []
    heavy: bool = True
