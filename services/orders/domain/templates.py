"""Promise templates: which one fits an order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.orders.domain.promise import ClockRule


@dataclass(frozen=True, slots=True)
class Match:
    """What an order must be for a template to fit. An empty tuple means any."""

    tiers: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    work_types: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()

    def fits(self, *, tier: str, product: str, work_type: str, branch_id: str) -> bool:
        asked = ((self.tiers, tier), (self.products, product), (self.work_types, work_type), (self.branches, branch_id))
        return all(not allowed or value in allowed for allowed, value in asked)


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

    def faults(self) -> list[str]:
        """What makes this template impossible to keep or to match; empty when it is sound."""
        found = []
        names = [rule.clock for rule in self.clocks]
        if not names:
            found.append("a promise needs at least one clock")
        found += [f"the clock {name} stands twice" for name in sorted({n for n in names if names.count(n) > 1})]
        found += [f"the clock {rule.clock} has no stop event" for rule in self.clocks if not rule.stops]
        found += [
            f"the clock {rule.clock} has a cap below its step" for rule in self.clocks if rule.cap_fen < rule.step_fen
        ]
        if self.valid_from and self.valid_until and self.valid_from >= self.valid_until:
            found.append("valid_until is not after valid_from: it could never match")
        return found


def choose(
    templates: Iterable[Template], *, tier: str, product: str, work_type: str, branch_id: str, at: datetime
) -> Template | None:
    """The fitting template with the highest priority, each in its newest version that has begun at `at`.

    An older version never revives because the newest one ended or stopped matching this kind of order.
    """
    newest: dict[str, Template] = {}
    for template in templates:
        known = newest.get(template.template_id)
        begun = template.valid_from is None or template.valid_from <= at
        if begun and (known is None or known.version < template.version):
            newest[template.template_id] = template
    fitting = (
        template
        for template in newest.values()
        if (template.valid_until is None or at < template.valid_until)
        and template.match.fits(tier=tier, product=product, work_type=work_type, branch_id=branch_id)
    )
    return max(fitting, key=lambda template: (template.priority, template.template_id), default=None)
