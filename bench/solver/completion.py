"""From what a peer answered to a whole plan: kits, what it left out, replacement vehicles, by the same greedy fill."""

from services.dispatch.solver import Plan, Problem
from services.dispatch.solver.draft import Draft, Kit
from services.dispatch.solver.greedy import construct, finished
from services.dispatch.solver.insertion import has_room
from services.dispatch.solver.kits import kits
from services.dispatch.solver.problem import FOREVER
from services.dispatch.solver.step import states

from .reduced import Sequences


def completed(problem: Problem, sequences: Sequences) -> Plan:
    """Orders stay where the peer put them as far as every rule allows, each with the parts that are cheapest there,
    lateness and detour included; the rest is inserted cheapest first, and vehicles are sent where they pay."""
    draft = Draft(problem)
    for tour, orders in sequences.items():
        for order in orders:
            if draft.tables.tours[tour].engineer in draft.tables.allowed(order) and has_room(draft, order, tour):
                _append(draft, order, tour)
    return finished(construct(draft))


def _append(draft: Draft, order: int, tour: int) -> None:
    """Put the order at the end of the tour with its cheapest kit, if any fits."""
    found: list[tuple[int, int, list[int], Kit]] = []
    for rank, kit in enumerate(kits(draft, order, tour)):
        before = draft.visits[tour]
        visits = [*before, *(-1 - depot for depot in kit.depots if -1 - depot not in before), order]
        draft.relief.release[order] = kit.release
        driven = states(draft.tables, draft.relief, tour, visits)
        fen = None if driven is None else draft.closing_fen(tour, visits, driven[-1])
        draft.relief.release[order] = -FOREVER
        if fen is not None:
            found.append((fen + kit.fen, rank, visits, kit))
    if found:
        _, _, visits, kit = min(found, key=lambda entry: entry[:2])
        draft.put(order, tour, visits, kit)
