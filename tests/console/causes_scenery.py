"""An order's likely causes as the service answers them, ranked by the real model from made-up closed orders."""

from typing import Any

from services.orders.api.causes import AdviceOut, FoundOut, Weights
from services.orders.catalogue import shipped
from services.orders.domain.causes import Found, Knowledge, counted, rank
from services.orders.domain.intake import Machine
from services.orders.domain.kits import best_kit
from services.orders.use_cases.causes import Advice

FAULT = "oil-pressure-low"
CLOSED = [
    Found(FAULT, "sensor-reads-low", "RC-600", "middle", 14),
    Found(FAULT, "pump-worn", "RC-600", "old", 6),
    Found(FAULT, "filter-blocked", "RC-400", "middle", 9),
    Found(FAULT, "other", "RC-600", "middle", 1),
]
PRICES = {"EN-1001": (860_000, 5200), "EN-1002": (18500, 120), "EN-1004": (8600, 1400)}
"""The oil pump is made so dear that it stays at the depot; the oil has no price."""


def advice(found: list[dict[str, Any]]) -> dict[str, Any]:
    """What GET /orders/v1/orders/{id}/causes answers."""
    rules = shipped().causes
    lists = {FAULT: [cause for cause in rules.causes if cause.fault == FAULT]}
    knowledge = Knowledge(lists, rules.weights, rules.other_prior, counted(CLOSED))
    ranked = rank(knowledge, FAULT, model="RC-600", band="middle", own=[Found(FAULT, "pump-worn", "RC-600", "old", 1)])
    machine = Machine("A1", "tractor", "RC", "gold", "S1", None, None, None, model="RC-600")
    fault = next(fault for fault in shipped().faults if fault.fault == FAULT)
    kit = best_kit([ranked], rules.kit.prices(PRICES))
    weights = Weights(**{name: getattr(rules.weights, name) for name in Weights.model_fields})
    told = [FoundOut.model_validate(one) for one in found]
    built = Advice(machine, "middle", [(fault, ranked)], kit, ["EN-1006"])
    return AdviceOut.build(built, weights, told).model_dump(mode="json")
