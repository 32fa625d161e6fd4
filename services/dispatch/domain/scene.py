"""One territory at one moment: the input of every decision about it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kit.values import Place

from .facts import Facts
from .policy import Policy
from .published import SourcedLine
from .standing import Appointment, Standing


@dataclass(frozen=True, slots=True)
class Scene:
    """One territory at one moment: what the neighbours know, what dispatch knows, and when `now` is."""

    facts: Facts
    standing: Standing
    now: datetime
    policy: Policy

    @property
    def origin(self) -> datetime:
        """Second 0 of the document: now, in whole seconds."""
        return self.now.replace(microsecond=0)

    @property
    def end(self) -> datetime:
        return self.origin + self.policy.horizon

    def second(self, at: datetime) -> int:
        """An instant in the document's seconds, rounded down."""
        return int((at - self.origin) // timedelta(seconds=1))

    def instant(self, second: int) -> datetime:
        return self.origin + timedelta(seconds=second)

    def parcels(self) -> dict[str, SourcedLine]:
        """Kit lines that a published plan has already sent for, by a name for the parcel.

        They keep their arrival: asking the courier anew at every plan would push it further and further away.
        """
        told = {order.id: {line.line for line in order.kit} for order in self.facts.orders}
        sent = (
            line
            for order_id, appointment in sorted(self.standing.appointments.items())
            for line in appointment.sourcing
            if line.source in ("courier", "transfer") and line.line in told.get(order_id, ())
        )
        return {f"parcel:{number}": line for number, line in enumerate(sent)}

    def orphans(self) -> list[Appointment]:
        """Work under way on orders that are no longer told: it still binds its engineer."""
        told = {order.id for order in self.facts.orders}
        return [one for one in self.standing.at_work() if one.order_id not in told]


def matrix_places(scene: Scene) -> dict[str, Place]:
    """Every place between which travel matters, by its id in the document."""
    found: dict[str, Place] = {}
    for engineer in scene.facts.engineers:
        found[f"home:{engineer.id}"] = engineer.home
        if engineer.last_position is not None:
            found[f"now:{engineer.id}"] = Place(engineer.last_position.lon, engineer.last_position.lat)
    for shelf in scene.facts.stock.places:
        if shelf.kind != "van":
            found[f"depot:{shelf.id}"] = Place(shelf.lon, shelf.lat)
    for order in scene.facts.orders:
        found[f"order:{order.id}"] = order.place
        if order.cargo is not None and order.replacement_eligible:
            found[f"to:{order.id}"] = order.cargo.destination
    for vehicle in scene.facts.vehicles:
        found[f"vehicle:{vehicle.id}"] = vehicle.place
    for appointment in scene.orphans():
        found[f"order:{appointment.order_id}"] = appointment.site
    return found
