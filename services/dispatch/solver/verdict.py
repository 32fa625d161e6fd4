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
    expert: int = -1


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
    """Money by rule, violations, totals. By engineer: `burden`, seconds of travel and overtime; `nights` away."""

    fen: Counter[str] = field(default_factory=Counter)
    burden: Counter[int] = field(default_factory=Counter)
    nights: Counter[int] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)
    travel_seconds: int = 0
    travel_metres: int = 0
    overtime_seconds: int = 0

    def charge(self, rule: str, fen: int) -> None:
        """Add fen to a priced rule."""
        self.fen[rule] += fen

    def charge_hours(self, rule: str, fen_per_hour: int, seconds: int) -> None:
        """Add fen_per_hour x seconds / 3600 to a priced rule, rounded up."""
        fen, rest = divmod(fen_per_hour * seconds, 3600)
        self.charge(rule, fen + (rest > 0))

    def violate(self, rule: str, **what: int) -> None:
        """Note a broken hard rule; `what` are the members of Violation that it is about."""
        self.violations.append(Violation(rule, **what))

    def violate_all(self, broken: dict[str, bool], **what: int) -> None:
        """Note those hard rules whose value is true."""
        for rule, is_broken in broken.items():
            if is_broken:
                self.violate(rule, **what)
