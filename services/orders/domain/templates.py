"""Promise templates: what they hold, what makes one impossible, and which one fits an order."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal

from services.orders.domain.promise import ClockName, ClockRule

BLANK_VERSION = 0
"""A template of this version is a form to be filled in: its name and match are given, its clocks are the owner's."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What a template is chosen by. `contracts` are the kinds of the machine's contracts that hold at the report."""

    tier: str
    product: str
    work_type: str
    branch_id: str
    grade: str | None = None
    contracts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Match:
    """What an order must be for a template to fit. An empty tuple means any; grades are those of stations."""

    tiers: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    work_types: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    contracts: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()

    def fits(self, traits: Traits) -> bool:
        asked = (
            (self.tiers, traits.tier),
            (self.products, traits.product),
            (self.work_types, traits.work_type),
            (self.branches, traits.branch_id),
            (self.grades, traits.grade),
        )
        contract = not self.contracts or not traits.contracts.isdisjoint(self.contracts)
        return contract and all(not allowed or value in allowed for allowed, value in asked)

    def includes(self, other: "Match") -> bool:
        """Whether every order that fits `other` fits this as well."""
        pairs = [(getattr(self, field.name), getattr(other, field.name)) for field in fields(self)]
        return all(not mine or (theirs and set(theirs) <= set(mine)) for mine, theirs in pairs)


RemedyKind = Literal["compensation", "recovery_order"]


@dataclass(frozen=True, slots=True)
class Remedy:
    """What is proposed when `clock` is broken: money, or an order of `work_type` to fetch the machine.

    `amount_fen` is what that takes from the branch's budget: the compensation, or the expected cost of the recovery.

    A replacement vehicle is no remedy of a broken clock: dispatch sends it before (`replacement_products`).
    """

    clock: ClockName
    kind: RemedyKind
    amount_fen: int = 0
    work_type: str | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """One version of a promise. It holds for orders reported in [valid_from, valid_until)."""

    template_id: str
    version: int
    name_zh: str
    name_en: str
    priority: int
    match: Match
    replacement_products: tuple[str, ...]
    clocks: tuple[ClockRule, ...]
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    remedies: tuple[Remedy, ...] = ()

    @property
    def rank(self) -> tuple[int, str]:
        """Of several that fit, the one with the highest rank is taken."""
        return self.priority, self.template_id

    def faults(self) -> list[str]:
        """What makes this template impossible to keep or to match; empty when it is sound."""
        found = []
        names = [rule.clock for rule in self.clocks]
        if not names:
            found.append("a promise needs at least one clock")
        found += [f"the clock {name} stands twice" for name in sorted({n for n in names if names.count(n) > 1})]
        for rule in self.clocks:
            found += _faults_of(rule)
        for remedy in self.remedies:
            if remedy.clock not in names:
                found.append(f"a remedy names the clock {remedy.clock}, which the promise does not have")
            if remedy.kind == "compensation" and remedy.amount_fen <= 0:
                found.append("a compensation needs an amount")
            if (remedy.kind == "recovery_order") != (remedy.work_type is not None):
                found.append("a recovery order, and nothing else, needs a work type")
        pairs = [(remedy.clock, remedy.kind) for remedy in self.remedies]
        if len(pairs) > len(set(pairs)):
            found.append("a remedy stands twice")
        if self.valid_from and self.valid_until and self.valid_from >= self.valid_until:
            found.append("valid_until is not after valid_from: it could never match")
        return found

    def overshadowed_by(self, others: Iterable["Template"], *, now: datetime) -> "Template | None":
        """A template that is always taken instead of this one, so that this one could never match."""
        for other in newest(others, at=self.valid_from or now):
            always = other.valid_until is None and other.template_id != self.template_id
            if always and other.clocks and other.rank > self.rank and other.match.includes(self.match):
                return other
        return None


def remedy_loop(templates: Iterable[Template], work_types: Iterable[str], *, now: datetime) -> list[str] | None:
    """Work types whose broken promises would open orders of each other without end; None without such a circle."""
    opens: dict[str, set[str]] = {work_type: set() for work_type in work_types}
    for template in newest(templates, at=now):
        targets = {remedy.work_type for remedy in template.remedies if remedy.work_type is not None}
        for work_type in template.match.work_types or opens:
            opens.setdefault(work_type, set()).update(targets)

    def walk(path: list[str]) -> list[str] | None:
        for following in sorted(opens.get(path[-1], ())):
            if following in path:
                return [*path[path.index(following) :], following]
            if (circle := walk([*path, following])) is not None:
                return circle
        return None

    return next((circle for start in sorted(opens) if (circle := walk([start])) is not None), None)


def _faults_of(rule: ClockRule) -> list[str]:
    found = []
    if not rule.stops:
        found.append(f"the clock {rule.clock} has no stop event")
    if rule.start in rule.stops:
        found.append(f"the clock {rule.clock} stops with the event that starts it")
    if rule.cap_fen < rule.step_fen:
        found.append(f"the clock {rule.clock} has a cap below its step")
    reasons = [pause.reason for pause in rule.pauses]
    if len(reasons) > len(set(reasons)):
        found.append(f"the clock {rule.clock} names a pause twice")
    return found


def newest(templates: Iterable[Template], *, at: datetime) -> Collection[Template]:
    """Each template in its newest version that has begun at `at`."""
    found: dict[str, Template] = {}
    for template in templates:
        known = found.get(template.template_id)
        begun = template.valid_from is None or template.valid_from <= at
        if begun and (known is None or known.version < template.version):
            found[template.template_id] = template
    return found.values()


def choose(templates: Iterable[Template], traits: Traits, *, at: datetime) -> Template | None:
    """The fitting template with the highest priority, each in its newest version that has begun at `at`.

    An older version never revives because the newest one ended or stopped matching this kind of order.
    """
    fitting = (
        template
        for template in newest(templates, at=at)
        if template.clocks and (template.valid_until is None or at < template.valid_until)
        if template.match.fits(traits)
    )
    return max(fitting, key=lambda template: template.rank, default=None)
