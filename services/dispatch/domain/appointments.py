"""The state machine of an appointment: who may take which step, and what the plan may still change."""

from datetime import datetime
from typing import Literal

from kit.geo import distance_m
from kit.problems import Conflict
from kit.values import Place

State = Literal["planned", "dispatched", "acknowledged", "travelling", "on_site", "done", "declined", "cancelled"]
PhoneStep = Literal["acknowledged", "declined", "travelling", "on_site"]
Role = Literal["lead", "second"]
"""Who is meant of a crew of two; an engineer alone is the lead."""
Slot = tuple[str, Role]
"""An order's place for one engineer: its id, and as what he comes."""

ACTIVE: frozenset[State] = frozenset(("planned", "dispatched", "acknowledged", "travelling", "on_site"))
"""States that hold the engineer's time; an order has at most one appointment of each role in one of them."""
FROZEN: frozenset[State] = frozenset(("travelling", "on_site"))
"""States that no plan touches."""
TOLD: frozenset[State] = frozenset(("dispatched", "acknowledged", "travelling", "on_site"))
"""States in which the engineer's phone knows the appointment; changing it then has a price."""

PHONE_STEPS: dict[PhoneStep, frozenset[State]] = {
    "acknowledged": frozenset(("dispatched",)),
    "declined": frozenset(("dispatched", "acknowledged")),
    "travelling": frozenset(("dispatched", "acknowledged")),
    "on_site": frozenset(("dispatched", "acknowledged", "travelling")),
}
"""From which states an engineer may take a step. A forgotten tap must not stop the next fact."""

CancelReason = Literal[
    "reassigned", "unplanned", "part_missing", "order_cancelled", "done_by_another", "order_ended", "crew_broken"
]
CANCEL_REASONS: dict[CancelReason, str] = {
    "reassigned": "the plan gives the order to another engineer",
    "unplanned": "the plan can no longer serve the order",
    "part_missing": "a part that the order needs is nowhere in stock: it is planned again when there is one",
    "order_cancelled": "the order was cancelled",
    "done_by_another": "the order was completed in another appointment",
    "order_ended": "the order no longer waits for an engineer: closed, waiting, or moved to another territory",
    "crew_broken": "the lead of the crew does not come: two engineers are planned anew",
}

FENCE_M = 500
"""How far from the site an engineer may check in, before the position's own error."""
MOST_ACCURACY_M = 1000
"""A position vaguer than this does not widen the fence any further."""
MOST_SITE_ERROR_M = 10_000
"""Nor does a site that is known worse than a town: who arrives farther from a county's middle confirms the machine."""


class InvalidTransition(Conflict):
    """The appointment cannot take this step from where it is"""


class OutsideGeofence(Conflict):
    """The check-in is too far from the site"""


def check_step(state: State, to: PhoneStep) -> None:
    """Raises InvalidTransition, with both states, unless the engineer may go from `state` to `to`."""
    if state not in PHONE_STEPS[to]:
        raise InvalidTransition(
            f"the appointment is {state}; {to} is possible from {', '.join(sorted(PHONE_STEPS[to]))}",
            state=state,
            to=to,
        )


class CheckIn:
    """Where a check-in was made, seen from the site. `distance_m` is None when the phone had no position.

    `site_error_m` is how far the machine may be from the site: whoever was sent to a coarse address is not at fault. At
    most MOST_SITE_ERROR_M of it counts: a fence of a prefecture would let anybody arrive anywhere.
    """

    def __init__(self, *, site: Place, place: Place | None, accuracy_m: float | None, site_error_m: int = 0):
        self.distance_m = None if place is None else round(distance_m(site, place))
        self.fence_m = FENCE_M + min(site_error_m, MOST_SITE_ERROR_M) + round(min(accuracy_m or 0.0, MOST_ACCURACY_M))

    @property
    def inside(self) -> bool:
        return self.distance_m is not None and self.distance_m <= self.fence_m

    def flagged(self, *, confirmed: bool) -> bool:
        """Whether a person must look at it. Raises OutsideGeofence when the engineer did not confirm it either."""
        if self.inside:
            return False
        if confirmed:
            return True
        where = "the phone gave no position" if self.distance_m is None else f"{self.distance_m} m from the site"
        raise OutsideGeofence(
            f"{where}, the fence is {self.fence_m} m: confirm that this is the machine, or check in there",
            distance_m=self.distance_m,
            fence_m=self.fence_m,
        )


def effective(at: datetime, *, not_before: datetime, received_at: datetime) -> datetime:
    """When a phone's fact counts: its own time, clipped to [told to the phone, received by us]."""
    return min(max(at, not_before), received_at)
