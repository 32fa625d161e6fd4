"""Which facts of a new plan are news: told once, told again only when they change."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from .published import Prediction, Proposal, UnassignedOrder, VehicleCase

STIR = timedelta(minutes=15)
"""A predicted time on the same side of its due time is told again when it moved by this much."""
CHANCE_STIR = 0.1
"""So is the chance that a clock is kept."""


def risk_news(predictions: Iterable[Prediction], told: Mapping[tuple[str, str], Prediction]) -> list[Prediction]:
    """Predictions that are new, changed sides, or moved far in time or chance.

    `told`: the last one told by order id and clock.
    """
    return [one for one in predictions if _is_news(one, told.get((one.order_id, one.clock)))]


def _is_news(one: Prediction, last: Prediction | None) -> bool:
    if last is None or last.due != one.due:
        return True
    turned = (one.predicted > one.due) != (last.predicted > last.due)
    return turned or abs(one.predicted - last.predicted) >= STIR or _likelier(one.chance, last.chance)


def _likelier(one: float | None, last: float | None) -> bool:
    """Or less likely: by so much that it is news."""
    return one != last if one is None or last is None else abs(one - last) >= CHANCE_STIR


def newly_unassigned(proposal: Proposal, last: Proposal | None) -> list[UnassignedOrder]:
    """Orders that the last plan served or did not know, or left out for another reason."""
    before = {one.order_id: one.reason for one in last.unassigned} if last else {}
    return [one for one in proposal.unassigned if before.get(one.order_id) != one.reason]


def due_cases(proposal: Proposal, *, now: datetime, decide_before: timedelta, settled: bool) -> list[VehicleCase]:
    """Replacement vehicles to be decided: all of a plan that is `settled` (improved), else only what cannot wait."""
    return [case for case in proposal.cases if not case.sent and (settled or case.decide_by - now <= decide_before)]


def same_for_people(proposal: Proposal, last: Proposal | None) -> bool:
    """Whether the two plans differ in nothing that anybody was told besides appointments."""
    if last is None:
        return False
    lines = {line.name: line for line in proposal.parts}
    return (
        lines == {line.name: line for line in last.parts}
        and {one.order_id: one.reason for one in proposal.unassigned}
        == {one.order_id: one.reason for one in last.unassigned}
        and {one.order_id: one for one in proposal.experts} == {one.order_id: one for one in last.experts}
        and {case.order_id: case.vehicle_id for case in proposal.cases}
        == {case.order_id: case.vehicle_id for case in last.cases}
    )
