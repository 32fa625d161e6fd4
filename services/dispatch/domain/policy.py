"""What planning is steered by: horizons, prices and thresholds, in one place."""

from dataclasses import dataclass, field
from datetime import timedelta

from ..documents.problem import Price
from .chances import Spread

MAKERS_PRICE = Price(
    travel_fen_per_hour=6_000,
    distance_fen_per_km=120,
    overtime_fen_per_hour=9_000,
    skill_excess_fen_per_level=500,
    second_visit_fen=80_000,
    fairness_fen_per_hour=1_500,
    fairness_free_seconds=8 * 3600,
    change_engineer_fen=8_000,
    change_time_fen=2_000,
    change_time_tolerance_seconds=900,
)
USUAL_SPREAD = Spread(travel=0.25, work=0.5)
"""How far ways and work usually end beside what is planned: starting values, to be judged by the report's deciles."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How a territory is planned. The figures are the product's starting values."""

    horizon: timedelta = timedelta(days=3)
    """How far the plan reaches; inspections fill its free hours."""
    dispatch_ahead: timedelta = timedelta(hours=12)
    """Appointments that start within this are sent to the phone when the plan is published."""
    position_life: timedelta = timedelta(hours=1)
    """A position older than this does not say where the engineer's day goes on."""
    least_rest: timedelta = timedelta(minutes=15)
    """Work that overruns is expected to take at least this much longer."""
    pickup: timedelta = timedelta(minutes=10)
    """Time to collect parts at a depot."""
    handover: timedelta = timedelta(minutes=40)
    """Time to couple a trailer or reload cargo at the stopped truck."""
    mobilise: timedelta = timedelta(minutes=30)
    """Time until a partner's replacement vehicle leaves."""
    reserve: timedelta = timedelta(minutes=90)
    """Part of each shift that preventive work leaves free for breakdowns."""
    decide_before: timedelta = timedelta(minutes=30)
    """A replacement vehicle is decided this long before it would be too late, at the latest."""
    spread: Spread = field(default=USUAL_SPREAD)
    price: Price = field(default=MAKERS_PRICE)
    hold_life_s: int = 120
    """How long neighbours keep what a plan asked for, should it never be published; in seconds."""
    sourcing_rounds: int = 4
    """How often lines whose hold was refused are sourced anew before their orders are left out."""
    improve_s: float = 10.0
    """How long a published plan is improved in the background, in seconds."""
    better_by: float = 0.002
    """An improved plan is published when it is cheaper by this share (and by 1 000 fen)."""
