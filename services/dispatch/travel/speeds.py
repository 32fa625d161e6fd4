"""Driving speeds on the embedded road network: by the length of an edge and by the hour of the day.

The network carries no road class. Its edges end where roads meet, so an edge's length stands for it:
kilometres without a junction are a motorway, a few hundred metres are a street. The daytime speeds were
fitted to driving times between cities (docs/reference/travel-times.md); the tests hold them there.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

CHINA = ZoneInfo("Asia/Shanghai")
"""One clock for the whole country, as on the road."""

SHAPE_LOSS = 1.03
"""The network draws roads as straight pieces; signed distances are this much longer (median)."""

ACCESS_DETOUR = 1.35
ACCESS_KMH = 30.0
"""From the network to a site: straight distance times the detour, at the speed of a local or works road."""


class HourClass(StrEnum):
    """Stretches of the day that share their speeds; hours are Chinese local time."""

    NIGHT = "night"  # 22:00-05:59
    DAY = "day"
    PEAK = "peak"  # 07:00-08:59 and 17:00-18:59


_PEAK_HOURS = frozenset({7, 8, 17, 18})


def hour_class(hour: int) -> HourClass:
    """The class of a Chinese local hour, 0 to 23 inclusive. ValueError outside."""
    if not 0 <= hour <= 23:
        raise ValueError(f"hour must be 0 to 23, not {hour}")
    if hour >= 22 or hour < 6:
        return HourClass.NIGHT
    return HourClass.PEAK if hour in _PEAK_HOURS else HourClass.DAY


def hour_class_at(at: datetime) -> HourClass:
    """The class of an instant. ValueError when it has no zone."""
    if at.tzinfo is None:
        raise ValueError("the time of departure must carry a zone")
    return hour_class(at.astimezone(CHINA).hour)


@dataclass(frozen=True)
class LengthClass:
    """Edges shorter than below_metres (and not in the class before) and their speeds in km/h."""

    below_metres: float
    night: float
    day: float
    peak: float


LENGTH_CLASSES = (
    LengthClass(500, night=42, day=36, peak=26),  # streets and slip roads
    LengthClass(2_000, night=68, day=62, peak=48),  # urban expressways, interchanges
    LengthClass(5_000, night=84, day=80, peak=70),  # motorways around cities
    LengthClass(15_000, night=94, day=92, peak=88),  # motorways between cities
    LengthClass(60_000, night=95, day=95, peak=93),  # motorways across open country
    LengthClass(np.inf, night=68, day=72, peak=72),  # plateau and desert: nothing meets them
)


def edge_milliseconds(
    metres: npt.NDArray[np.int32], fixed_seconds: npt.NDArray[np.int32], hours: HourClass
) -> npt.NDArray[np.int64]:
    """Driving time of each edge in ms, at least 1; an edge with fixed seconds (a ferry) takes just those."""
    bounds = [length_class.below_metres for length_class in LENGTH_CLASSES]
    kmh = np.array([getattr(length_class, hours.value) for length_class in LENGTH_CLASSES])
    driving = metres * 3600.0 / kmh[np.searchsorted(bounds, metres, side="right")]
    milliseconds = np.where(fixed_seconds > 0, fixed_seconds * 1000.0, driving)
    return np.maximum(np.rint(milliseconds), 1).astype(np.int64)
