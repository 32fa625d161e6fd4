"""Experts who join work under way: those who do already, and whom an engineer at the machine has asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from .facts import FreeSpan, OfferedExpert, SkillAsked
from .published import Joining
from .scene import Scene
from .standing import Appointment
from .under_way import under_way


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat of an expert that work under way takes; its number, NOT_OFFERED when nobody else could have it."""

    number: int
    joining: Joining


NOT_OFFERED = -1


def seats_at_work(scene: Scene) -> list[Seat]:
    """Whoever joins work under way goes on doing so. Then who asks for help gets the least qualified expert who fits
    and has a seat until the work is expected to end; nobody when none is free, the next plan looks again."""
    leads = [one for one in scene.settled() if one.order_id not in scene.recrewed]
    leads.sort(key=lambda one: (one.expert_id is None, one.start, one.id))
    asked = {order.id: order.expert for order in scene.orders if order.expert is not None}
    at_work, found = under_way(scene), list[Seat]()
    for lead in leads:
        work = at_work[lead.order_id]
        span = FreeSpan(start=scene.instant(work.start), end=scene.instant(work.until))
        if lead.expert_id is not None:
            joining = _joining(lead, lead.expert_id, span)
            number = next(_free(_offer(scene, lead.expert_id), joining, scene.origin, found), NOT_OFFERED)
            found.append(Seat(number, joining))
        elif lead.order_id in asked:
            found += _called(scene, lead, asked[lead.order_id], span, found)
    return found


def windows_left(expert: OfferedExpert, number: int, taken: Sequence[Seat]) -> list[FreeSpan]:
    """What work under way leaves of a seat."""
    spans = expert.seats[number]
    for seat in taken:
        if (seat.joining.expert_id, seat.number) == (expert.id, number):
            spans = [rest for span in spans for rest in _without(span, seat.joining.start, seat.joining.end)]
    return spans


def _called(scene: Scene, lead: Appointment, asked: SkillAsked, span: FreeSpan, taken: Sequence[Seat]) -> list[Seat]:
    fitting = [one for one in scene.facts.experts if one.skills.get(asked.skill, 0) >= asked.level]
    for expert in sorted(fitting, key=lambda one: (one.skills[asked.skill], one.id)):
        joining = _joining(lead, expert.id, span)
        for number in _free([expert], joining, scene.origin, taken):
            return [Seat(number, joining)]
    return []


def _joining(lead: Appointment, expert_id: str, span: FreeSpan) -> Joining:
    return Joining(order_id=lead.order_id, expert_id=expert_id, start=span.start, end=span.end)


def _offer(scene: Scene, expert_id: str) -> list[OfferedExpert]:
    return [one for one in scene.facts.experts if one.id == expert_id]


def _free(experts: Sequence[OfferedExpert], joining: Joining, now: datetime, taken: Sequence[Seat]) -> Iterator[int]:
    """Numbers of seats that are free from now, or from when the work begins, until it ends."""
    since = max(joining.start, now)
    for expert in experts:
        for number in range(len(expert.seats)):
            if any(span.start <= since and joining.end <= span.end for span in windows_left(expert, number, taken)):
                yield number


def _without(span: FreeSpan, start: datetime, end: datetime) -> Iterator[FreeSpan]:
    if start <= span.start and span.end <= end:
        return
    if end <= span.start or span.end <= start:
        yield span
        return
    if span.start < start:
        yield FreeSpan(start=span.start, end=start)
    if end < span.end:
        yield FreeSpan(start=end, end=span.end)
