"""What a fault turned out to be: causes ranked by a count model whose every count can be shown.

The share of a cause is the mean of a Dirichlet distribution: its prior from the maker's catalogue plus closed orders
that had it, each weighed by how near it is (the machine itself, its model and age band, its model, any other), over
the sum of all causes of the fault. The marginal of one cause is a Beta distribution, which gives the spread.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import sqrt

OTHER = "other"
"""The cause that is on nobody's list: no kit mends it on the first visit."""
DAYS_PER_YEAR = 365.25
Key = tuple[str, str]
"""A model and an age band."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause of `fault`; `prior` counts orders, `parts` are the pieces of each part that mend it (none: no part)."""

    fault: str
    cause: str
    name_zh: str
    name_en: str
    prior: float
    parts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Band:
    """Machines up to and including so many years, kilometres and hours; None has no end."""

    band: str
    years: float | None = None
    km: int | None = None
    h: int | None = None


@dataclass(frozen=True, slots=True)
class Levels:
    """One number for each nearness of a closed order; the four are disjoint."""

    machine: float
    band: float
    model: float
    others: float


@dataclass(frozen=True, slots=True)
class Found:
    """`orders` closed orders of one model and band had this cause."""

    fault: str
    cause: str
    model: str
    band: str
    orders: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """A cause with its evidence: `count` is the weighed sum, `share` its part of all counts, `spread` the standard
    deviation of the Beta marginal."""

    cause: Cause
    orders: Levels
    count: float
    share: float
    spread: float


@dataclass(frozen=True)
class Knowledge:
    """What is known of causes: lists by fault, and closed orders by fault and cause, then by model and band."""

    causes: Mapping[str, Sequence[Cause]]
    weights: Levels
    other_prior: float
    found: Mapping[tuple[str, str], Mapping[Key, int]] = field(default_factory=dict)

    def of(self, fault: str) -> list[Cause]:
        """The causes of a fault, the unlisted one last; empty for a fault without a list."""
        listed = self.causes.get(fault, ())
        other = Cause(fault, OTHER, "其他原因", "Another cause", self.other_prior, {})
        return [*listed, other] if listed else []

    def knows(self, fault: str, cause: str) -> bool:
        return any(one.cause == cause for one in self.of(fault))


def counted(found: Iterable[Found]) -> dict[tuple[str, str], dict[Key, int]]:
    """Closed orders by fault and cause, then by model and band."""
    counts: dict[tuple[str, str], dict[Key, int]] = defaultdict(dict)
    for one in found:
        own = counts[one.fault, one.cause]
        own[one.model, one.band] = own.get((one.model, one.band), 0) + one.orders
    return dict(counts)


def rank(knowledge: Knowledge, fault: str, *, model: str, band: str, own: Iterable[Found] = ()) -> list[Ranked]:
    """The causes of a fault, likeliest first (the list's order breaks ties).

    `own` are closed orders of the machine itself, which `knowledge.found` counts as well.
    """
    causes = knowledge.of(fault)
    mine = counted(own)
    orders = [_levels(knowledge, one, mine.get((fault, one.cause), {}), model=model, band=band) for one in causes]
    weights = knowledge.weights
    counts = [
        cause.prior
        + weights.machine * seen.machine
        + weights.band * seen.band
        + weights.model * seen.model
        + weights.others * seen.others
        for cause, seen in zip(causes, orders, strict=True)
    ]
    total = sum(counts)
    ranked = []
    for cause, seen, count in zip(causes, orders, counts, strict=True):
        share = count / total
        ranked.append(Ranked(cause, seen, count, share, sqrt(share * (1 - share) / (total + 1))))
    return sorted(ranked, key=lambda one: -one.share)


def _levels(knowledge: Knowledge, cause: Cause, mine: Mapping[Key, int], *, model: str, band: str) -> Levels:
    """Closed orders with this cause, each at its nearest level."""
    near = of_model = others = 0
    for (their_model, their_band), orders in knowledge.found.get((cause.fault, cause.cause), {}).items():
        # The machine's own orders are read later than the counts: a count must not fall below zero for it.
        strangers = max(orders - mine.get((their_model, their_band), 0), 0)
        if their_model != model:
            others += strangers
        elif their_band != band:
            of_model += strangers
        else:
            near += strangers
    return Levels(sum(mine.values()), near, of_model, others)


def band_of(
    bands: Sequence[Band], *, in_service_on: date | None, meter_km: int | None, meter_h: int | None, on: date
) -> str:
    """The band of a machine on a day: the oldest of what age and meters say; the first when nothing is known."""
    years = (on - in_service_on).days / DAYS_PER_YEAR if in_service_on else None
    says = ((years, "years"), (meter_km, "km"), (meter_h, "h"))
    return bands[max(_first(bands, value, end) for value, end in says)].band


def _first(bands: Sequence[Band], value: float | None, end: str) -> int:
    if value is None:
        return 0
    ends = [getattr(band, end) for band in bands]
    return next(index for index, until in enumerate(ends) if until is None or value <= until)
