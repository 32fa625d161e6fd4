"""From what a peer answered to a whole plan: kits, what it left out, replacement vehicles, by the same greedy fill."""

from services.dispatch.solver import Plan, Problem
from services.dispatch.solver.kernel.completing import complete
from services.dispatch.solver.kernel.draft import Draft
from services.dispatch.solver.kernel.explaining import explained

from .reduced import Sequences


def completed(problem: Problem, sequences: Sequences) -> Plan:
    """Orders stay where the peer put them as far as every rule allows, each with the parts that are cheapest there,
    lateness and detour included; the rest is inserted cheapest first, and vehicles are sent where they pay."""
    draft = Draft(problem)
    for tour, orders in sequences.items():
        for order in orders:
            draft.append(order, tour)
    complete(draft)
    return explained(draft)
