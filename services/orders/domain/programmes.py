"""Due points of maintenance plans: which are due, and the window of the visit."""

from datetime import date, datetime, time, timedelta

from services.orders.domain.intake import Window
from services.orders.domain.told import ZONE


def due_points(*, next_due_on: date, every_days: int, today: date, until: date) -> list[date]:
    """Due days up to and including `until`, first to last.

    Of those that have passed only the last one counts: work that was missed for a year is done once.
    """
    step = timedelta(days=every_days)
    first = next_due_on
    if first <= today:
        first += (today - first) // step * step
    return [first + count * step for count in range((until - first) // step + 1)] if first <= until else []


def window_of(due_on: date, tolerance_days: int) -> Window:
    """From the first to the last day of the tolerance, whole days of the network's zone."""
    first = datetime.combine(due_on - timedelta(days=tolerance_days), time(0), ZONE)
    last = datetime.combine(due_on + timedelta(days=tolerance_days + 1), time(0), ZONE)
    return Window(first, last)
