"""What a refused hold means: the same facts without what somebody else was faster to take."""

from collections import Counter
from collections.abc import Collection

from .facts import Facts, FleetVehicle, StockPlace
from .published import Proposal, SourcedLine, UnassignedOrder


def less_stock(facts: Facts, proposal: Proposal, refused: Collection[str]) -> Facts:
    """A place that refused a line holds no more of that part than it granted to this very proposal."""
    granted: Counter[tuple[str, str]] = Counter()
    short: set[tuple[str, str]] = set()
    for line in proposal.parts:
        shelf = (line.place_id, line.used_part)
        if line.name in refused:
            short.add(shelf)
        else:
            granted[shelf] += line.quantity
    places = [
        _less(place, {part for where, part in short if where == place.id}, granted) for place in facts.stock.places
    ]
    return facts.model_copy(update={"stock": facts.stock.model_copy(update={"places": places})})


def _less(place: StockPlace, parts: set[str], granted: Counter[tuple[str, str]]) -> StockPlace:
    if not parts:
        return place
    left = {part: min(place.stock.get(part, 0), granted[place.id, part]) for part in parts}
    return place.model_copy(update={"stock": place.stock | left})


def less_vehicles(facts: Facts, vehicles: Collection[str]) -> Facts:
    """The same facts without some replacement vehicles."""
    left: list[FleetVehicle] = [vehicle for vehicle in facts.vehicles if vehicle.id not in vehicles]
    return facts.model_copy(update={"vehicles": left})


def leave_out(proposal: Proposal, orders: frozenset[str]) -> Proposal:
    """The proposal without orders whose parts could not be had anywhere in time."""
    if not orders:
        return proposal
    rest = proposal.without(orders)
    missing = [UnassignedOrder(order_id=order, reason="part_missing") for order in sorted(orders)]
    return rest.model_copy(
        update={
            "unassigned": [*rest.unassigned, *missing],
            "served": rest.served - len(orders),
            "predictions": proposal.predictions,
        }
    )


def firm_lines(proposal: Proposal, bound: Collection[str], refused: Collection[str]) -> list[SourcedLine]:
    """What is told to parts: all lines but those of work under way (`bound`) that parts would not hold."""
    return [line for line in proposal.parts if line.order_id not in bound or line.name not in refused]
