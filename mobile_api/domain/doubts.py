"""What makes a fact implausible. Such a fact is taken and marked: a person looks at it, nothing is dropped."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import ValidationError

from kit.sightings import Sighting
from kit.values import WirePlace

Doubt = Literal["backdated", "teleport"]
DOUBTS: dict[Doubt, str] = {
    "backdated": "by its own corrected clock the phone did it before it was sent, or before what it had done earlier",
    "teleport": "nobody drives that fast from where the engineer had checked in before",
}
CLOCKS_DRIFT = timedelta(minutes=2)
"""Clocks are set by networks in between; less than this means nothing."""


def backdated(at: datetime, *, earlier: datetime | None, dispatched_at: datetime | None) -> bool:
    """Whether a fact lies before what was earlier: the operation with a lower number, and the sending to the phone.

    All times are the phone's corrected by its skew, not clipped.
    """
    bounds = [bound for bound in (earlier, dispatched_at) if bound is not None]
    return any(at < bound - CLOCKS_DRIFT for bound in bounds)


def sighting(payload: Mapping[str, Any], at: datetime) -> Sighting | None:
    """The place of a check-in; None when it has none that can be read (its owner says what it thinks of that)."""
    try:
        place = WirePlace.model_validate(payload.get("place")).to_wgs84()
    except ValidationError:
        return None
    accuracy = payload.get("accuracy_m")
    return Sighting(place, at, float(accuracy) if isinstance(accuracy, int | float) else 0.0)
