"""Where a machine stands, by coordinates or by motorway stake number."""

from dataclasses import dataclass

from kit.values import Place
from services.orders.domain.problems import PlaceMissing
from services.orders.stake_numbers import RouteReference, StakeUnusable, parse_stake


@dataclass(frozen=True, slots=True)
class Spot:
    """A place and how far from it the machine may be; None when it was not said."""

    place: Place | None
    error_m: int


def locate(place: Place | None, stake: str | None, reference: RouteReference) -> Spot:
    """Coordinates win over a stake number. Raises PlaceMissing when a stake number alone gives no place."""
    if place is not None or not stake:
        return Spot(place, 0)
    try:
        found = reference.locate(parse_stake(stake))
    except StakeUnusable as error:
        why = f"this stake number gives no place: {error}"
        raise PlaceMissing(why, pointer="/stake", reason=error.reason.value) from error
    return Spot(found.place, found.error_m)
