"""Crews of two of which one has left and the other one will not come: ill, away, or declined."""

from .scene import Scene
from .standing import Appointment


def half_crews(scene: Scene) -> frozenset[str]:
    """Orders on which one engineer is under way or at the machine and nobody is to be expected as the other one."""
    return frozenset(order.id for order in scene.orders if order.crew_size == 2 and _waits_in_vain(scene, order.id))


def _waits_in_vain(scene: Scene, order_id: str) -> bool:
    one, other = scene.standing.here(order_id), scene.standing.other(order_id)
    return one is not None and (other is None or not (other.frozen or _can_come(scene, other)))


def _can_come(scene: Scene, other: Appointment) -> bool:
    """Some shift is left to the engineer at the time of the appointment."""
    return any(
        shift.start < other.end and (shift.overtime_until or shift.end) > other.start
        for engineer in scene.facts.engineers
        if engineer.id == other.engineer_id
        for shift in engineer.shifts
    )
