"""Scorecards: KPIs weighed into one score from 0 to 100, in the frame of GB/T 27922."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from services.orders.domain.kpis import Figure, Scope

Of = Literal["station", "engineer"]
STARS: tuple[tuple[float, int], ...] = ((95, 5), (90, 4), (80, 3), (70, 0))
"""GB/T 27922-2011: from 70 it passes, from 80 three stars, 90 four, 95 five."""


@dataclass(frozen=True, slots=True)
class Weight:
    """How much a KPI counts: no points at `floor`, all at `target`, in between in proportion."""

    kpi: str
    weight: float
    floor: float
    target: float


@dataclass(frozen=True, slots=True)
class Weights:
    """One version for stations and engineers, for periods that begin on or after `valid_from`."""

    version: int
    valid_from: date
    stations: tuple[Weight, ...]
    engineers: tuple[Weight, ...]

    def of(self, kind: Of) -> tuple[Weight, ...]:
        return self.stations if kind == "station" else self.engineers

    def faults(self, known: Iterable[str]) -> list[str]:
        """Why nobody could be scored by these; empty when they are sound."""
        names = set(known)
        found = []
        for kind in ("stations", "engineers"):
            lines: tuple[Weight, ...] = getattr(self, kind)
            if not lines:
                found.append(f"{kind}: at least one KPI must count")
            kpis = [line.kpi for line in lines]
            found += [f"{kind}: there is no KPI {kpi!r}" for kpi in kpis if kpi not in names]
            found += [f"{kind}: {kpi} stands twice" for kpi in sorted({kpi for kpi in kpis if kpis.count(kpi) > 1})]
            found += [
                f"{kind}: floor and target of {line.kpi} are the same" for line in lines if line.floor == line.target
            ]
        return found


@dataclass(frozen=True, slots=True)
class Line:
    """One KPI of a card; `points` None when there was nothing to measure."""

    kpi: str
    n: int
    mean: float | None
    points: float | None
    weight: float


@dataclass(frozen=True, slots=True)
class Card:
    """A score over those KPIs that had cases; None when none had."""

    scope: Scope
    score: float | None
    passed: bool
    stars: int
    lines: tuple[Line, ...]


def points(weight: Weight, mean: float) -> float:
    """0 at the floor, 100 at the target, straight in between, never beyond."""
    return 100 * min(1.0, max(0.0, (mean - weight.floor) / (weight.target - weight.floor)))


def card(weights: Sequence[Weight], figures: Mapping[tuple[str, Scope], Figure], scope: Scope) -> Card:
    """The card of one station or engineer: sum(points x weight) / sum(weight of the KPIs with cases)."""
    lines = []
    for weight in weights:
        figure = figures.get((weight.kpi, scope))
        mean = figure.mean if figure else None
        gained = None if mean is None else round(points(weight, mean), 2)
        lines.append(Line(weight.kpi, figure.n if figure else 0, mean, gained, weight.weight))
    counted = [(line.points, line.weight) for line in lines if line.points is not None]
    score = round(sum(p * w for p, w in counted) / sum(w for _, w in counted), 2) if counted else None
    frame = next((stars for least, stars in STARS if score is not None and score >= least), None)
    return Card(scope, score, frame is not None, frame or 0, tuple(lines))


def weights_at(versions: Iterable[Weights], day: date) -> Weights | None:
    """The newest version that holds on a day."""
    return max((one for one in versions if one.valid_from <= day), key=lambda one: one.version, default=None)
