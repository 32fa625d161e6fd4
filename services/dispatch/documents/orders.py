# ruff: noqa: RUF012 (pydantic copies mutable defaults per instance)
"""What has to be done: orders with their promise clocks, kits, cargo and locks."""

from typing import Annotated, Literal

from pydantic import Field

from .fields import Document, Fen, FenPerHour, Id, Instant, Level, Quantity, Seconds, WorkSeconds
from .resources import Window

Kind = Literal["breakdown", "repair", "inspection", "maintenance", "campaign", "audit_visit"]
"""Work type. All but breakdown and repair is preventive: planned last, never at the price of a promise."""


class SkillRequirement(Document):
    """The engineer needs `skill` at `level` or above."""

    skill: Id
    level: Level = 1


class Clock(Document):
    """A promise clock: free until `due`, then priced.

    It stops at the `start` or `end` of the work; with `or_cargo` also when the cargo moves again on a
    replacement vehicle, whichever is earlier. Late by s seconds it costs
    min(cap_fen, breach_fen + ceil(fen_per_hour * s / 3600)).
    """

    name: Literal["arrive", "restore", "complete"]
    due: Instant
    fen_per_hour: FenPerHour
    breach_fen: Fen = 0
    cap_fen: Fen | None = None
    stops: Literal["start", "end"]
    or_cargo: bool = False


class Delivery(Document):
    """A quoted way to have a kit line brought to the site; it takes the line's pieces from `depot`."""

    kind: Literal["courier", "transfer"]
    depot: Id
    arrives_at: Instant
    fee_fen: Fen


class KitLine(Document):
    """Pieces of one part that the work needs.

    With `probability` 1 the order cannot start without the line. Below 1 it can: the missing line then costs
    ceil(probability * second_visit_fen). All pieces of a line come from one source and are one part, either
    `part` or one of `substitutes` (in order of preference). `deliveries` are quotes besides the depots'
    general courier offers.
    """

    part: Id
    quantity: Annotated[Quantity, Field(ge=1)]
    substitutes: list[Id] = []
    probability: Annotated[float, Field(gt=0, le=1)] = 1.0
    deliveries: list[Delivery] = []


class Pin(Document):
    """What a person fixed: `resource` and `both` need `engineer`; `time` and `both` need `start` (exact). With any kind
    `second` fixes the second engineer of a crew of two."""

    kind: Literal["none", "resource", "time", "both"] = "none"
    engineer: Id | None = None
    start: Instant | None = None
    second: Id | None = None


class Frozen(Document):
    """An appointment under way: the plan keeps engineers, `start` and `until` (end of work) as they are."""

    state: Literal["travelling", "on_site"]
    engineer: Id
    second: Id | None = None
    start: Instant
    until: Instant


class Published(Document):
    """What the published plan says; a change beyond the tolerance has a price, for each of a crew of two."""

    engineer: Id
    start: Instant
    second: Id | None = None


class SentVehicle(Document):
    """A replacement vehicle already on its way: kept, and its price is sunk."""

    vehicle: Id
    cargo_at: Instant
    delivered_at: Instant


class Cargo(Document):
    """What the stopped truck carries.

    Delivered after `deadline` it costs as a clock does. Without a replacement vehicle the truck itself
    delivers: end of the work plus the drive from the site to `destination`. `handover_seconds` is the time
    to couple or reload at the site.
    """

    cargo_class: Id
    coupling: Id | None = None
    mass_kg: Annotated[int, Field(ge=0, le=10**6)]
    hazard: bool = False
    destination: Id
    deadline: Instant | None = None
    fen_per_hour: FenPerHour = 0
    breach_fen: Fen = 0
    cap_fen: Fen | None = None
    handover_seconds: WorkSeconds = 0
    sent: SentVehicle | None = None


class Link(Document):
    """This order starts `gap_seconds` or more after another starts or ends, and is not planned without it."""

    order: Id
    relation: Literal["start_start", "finish_start"]
    gap_seconds: Seconds = 0


class Order(Document):
    """A work order with one open appointment to plan.

    `service_by_level` overrides `service_seconds` for an engineer of that level ("1" to "5") in the first
    required skill. The work starts at `earliest_start` or later and inside one of the hard `windows` (empty:
    any time). Left out of the plan it costs `drop_price_fen`, and its clocks run to the end of the horizon.
    Work on site that is `interruptible` may be left for something more urgent: what remains of it is then
    an order like any other, for the same engineer. `excluded_engineers` and `published` may name engineers
    that are not in this document.

    With `crew_size` 2 a second engineer, who has `second_skills`, is there for the whole work. With
    `remote_expert_skill` an expert of `remote_expert_level` or above joins for the whole work.
    """

    id: Id
    kind: Kind = "breakdown"
    place: Id
    region: Id | None = None
    service_seconds: WorkSeconds
    service_by_level: dict[Annotated[str, Field(pattern="^[1-5]$")], WorkSeconds] = {}
    interruptible: bool = False
    skills: list[SkillRequirement] = []
    certificates: list[Id] = []
    earliest_start: Instant | None = None
    windows: list[Window] = []
    clocks: list[Clock] = []
    kit: list[KitLine] = []
    cargo: Cargo | None = None
    drop_price_fen: Fen
    pin: Pin = Pin()
    frozen: Frozen | None = None
    published: Published | None = None
    excluded_engineers: list[Id] = []
    crew_size: Annotated[int, Field(ge=1, le=2)] = 1
    second_skills: list[SkillRequirement] = []
    remote_expert_skill: Id | None = None
    remote_expert_level: Level = 1
    links: list[Link] = []
