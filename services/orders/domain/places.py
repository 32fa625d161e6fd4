"""Where a machine stands: by coordinates, by motorway stake number or by an address in words."""

from dataclasses import dataclass
from typing import Any, Literal

from kit.values import Place
from services.orders.addresses import AddressUnusable, Gazetteer
from services.orders.domain.problems import PlaceMissing
from services.orders.stake_numbers import RouteReference, StakeUnusable, parse_stake

PlaceSource = Literal["coordinates", "stake", "address", "record", "corrected"]
"""How a place is known; `record`: the machine's usual one, `corrected`: by a person, after the report."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place and how far from it the machine may be; matched: the names by which an address was found."""

    place: Place
    error_m: int = 0
    source: PlaceSource = "coordinates"
    matched: str | None = None

    def columns(self) -> dict[str, Any]:
        """The columns of an order."""
        where = {"lon": self.place.lon, "lat": self.place.lat, "place_error_m": self.error_m}
        return where | {"place_source": self.source, "place_matched": self.matched}


@dataclass(frozen=True, slots=True)
class Finders:
    """What is known of motorways and names."""

    posts: RouteReference
    names: Gazetteer


Where = Spot | PlaceMissing | None
"""Where the machine stands, or why what was said does not tell it; None when nothing was said."""


def locate(place: Place | None, stake: str | None, address: str | None, finders: Finders) -> Where:
    """Coordinates win over a stake number, that over an address; an address with a stake number in it counts as one.

    Raises PlaceMissing when a stake number gives no place and no address stands in for it.
    """
    if place is not None:
        return Spot(place)
    by_stake = _by_stake(stake, finders.posts) if stake else None
    if isinstance(by_stake, Spot) or not address:
        if isinstance(by_stake, PlaceMissing):
            raise by_stake
        return by_stake
    in_words = _by_stake(address, finders.posts)
    by_address = in_words if isinstance(in_words, Spot) else _by_address(address, finders.names)
    if isinstance(by_stake, PlaceMissing) and not isinstance(by_address, Spot):
        raise by_stake
    return by_address


def _by_stake(stake: str, posts: RouteReference) -> Spot | PlaceMissing:
    try:
        found = posts.locate(parse_stake(stake))
    except StakeUnusable as error:
        why = f"this stake number gives no place: {error}"
        return PlaceMissing(why, pointer="/stake", reason=error.reason.value)
    return Spot(found.place, found.error_m, "stake")


def _by_address(address: str, names: Gazetteer) -> Spot | PlaceMissing:
    try:
        found = names.locate(address)
    except AddressUnusable as error:
        candidates = [
            {"name": one.name, "province": one.province, "near": one.near, "lon": one.place.lon, "lat": one.place.lat}
            for one in error.candidates
        ]
        why = f"this address gives no place: {error}"
        return PlaceMissing(why, pointer="/address", reason=error.reason.value, candidates=candidates)
    return Spot(found.place, found.error_m, "address", found.matched)
