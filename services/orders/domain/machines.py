"""What the record of a machine decides: warranty, and the station that answers for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import cos, radians
from typing import Literal, get_args

from kit.geo import distance_m
from kit.values import Place

WarrantyDecision = Literal["covered", "expired", "unknown"]
WARRANTY_DECISIONS: tuple[str, ...] = get_args(WarrantyDecision)
WarrantyReason = Literal["within_warranty", "warranty_ended", "no_warranty_date", "not_in_service_yet"]
WARRANTY_REASONS: tuple[str, ...] = get_args(WarrantyReason)

ContractReason = Literal["within_contract", "contract_ended", "contract_not_begun"]
CONTRACT_REASONS: tuple[str, ...] = get_args(ContractReason)

NAMED_STATION_REACH_M = 200_000
"""A named station answers for its machine within this distance; farther away the nearest one is the better help."""


@dataclass(frozen=True, slots=True)
class Warranty:
    """Whether the maker pays (三包), and why."""

    decision: WarrantyDecision
    reason: WarrantyReason


@dataclass(frozen=True, slots=True)
class StationNeed:
    """What an order asks of its station: authorised for the brand, permitted to do the work (None: any station is)."""

    brand: str
    capability: str | None = None


@dataclass(frozen=True, slots=True)
class Station:
    """A service station as far as orders need it; no `brands` means that it serves all. `permitted` are the kinds of
    work that may be assigned to it, by what it is able to do and by its level and grade; None: every kind."""

    station_id: str
    territory_id: str
    branch_id: str
    place: Place
    brands: tuple[str, ...]
    grade: str | None = None
    permitted: frozenset[str] | None = None

    def serves(self, brand: str) -> bool:
        """Whether it is authorised for the brand."""
        return not self.brands or brand in self.brands

    def may(self, asked: StationNeed) -> bool:
        """Whether such an order may be assigned there."""
        may = asked.capability is None or self.permitted is None or asked.capability in self.permitted
        return may and self.serves(asked.brand)


@dataclass(frozen=True, slots=True)
class Contract:
    """A service contract that covers a machine; both days are inclusive, None means without end."""

    contract_id: str
    kind: str
    valid_from: date
    valid_until: date | None

    def holds(self, on: date) -> bool:
        return self.reason(on) == "within_contract"

    def reason(self, on: date) -> ContractReason:
        """Why it holds on that day, or does not."""
        if on < self.valid_from:
            return "contract_not_begun"
        return "contract_ended" if self.valid_until is not None and on > self.valid_until else "within_contract"


def warranty(*, in_service_on: date | None, warranty_until: date | None, on: date) -> Warranty:
    """The decision for a report on the day `on`; `warranty_until` is inclusive."""
    if in_service_on is not None and on < in_service_on:
        return Warranty("unknown", "not_in_service_yet")
    if warranty_until is None:
        return Warranty("unknown", "no_warranty_date")
    if on <= warranty_until:
        return Warranty("covered", "within_warranty")
    return Warranty("expired", "warranty_ended")


def responsible(
    stations: Sequence[Station], *, place: Place, asked: StationNeed, named_station_id: str | None
) -> Station | None:
    """The named station when it may do what is asked and is in reach, else the nearest one that may.

    Where none may, the nearest one that serves the brand answers, or the nearest of all: without the authorisation.
    """
    named = next((station for station in stations if station.station_id == named_station_id), None)
    if named is not None and named.may(asked) and distance_m(named.place, place) <= NAMED_STATION_REACH_M:
        return named
    able = [station for station in stations if station.may(asked)]
    # Thousands of stations are compared per intake: on the plane is close enough to pick the nearest.
    shrink = cos(radians(place.lat))
    return min(
        able or [station for station in stations if station.serves(asked.brand)] or stations,
        key=lambda station: ((station.place.lon - place.lon) * shrink) ** 2 + (station.place.lat - place.lat) ** 2,
        default=None,
    )
