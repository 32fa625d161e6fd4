"""Due points of maintenance plans: which are due, and the window of the visit."""

from datetime import date, datetime, time, timedelta

from services.orders.domain.intake import Window
from services.orders.domain.told import ZONE


def due_points(*, next_due_on: date, every_days: int, until: date) -> list[date]:
    """All due days up to and including `until`, first to last."""
    points, day = [], next_due_on
    while day <= until:
        points.append(day)
        day += timedelta(days=every_days)
    return points


def window_of(due_on: date, tolerance_days: int) -> Window:
    """From the first to the last day of the tolerance, whole days of the network's zone."""
    first = datetime.combine(due_on - timedelta(days=tolerance_days), time(0), ZONE)
    last = datetime.combine(due_on + timedelta(days=tolerance_days + 1), time(0), ZONE)
    return Window(first, last)
