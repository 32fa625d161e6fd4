"""Work under way: what the plan keeps, and when it is expected to begin and end."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ..documents.orders import Frozen
from .scene import Scene
from .standing import Appointment


def under_way(scene: Scene) -> dict[str, Frozen]:
    """Every order on which somebody is under way. Late arrivals and overrunning work push its end, never its people.

    Two engineers begin when both are there; where one is still to be found, the plan says when. Nobody is at two places
    at once: who is still at work elsewhere comes when that ends, and who has checked in at the next machine has left
    the one before.
    """
    crews = [
        [lead, *([second] if (second := scene.standing.second(lead.order_id)) else [])]
        for lead in scene.standing.at_work()
        if lead.role == "lead" and lead.order_id not in scene.recrewed
    ]
    there = [crew for crew in crews if all(one.state == "on_site" for one in crew)]
    coming = [crew for crew in crews if crew not in there]
    free: dict[str, datetime] = {}
    found: dict[str, Frozen] = {}
    began: dict[str, datetime] = {}
    for crew in sorted(there, key=_arrived, reverse=True):
        start = _arrived(crew)
        until = max(start + _length(crew), scene.origin + scene.policy.least_rest)
        until = min([until, *(began[one.engineer_id] for one in crew if began.get(one.engineer_id, start) > start)])
        began |= {one.engineer_id: start for one in crew}
        free |= {one.engineer_id: max(until, free.get(one.engineer_id, until)) for one in crew}
        found[crew[0].order_id] = _frozen(scene, crew, start, until)
    for crew in sorted(coming, key=lambda crew: (crew[0].start, crew[0].id)):
        known = [crew[0].start, scene.origin, *(one.expected_at for one in crew if one.expected_at is not None)]
        start = max(*known, *(free[one.engineer_id] for one in crew if one.engineer_id in free))
        until = start + _length(crew)
        free |= {one.engineer_id: until for one in crew}
        found[crew[0].order_id] = _frozen(scene, crew, start, until)
    return found


def _arrived(crew: Sequence[Appointment]) -> datetime:
    return max(one.arrived_at or one.start for one in crew)


def _length(crew: Sequence[Appointment]) -> timedelta:
    return crew[0].end - crew[0].start


def _frozen(scene: Scene, crew: Sequence[Appointment], start: datetime, until: datetime) -> Frozen:
    lead, *others = crew
    return Frozen(
        state="on_site" if all(one.state == "on_site" for one in crew) else "travelling",
        engineer=lead.engineer_id,
        second=others[0].engineer_id if others else None,
        start=scene.second(start),
        until=scene.second(until),
    )
