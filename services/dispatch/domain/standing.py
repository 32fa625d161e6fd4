"""What dispatch itself knows about a territory when a plan is made: what stands and may not be forgotten."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from kit.values import Place

from .appointments import FROZEN, Role, Slot, State
from .published import SourcedLine, VehicleCase

PinKind = Literal["resource", "time", "both"]


@dataclass(frozen=True, slots=True)
class Appointment:
    """One planned presence of an engineer at a site; `start` to `end` is half-open."""

    id: str
    order_id: str
    engineer_id: str
    state: State
    version: int
    start: datetime
    end: datetime
    site: Place
    sourcing: tuple[SourcedLine, ...] = ()
    arrived_at: datetime | None = None
    expected_at: datetime | None = None
    """When the engineer says to arrive, if that is later than planned."""
    reference_start: datetime | None = None
    """What changes are measured against: the start when it went to the phone, or the last one beyond the tolerance
    around that. Every move is told, but many small ones are measured together."""
    role: Role = "lead"
    expert_id: str | None = None
    """Who joins the lead from afar."""

    @property
    def slot(self) -> Slot:
        return self.order_id, self.role

    @property
    def frozen(self) -> bool:
        return self.state in FROZEN


@dataclass(frozen=True, slots=True)
class Lock:
    """What a dispatcher fixed on an order: `resource` the engineer, `time` the start, `both` both; with any of them
    `second_id`, the second of a crew."""

    order_id: str
    engineer_id: str
    pin: PinKind
    start: datetime | None = None
    second_id: str | None = None

    @property
    def people(self) -> set[str]:
        """Engineers that the lock names."""
        return {self.engineer_id} | ({self.second_id} if self.second_id else set())


@dataclass(frozen=True, slots=True)
class DecidedCase:
    """A replacement vehicle that was decided; `step` is the last thing that its driver told."""

    case: VehicleCase
    step: str

    @property
    def delivered(self) -> bool:
        return self.step == "delivered"


@dataclass(frozen=True, slots=True)
class Standing:
    """The territory at one epoch: active appointments, locks, decided cases, and who declined what."""

    territory_id: str
    epoch: int
    requested: int
    appointments: dict[Slot, Appointment] = field(default_factory=dict)
    locks: dict[str, Lock] = field(default_factory=dict)
    cases: dict[str, DecidedCase] = field(default_factory=dict)
    declines: dict[str, frozenset[str]] = field(default_factory=dict)

    def locked(self, lock: Lock) -> "Standing":
        """The same with one more lock, as if the dispatcher had already decided."""
        return replace(self, locks={**self.locks, lock.order_id: lock})

    def relaxed(self, orders: Collection[str]) -> "Standing":
        """The same with only the engineer fixed on some orders, whose fixed time cannot be kept any more."""
        loose = {order: replace(self.locks[order], pin="resource", start=None) for order in orders}
        return replace(self, locks=self.locks | loose)

    def released(self, order_id: str) -> "Standing":
        """The same without the lock on an order."""
        return replace(self, locks={name: lock for name, lock in self.locks.items() if name != order_id})

    def lead(self, order_id: str) -> Appointment | None:
        """The active appointment of the engineer who answers for the order."""
        return self.appointments.get((order_id, "lead"))

    def second(self, order_id: str) -> Appointment | None:
        """That of the other one of a crew. It never stands without the lead's."""
        return self.appointments.get((order_id, "second"))

    def here(self, order_id: str) -> Appointment | None:
        """Of a crew the one who has left, the lead if both have."""
        return next((one for one in self._crew(order_id) if one is not None and one.frozen), None)

    def other(self, order_id: str) -> Appointment | None:
        """The one of a crew who is not `here`."""
        here = self.here(order_id)
        return next((one for one in self._crew(order_id) if one is not None and one is not here), None)

    def _crew(self, order_id: str) -> tuple[Appointment | None, Appointment | None]:
        return self.lead(order_id), self.second(order_id)

    def at_work(self) -> Iterable[Appointment]:
        """Appointments under way; once one of a crew has left, the other one is bound as well."""
        bound = {one.order_id for one in self.appointments.values() if one.frozen}
        return (one for one in self.appointments.values() if one.order_id in bound)
