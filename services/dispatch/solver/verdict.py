"""What the judge writes down while it reads a plan."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Violation:
    """A hard rule broken (public id), and by what: indices, -1 where the rule is not about one."""

    rule: str
    order: int = -1
    engineer: int = -1
    depot: int = -1
    vehicle: int = -1


@dataclass(frozen=True, slots=True)
class Totals:
    """Figures beside the price; times in seconds, ways in metres."""

    orders: int
    served: int
    unassigned: int
    clocks: int
    clocks_kept: int
    travel_seconds: int
    travel_metres: int
    overtime_seconds: int


@dataclass
class Ledger:
    """Money by rule, violations, totals."""

    fen: Counter[str] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)
    travel_seconds: int = 0
    travel_metres: int = 0
    overtime_seconds: int = 0

    def charge(self, rule: str, fen: int) -> None:
        """Add fen to a priced rule."""
        self.fen[rule] += fen

    def violate(self, rule: str, *, order: int = -1, engineer: int = -1, depot: int = -1, vehicle: int = -1) -> None:
        """Note a broken hard rule."""
        self.violations.append(Violation(rule, order, engineer, depot, vehicle))
