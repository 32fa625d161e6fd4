"""A plan in the world's terms (ids, instants, places): what is proposed, held, published and shown."""

from typing import Literal

from pydantic import Field

from kit.values import Code, Fen, Instant, Seconds, Share, Text, Wire

from .appointments import Role, Slot

SourceKind = Literal["van", "pickup", "courier", "transfer"]


class SourcedLine(Wire):
    """One kit line of one order: `used_part` comes from `place_id`; `engineer_id` brings or awaits it."""

    order_id: str
    line: Text
    part: Code
    used_part: Code
    quantity: int
    source: SourceKind
    place_id: Code
    engineer_id: Code
    arrives_at: Instant | None = None
    fee_fen: Fen = 0

    @property
    def name(self) -> str:
        """Names the line in holds, the same in every plan."""
        return f"{self.order_id}:{self.line}"


class PlannedStop(Wire):
    """Work at an order, as the lead or the second of a crew, or a pick-up at a stock place."""

    kind: Literal["order", "pickup"]
    order_id: str | None = None
    role: Role = "lead"
    place_id: str | None = None
    lon: float
    lat: float
    arrival: Instant
    start: Instant
    end: Instant


class PlannedRoute(Wire):
    """What an engineer does in one shift, in order of driving."""

    engineer_id: Code
    shift_start: Instant
    from_lon: float
    from_lat: float
    depart: Instant
    stops: list[PlannedStop]
    return_at: Instant
    to_lon: float
    to_lat: float
    travel_s: Seconds
    travel_m: int
    overtime_s: Seconds


class VehicleCase(Wire):
    """A replacement vehicle that takes a cargo on; back at its place at `free_at`."""

    order_id: str
    vehicle_id: Code
    decide_by: Instant
    depart: Instant
    cargo_at: Instant
    delivered_at: Instant
    free_at: Instant
    fen: Fen
    sent: bool
    """Decided: its price is sunk and its driver was told."""


class Joining(Wire):
    """An expert who joins an order from afar while its work lasts."""

    order_id: str
    expert_id: Code
    start: Instant
    end: Instant


class UnassignedOrder(Wire):
    order_id: str
    reason: str


class Prediction(Wire):
    """When the plan stops a promise clock, and the chance from 0 to 1 that it is kept; none when nobody comes."""

    order_id: str
    clock: Text
    due: Instant
    predicted: Instant
    chance: Share | None = None


class Proposal(Wire):
    """A whole plan of a territory, ready to be held and published."""

    routes: list[PlannedRoute]
    parts: list[SourcedLine]
    cases: list[VehicleCase]
    experts: list[Joining] = Field(default_factory=list)
    unassigned: list[UnassignedOrder]
    predictions: list[Prediction]
    cost_fen: int
    by_rule: dict[str, int]
    served: int
    orders: int
    clocks: int
    clocks_kept: int
    engine: str
    seed: int | None
    travel_source: str
    degraded: bool

    def stops_of_orders(self) -> dict[Slot, tuple[str, PlannedStop]]:
        """Engineer and stop of each order's lead and second."""
        return {
            (stop.order_id, stop.role): (route.engineer_id, stop)
            for route in self.routes
            for stop in route.stops
            if stop.order_id is not None
        }

    def lead_of(self, order_id: str) -> tuple[str, PlannedStop] | None:
        """Engineer and stop of the one who answers for an order; None when it is left out."""
        return self.stops_of_orders().get((order_id, "lead"))

    def second_of(self, order_id: str) -> str | None:
        """The second engineer of the order's crew; None where nobody comes as that."""
        engineer_id, _ = self.stops_of_orders().get((order_id, "second"), (None, None))
        return engineer_id

    def lines_of_orders(self) -> dict[str, list[SourcedLine]]:
        """Sourced kit lines by order id."""
        found: dict[str, list[SourcedLine]] = {}
        for line in self.parts:
            found.setdefault(line.order_id, []).append(line)
        return found

    def without(self, orders: frozenset[str]) -> "Proposal":
        """The same plan less what it says about some orders."""
        if not orders:
            return self
        kept = [
            route.model_copy(update={"stops": [stop for stop in route.stops if stop.order_id not in orders]})
            for route in self.routes
        ]
        return self.model_copy(
            update={
                "routes": [route for route in kept if route.stops],
                "parts": [line for line in self.parts if line.order_id not in orders],
                "cases": [case for case in self.cases if case.order_id not in orders],
                "experts": [one for one in self.experts if one.order_id not in orders],
                "unassigned": [one for one in self.unassigned if one.order_id not in orders],
                "predictions": [one for one in self.predictions if one.order_id not in orders],
            }
        )
