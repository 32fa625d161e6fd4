"""One territory at one moment: the input of every decision about it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt

from kit.values import Place

from .facts import Facts, PlannableOrder
from .policy import Policy
from .published import SourcedLine
from .standing import Appointment, Standing

Ints = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Roads:
    """The way between every two places of a scene: seconds and metres [place, place] in the order of `places`, -1 for
    no way. `source` is who answered, `degraded` whether it was a stand-in."""

    places: dict[str, Place]
    seconds: Ints
    metres: Ints
    source: str
    degraded: bool


@dataclass(frozen=True, slots=True)
class Parcel:
    """A kit line on its way to its site. `depot`: where the problem document says that it comes from; one that has
    `left` its shelf comes from a place of its own."""

    line: SourcedLine
    depot: str
    arrives_at: datetime
    left: bool


@dataclass(frozen=True)
class Scene:
    """One territory at one moment: what the neighbours know, what dispatch knows, and when `now` is."""

    facts: Facts
    standing: Standing
    now: datetime
    policy: Policy
    lost: frozenset[str] = frozenset()
    """Names of kit lines whose parcel turned out not to come."""
    unplannable: frozenset[str] = frozenset()
    """Orders that contradict themselves: left out of the problem with the reason `data`."""
    recrewed: frozenset[str] = frozenset()
    """Orders under way with one of two engineers, for whom the plan has to find the other one."""

    @property
    def sensible(self) -> list[PlannableOrder]:
        """The orders that a problem can be made of."""
        return [order for order in self.facts.orders if order.id not in self.unplannable]

    @cached_property
    def orders(self) -> list[PlannableOrder]:
        """The orders to be planned."""
        return [order for order in self.sensible if order.id not in self.waiting]

    @cached_property
    def waiting(self) -> frozenset[str]:
        """Orders that wait for one of which nobody knows when it is done: left out with the reason `link`."""
        at_work = {one.order_id for one in self.standing.at_work()}
        linked = [order for order in self.sensible if order.links and order.id not in at_work]
        planned = {order.id for order in self.sensible} | at_work
        left_out: set[str] = set()
        while news := {
            order.id
            for order in linked
            if order.id not in left_out
            and any(link.at is None and link.order_id not in planned - left_out for link in order.links)
        }:
            left_out |= news
        return frozenset(left_out)

    @property
    def origin(self) -> datetime:
        """Second 0 of the document: now, in whole seconds."""
        return self.now.replace(microsecond=0)

    @property
    def end(self) -> datetime:
        return self.origin + self.policy.horizon

    def followers(self, orders: frozenset[str]) -> frozenset[str]:
        """What waits for these orders in this plan, and what waits for that; not work under way."""
        at_work = {one.order_id for one in self.standing.at_work()}
        found: set[str] = set()
        while news := {
            order.id
            for order in self.orders
            if order.id not in found | at_work and any(link.order_id in orders | found for link in order.links)
        }:
            found |= news
        return frozenset(found)

    def senseless(self) -> list[str]:
        """Orders that no problem can be made of; work under way on them goes on all the same."""
        bound = {one.order_id for one in self.standing.at_work()}
        return sorted({*self.facts.unreadable, *self.unplannable} - bound)

    def second(self, at: datetime) -> int:
        """An instant in the document's seconds, rounded down."""
        return int((at - self.origin) // timedelta(seconds=1))

    def instant(self, second: int) -> datetime:
        return self.origin + timedelta(seconds=second)

    @cached_property
    def parcels(self) -> dict[str, Parcel]:
        """Kit lines that a published plan has already sent for, by name of the line.

        They keep their arrival: asking the courier anew at every plan would push it further and further away.
        """
        told = {order.id: {line.line for line in order.kit} for order in self.orders}
        moved = {(one.order_id, one.part): one for one in self.facts.stock.moved}
        shelves = {place.id for place in self.facts.stock.places}
        found: dict[str, Parcel] = {}
        for (order_id, _), appointment in sorted(self.standing.appointments.items()):
            for line in appointment.sourcing:
                if line.source not in ("courier", "transfer") or line.line not in told.get(order_id, ()):
                    continue
                gone = moved.get((order_id, line.used_part))
                arrives = (gone.eta if gone else None) or line.arrives_at or self.origin
                if gone is not None and gone.shipment_id is not None:
                    found[line.name] = Parcel(line, f"parcel:{len(found)}", arrives, left=True)
                elif gone is None and line.place_id in shelves:
                    found[line.name] = Parcel(line, line.place_id, arrives, left=False)
        return {name: parcel for name, parcel in found.items() if name not in self.lost}

    def bound(self) -> list[Appointment]:
        """Whoever is under way, or will meet somebody who is."""
        return [one for one in self.standing.at_work() if one.frozen or one.order_id not in self.recrewed]

    def settled(self) -> list[Appointment]:
        """The leads of work under way: their parts are with them, or on the way to them."""
        return [one for one in self.bound() if one.role == "lead"]

    def orphans(self) -> list[Appointment]:
        """Work under way on orders that are no longer told, the lead's of a crew: it still binds its engineers."""
        told = {order.id for order in self.orders}
        return [one for one in self.standing.at_work() if one.role == "lead" and one.order_id not in told]


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
    for order in scene.orders:
        found[f"order:{order.id}"] = order.place
        if order.cargo is not None and order.replacement_eligible:
            found[f"to:{order.id}"] = order.cargo.destination
    for vehicle in scene.facts.vehicles:
        found[f"vehicle:{vehicle.id}"] = vehicle.place
    for appointment in scene.orphans():
        found[f"order:{appointment.order_id}"] = appointment.site
    return found
