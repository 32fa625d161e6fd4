"""When a fact that a device reports counts as having happened."""

from datetime import datetime


def effective_at(*, at: datetime, dispatched_at: datetime, received_at: datetime) -> datetime:
    """The device's (skew-corrected) time, clipped to [dispatched_at, received_at].

    Nobody arrives before being sent or after having told so; both raw times stay with the fact.
    """
    return min(max(at, dispatched_at), max(dispatched_at, received_at))
