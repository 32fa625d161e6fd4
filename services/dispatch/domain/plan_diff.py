"""What a new plan changes for people: appointments to make, move and end. Decided in the publishing transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from kit.geo import distance_m
from kit.values import Place

from .appointments import FROZEN, CancelReason, Role, Slot
from .published import PlannedStop, Proposal, SourcedLine
from .standing import Appointment

TELL_AFTER = timedelta(seconds=60)
"""A shift of an appointment by less than this is written down but not told."""
CORRECTED_M = 1.0
"""A site so far from where it was is another one: somebody corrected the place of the order."""


class PlanIsStale(Exception):
    """Something that the plan would touch has happened since it was gathered: it must be made anew."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the plan says about one engineer of one order."""

    order_id: str
    role: Role
    engineer_id: str
    start: datetime
    end: datetime
    site: Place
    sourcing: tuple[SourcedLine, ...]
    expert_id: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """An appointment that stays and changes; `told` when the change is worth an event."""

    appointment: Appointment
    wanted: Wanted
    told: bool


@dataclass(frozen=True, slots=True)
class Ending:
    appointment: Appointment
    reason: CancelReason


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference of two plans. `overtaken`: orders whose appointment ended while the plan was made; the plan
    says nothing about them."""

    new: list[Wanted] = field(default_factory=list)
    moved: list[Move] = field(default_factory=list)
    ended: list[Ending] = field(default_factory=list)
    overtaken: frozenset[str] = frozenset()

    @property
    def empty(self) -> bool:
        return not (self.new or self.ended or any(move.told for move in self.moved))


def difference(
    proposal: Proposal, *, basis: Mapping[Slot, Appointment], current: Mapping[Slot, Appointment]
) -> Changes:
    """From the active appointments `current` to the proposal, which was made when they were `basis`.

    Raises PlanIsStale when the proposal would change an appointment that took another way in between.
    """
    lines, experts = proposal.lines_of_orders(), {one.order_id: one.expert_id for one in proposal.experts}
    changes = Changes()
    planned = proposal.stops_of_orders()
    overtaken = frozenset(slot[0] for slot in planned if slot in basis and slot not in current)
    for slot, (engineer_id, stop) in planned.items():
        now = current.get(slot)
        if slot[0] in overtaken:
            continue  # both of a crew: the next plan finds them anew
        wanted = _wanted(slot, engineer_id, stop, lines.get(slot[0], []), experts.get(slot[0]))
        if now is None:
            changes.new.append(wanted)
        else:
            _keep_or_replace(changes, basis.get(slot), now, wanted)
    reasons = {one.order_id: one.reason for one in proposal.unassigned}
    for slot, now in current.items():
        if slot not in planned and slot[0] not in overtaken:
            _end(changes, basis.get(slot), now, _why(reasons.get(slot[0])))
    return Changes(changes.new, changes.moved, changes.ended, overtaken)


def _why(unassigned: str | None) -> CancelReason:
    """Why an appointment ends of which the plan knows this reason, or nothing."""
    if unassigned is None:
        return "order_ended"
    return "part_missing" if unassigned == "part_missing" else "unplanned"


def _wanted(slot: Slot, engineer_id: str, stop: PlannedStop, lines: list[SourcedLine], expert_id: str | None) -> Wanted:
    """Parts and the expert are the lead's business."""
    order_id, role = slot
    wanted = Wanted(order_id, role, engineer_id, stop.start, stop.end, Place(stop.lon, stop.lat), ())
    return replace(wanted, sourcing=tuple(lines), expert_id=expert_id) if role == "lead" else wanted


def _keep_or_replace(changes: Changes, base: Appointment | None, now: Appointment, wanted: Wanted) -> None:
    if base is None or base.id != now.id:
        raise PlanIsStale(f"order {now.order_id} got another appointment")
    same_engineer = now.engineer_id == wanted.engineer_id
    if now.frozen and not base.frozen:
        # It got under way while the plan was made: fine when the plan leaves it where it is.
        if not same_engineer or abs(now.start - wanted.start) > TELL_AFTER:
            raise PlanIsStale(f"appointment {now.id} is {now.state} by now")
        return
    if same_engineer or now.state == "planned":
        if differs(now, wanted):
            changes.moved.append(Move(now, wanted, told=_worth_telling(now, wanted)))
        return
    changes.ended.append(Ending(now, "reassigned"))
    changes.new.append(wanted)


def differs(now: Appointment, wanted: Wanted) -> bool:
    """Whether anything of the appointment changes."""
    planned = (wanted.engineer_id, wanted.start, wanted.end, wanted.sourcing, wanted.expert_id)
    return (now.engineer_id, now.start, now.end, now.sourcing, now.expert_id) != planned or _elsewhere(now, wanted)


def _elsewhere(now: Appointment, wanted: Wanted) -> bool:
    return distance_m(now.site, wanted.site) > CORRECTED_M


def _worth_telling(now: Appointment, wanted: Wanted) -> bool:
    return (
        now.engineer_id != wanted.engineer_id
        or (now.sourcing, now.expert_id) != (wanted.sourcing, wanted.expert_id)
        or _elsewhere(now, wanted)
        or abs(now.start - wanted.start) >= TELL_AFTER
        or abs(now.end - wanted.end) >= TELL_AFTER
    )


def _end(changes: Changes, base: Appointment | None, now: Appointment, reason: CancelReason) -> None:
    if base is None or base.id != now.id:
        raise PlanIsStale(f"order {now.order_id} got another appointment")
    if now.state in FROZEN:
        raise PlanIsStale(f"appointment {now.id} is {now.state}: no plan ends it")
    changes.ended.append(Ending(now, reason))
