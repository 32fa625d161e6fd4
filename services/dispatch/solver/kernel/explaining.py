"""Why orders are unassigned, also those that ask for more than an engineer of their own."""

from collections.abc import Sequence
from dataclasses import replace

from ..plan import Plan
from .draft import Draft
from .reading import plan_of
from .reasons import reasons
from .ways import Ways

BEFORE = ("skill", "certificate", "excluded", "pin", "unreachable", "part_missing")
"""Questions about the lead alone that come before those about others."""


def explained(draft: Draft) -> Plan:
    """The plan as it stands, with a true reason for every unassigned order."""
    why = reasons(draft.tables, draft.facts, draft.state, draft.desk, len(draft.problem.orders))
    for order in draft.ties.orders if why else ():
        if order in why:
            why[order] = tied_reason(draft, order, why[order])
    return plan_of(draft.problem, draft.facts, draft.state, why)


def tied_reason(draft: Draft, order: int, alone: str, tours: Sequence[int] | None = None) -> str:
    """The first public question that leaves nobody; `alone`: the answer without expert, links and second. `tours`: only
    these for the lead."""
    if alone in BEFORE:
        return alone
    ways, record = Ways(draft), draft.problem.orders[order]
    if record.expert is not None and not ways.experts.fitting(record.expert):
        return "expert"
    if record.links and ways.ready(order) is None:
        return "link"
    crew = "crew" if record.pin_second is None else "pin"
    if record.crew == 2 and not _has_crew(draft, order):
        return crew
    if alone != "price" or ways.is_possible(order, tours):
        return alone
    for reason, less in (("expert", {"expert": None}), ("link", {"links": ()}), (crew, {"crew": 1})):
        record = replace(record, **less)
        if ways.is_possible(order, tours, asking=record):
            return reason
    return "capacity"


def _has_crew(draft: Draft, order: int) -> bool:
    """Somebody has what the second needs, and somebody else what the lead needs."""
    leads = set(draft.tables.allowed(order).tolist())
    row = draft.ties.rows_of(order)[0]
    return any(leads - {second} for second in draft.tables.allowed(row).tolist())
