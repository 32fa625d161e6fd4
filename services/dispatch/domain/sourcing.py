"""What a refused hold means: the same facts without what somebody else was faster to take."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from .facts import Facts, FleetVehicle, KitAsked, StockPlace
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


def less_experts(facts: Facts, experts: Collection[str]) -> Facts:
    """The same facts without some experts."""
    return facts.model_copy(update={"experts": [one for one in facts.experts if one.id not in experts]})


def leave_out(proposal: Proposal, reasons: Mapping[str, str], waiting: frozenset[str] = frozenset()) -> Proposal:
    """The proposal without orders for which something could not be had in time, by reason, and what was `waiting` for
    them."""
    if not reasons:
        return proposal
    orders = frozenset(reasons)
    planned = (orders | waiting) & {order for order, _ in proposal.stops_of_orders()}
    rest = proposal.without(orders | waiting)
    left_out = [*reasons.items(), *((order, "link") for order in waiting - orders)]
    return rest.model_copy(
        update={
            "unassigned": [
                *rest.unassigned,
                *(UnassignedOrder(order_id=order, reason=reason) for order, reason in sorted(left_out)),
            ],
            "served": rest.served - len(planned),
            "predictions": proposal.predictions,
        }
    )


def firm_lines(proposal: Proposal, bound: Collection[str], refused: Collection[str]) -> list[SourcedLine]:
    """What is told to parts: all lines but those of work under way (`bound`) that parts would not hold."""
    return [line for line in proposal.parts if line.order_id not in bound or line.name not in refused]


@dataclass(frozen=True, slots=True)
class Lacked:
    """A line without which an order cannot start, and which lies nowhere."""

    order_id: str
    line: KitAsked


def lacked(facts: Facts, proposal: Proposal, at_work: Collection[str]) -> list[Lacked]:
    """Certain lines that no place has as many pieces of as they need, beside what the plan takes; a shelf that has
    them but cannot send them in time lacks nothing. Who is `at_work` has what there was."""
    left = Counter({(place.id, part): pieces for place in facts.stock.places for part, pieces in place.stock.items()})
    for taken in proposal.parts:
        left[taken.place_id, taken.used_part] -= taken.quantity
    most: dict[str, int] = {}
    for (_, part), pieces in left.items():
        most[part] = max(pieces, most.get(part, 0))
    sourced = {line.name for line in proposal.parts}
    moved = {(one.order_id, one.part) for one in facts.stock.moved}

    def lies_somewhere(order_id: str, line: KitAsked) -> bool:
        fitting = [line.part, *facts.stock.standing_in(order_id, line.part)]
        return any(most.get(part, 0) >= line.quantity or (order_id, part) in moved for part in fitting)

    return [
        Lacked(order.id, line)
        for order in facts.orders
        if order.id not in at_work
        for line in order.kit
        if line.probability >= 1 and f"{order.id}:{line.line}" not in sourced and not lies_somewhere(order.id, line)
    ]
