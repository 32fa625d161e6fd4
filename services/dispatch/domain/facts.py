"""What the neighbours tell for planning a territory. Unknown members are none of our business here."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from kit.values import Instant, Place


class Fact(BaseModel):
    """Part of a neighbour's answer, read tolerantly: the neighbour may be newer than we are."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False, defer_build=True)


def _place(value: Any) -> Any:
    return Place(value["lon"], value["lat"]) if isinstance(value, dict) else value


Site = Annotated[Place, BeforeValidator(_place)]
"""A place in WGS-84; a datum beside it is not read, services speak WGS-84 to each other."""


class SkillAsked(Fact):
    skill: str
    level: int = 1


class ClockAsked(Fact):
    """A promise clock: lateness costs breach_fen at once and price_fen_per_hour after, at most cap_fen."""

    name: str
    due: Instant
    price_fen_per_hour: int = 0
    breach_fen: int = 0
    cap_fen: int | None = None
    stops_at: Literal["start", "end"]
    cargo_can_stop: bool = False


class KitAsked(Fact):
    line: Annotated[str, BeforeValidator(str)]
    part: str
    quantity: int
    probability: float = 1.0


class MachineFact(Fact):
    """A machine as it was built: what parts have to fit."""

    model: str
    configuration: dict[str, str]
    serial: str


class CargoFact(Fact):
    """What a stopped truck carries and where it must go."""

    cargo_class: str
    coupling: str | None = None
    mass_kg: int
    destination: Site
    deadline: Instant | None = None
    hazard: bool = False


class LinkTold(Fact):
    """The work begins `gap_s` seconds or more after another order's ends or begins; `at`: when it did or is to, by what
    orders knows."""

    order_id: str
    relation: Literal["finish_start", "start_start"]
    gap_s: int = 0
    at: Instant | None = None


class PlannableOrder(Fact):
    """A work order that waits for an engineer, as orders tells it. `service_s` in seconds, money in fen."""

    id: str
    number: str
    kind: str
    work_type: str
    place: Site
    place_error_m: int = 0
    station_id: str | None = None
    brand: str | None = None
    capability: str | None = None
    machine: MachineFact | None = None
    service_s: int
    skills: list[SkillAsked] = []
    certificates: list[str] = []
    earliest_start: Instant | None = None
    latest_start: Instant | None = None
    clocks: list[ClockAsked] = []
    kit: list[KitAsked] = []
    drop_fen: int
    interruptible: bool = False
    cargo: CargoFact | None = None
    replacement_eligible: bool = False
    declined_by: list[str] = []
    links: list[LinkTold] = []
    crew_size: int = 1
    second_skills: list[SkillAsked] = []
    expert: SkillAsked | None = None


class SkillHeld(Fact):
    skill: str
    level: int
    valid_until: Instant | None = None


class CertificateHeld(Fact):
    name: str
    valid_until: Instant | None = None


class ShiftFact(Fact):
    start: Instant
    end: Instant
    overtime_until: Instant | None = None


class Position(Fact):
    lon: float
    lat: float
    at: Instant


class AvailableEngineer(Fact):
    """An engineer of the territory with the shifts that are left after absences.

    `permitted`: kinds of work that may be assigned to the station, none: all. `borne_seconds`: ways, overtime and
    night work of the last weeks.
    """

    id: str
    name: str = ""
    station_id: str
    home: Site
    van_place_id: str | None = None
    skills: list[SkillHeld] = []
    certificates: list[CertificateHeld] = []
    brands: list[str] = []
    permitted: list[str] | None = None
    shifts: list[ShiftFact] = []
    last_position: Position | None = None
    borne_seconds: int = 0


class Availability(Fact):
    engineers: list[AvailableEngineer]


class FreeSpan(Fact):
    start: Instant
    end: Instant


class FleetVehicle(Fact):
    """A replacement vehicle of a partner, with the spans in which nobody else has it."""

    id: str
    vehicle_class: str
    couplings: list[str] = []
    max_mass_kg: int
    hazard_allowed: bool = False
    place: Site
    base_fen: int
    fen_per_km: int = 0
    available: list[FreeSpan] = []


class Fleet(Fact):
    vehicles: list[FleetVehicle]


class OfferedExpert(Fact):
    """An expert who can join from afar; each seat joins one order at a time, in one of its spans."""

    id: str
    skills: dict[str, int] = {}
    seats: list[list[FreeSpan]] = []


class Experts(Fact):
    experts: list[OfferedExpert]


class StockPlace(Fact):
    """A shelf or a van with what is free on it for this territory."""

    id: str
    kind: Literal["depot", "station", "van"]
    engineer_id: str | None = None
    lon: float
    lat: float
    opens: str | None = None
    closes: str | None = None
    stock: dict[str, int] = {}


class Substitute(Fact):
    part: str
    approved: bool = False


class Courier(Fact):
    """A courier lane: from `place_id` to any site, handed over by `cutoff` (local HH:MM) after `ready_s`."""

    place_id: str
    fee_fen: int
    fen_per_km: int = 0
    km_per_hour: float
    cutoff: str | None = None
    ready_s: int = 0


class MovedPieces(Fact):
    """Pieces that left a shelf for their order: by courier (`shipment_id`, `eta`) or in a van (`place_id`)."""

    order_id: str
    part: str
    shipment_id: str | None = None
    eta: Instant | None = None


class Stock(Fact):
    places: list[StockPlace] = []
    substitutes: dict[str, list[Substitute]] = {}
    couriers: list[Courier] = []
    moved: list[MovedPieces] = []
    misfits: dict[str, list[str]] = {}
    """By order, what does not fit its machine and cannot stand in for anything."""

    def standing_in(self, order_id: str, part: str) -> list[str]:
        """What may be used in place of a part that an order needs, in order of preference."""
        barred = self.misfits.get(order_id, [])
        return [one.part for one in self.substitutes.get(part, []) if one.approved and one.part not in barred]


class Facts(Fact):
    """Everything that the neighbours know about one territory at one moment."""

    orders: list[PlannableOrder]
    engineers: list[AvailableEngineer]
    vehicles: list[FleetVehicle]
    stock: Stock
    experts: list[OfferedExpert] = []
    unreadable: list[str] = []
    """Ids of orders that make no sense as they were told."""
    known_seq: int = 0
    """The newest event of orders' journal that the orders above already know."""
