"""A template tried against orders that have been: how many it would have broken, and what that would have cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.orders.domain.calendars import Calendar
from services.orders.domain.clocks import attach
from services.orders.domain.promise import Waiting, judge
from services.orders.domain.templates import Template, Traits, choose

WORST = 20
"""So many of the dearest breaches are shown."""


@dataclass(frozen=True, slots=True)
class PastOrder:
    """An order as it went: `stamps` are its time fields (and window_end), `late_fen` what its own promise cost."""

    order_id: str
    number: str
    traits: Traits
    reported_at: datetime
    stamps: Mapping[str, datetime]
    waits: Sequence[Waiting]
    broken: bool
    late_fen: int


@dataclass
class ClockTally:
    """How one clock of the template would have ended."""

    met: int = 0
    breached: int = 0
    running: int = 0
    late_fen: int = 0


@dataclass(frozen=True, slots=True)
class Breach:
    """One clock of one order that the template would have broken."""

    order_id: str
    number: str
    clock: str
    late_seconds: int
    late_fen: int


@dataclass
class Tried:
    """The template's account beside the real one."""

    orders: int = 0
    taken: int = 0
    lost_to: dict[str, int] = field(default_factory=dict)
    clocks: dict[str, ClockTally] = field(default_factory=dict)
    broken_orders: int = 0
    late_fen: int = 0
    actual_broken_orders: int = 0
    actual_late_fen: int = 0
    worst: list[Breach] = field(default_factory=list)


def take(
    tried: Tried,
    orders: Sequence[PastOrder],
    template: Template,
    *,
    others: Sequence[Template],
    calendars: Mapping[str, Calendar],
    now: datetime,
) -> None:
    """Add `orders` to the account. `template` holds at any time; `others` are what would stand beside it."""
    for order in orders:
        tried.orders += 1
        if not template.match.fits(order.traits):
            continue
        winner = choose([*others, template], order.traits, at=order.reported_at)
        if winner is not template:
            name = winner.template_id if winner else ""
            tried.lost_to[name] = tried.lost_to.get(name, 0) + 1
            continue
        tried.taken += 1
        tried.actual_broken_orders += order.broken
        tried.actual_late_fen += order.late_fen
        breaches = _breaches(tried, order, template, calendars, now)
        tried.broken_orders += bool(breaches)
        tried.worst = sorted([*tried.worst, *breaches], key=lambda breach: -breach.late_fen)[:WORST]


def _breaches(
    tried: Tried, order: PastOrder, template: Template, calendars: Mapping[str, Calendar], now: datetime
) -> list[Breach]:
    found = []
    clocks, _ = attach(template.clocks, order.stamps, calendars)
    for clock in clocks:
        rule = clock.rule
        standing = judge(
            rule,
            started_at=clock.started_at,
            waits=order.waits,
            stamps=order.stamps,
            now=now,
            breach_raised=False,
            calendar=calendars[rule.calendar] if rule.calendar else None,
        )
        tally = tried.clocks.setdefault(rule.clock, ClockTally())
        if standing.state == "breached":
            tally.breached += 1
            tally.late_fen += standing.late_fen
            tried.late_fen += standing.late_fen
            found.append(Breach(order.order_id, order.number, rule.clock, standing.late_seconds, standing.late_fen))
        elif standing.state == "met":
            tally.met += 1
        else:
            tally.running += 1
    return found
