# ruff: noqa: RUF012 (pydantic copies mutable defaults per instance)
"""Roadcall's own problem document, version `roadcall-problem/1`."""

from functools import cached_property
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from .fields import Document, Fen, FenPerHour, FenPerKm, Seconds
from .orders import Order
from .resources import Depot, Engineer, Expert, Place, ReplacementVehicle, Window
from .travel import Travel


class Price(Document):
    """What things cost; everything is added up in fen into one objective.

    Each leg is priced on its own, rounded up. `skill_excess_fen_per_level` is paid for every level that an
    engineer stands above a required one, so that the expert is spared. `second_visit_fen` times a kit line's
    probability is paid when the line is not brought along. `change_time_fen` is paid when a published start
    moves by more than `change_time_tolerance_seconds`. `fairness_fen_per_hour` is paid for what the plan adds to an
    engineer's burden (history, driving, overtime) above `fairness_free_seconds`.
    """

    travel_fen_per_hour: FenPerHour = 6_000
    distance_fen_per_km: FenPerKm = 100
    labour_fen_per_hour: FenPerHour = 0
    overtime_fen_per_hour: FenPerHour = 9_000
    skill_excess_fen_per_level: Fen = 0
    second_visit_fen: Fen = 0
    change_engineer_fen: Fen = 0
    change_time_fen: Fen = 0
    change_time_tolerance_seconds: Seconds = 900
    fairness_fen_per_hour: FenPerHour = 0
    fairness_free_seconds: Seconds = 0


class ProblemDocument(Document):
    """One dispatch problem: who could come, what has to be done, what everything costs.

    All instants are int seconds from `origin`; the plan lies inside `horizon`, whose start is "now". `travel`
    may be absent in a call to the dispatch API, which then fills it from its own road network.
    """

    version: Literal["roadcall-problem/1"]
    origin: Annotated[AwareDatetime, Field(strict=False)]
    horizon: Window
    price: Price = Price()
    places: list[Place]
    travel: Travel | None = None
    engineers: list[Engineer] = []
    depots: list[Depot] = []
    orders: list[Order] = []
    replacement_vehicles: list[ReplacementVehicle] = []
    experts: list[Expert] = []

    @cached_property
    def couriers(self) -> list[tuple[int, Depot]]:
        """Depots that send couriers, with their position: few among many shelves."""
        return [(index, depot) for index, depot in enumerate(self.depots) if depot.courier]
