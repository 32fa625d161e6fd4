"""Months of the network."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")


def month_span(month: str) -> tuple[datetime, datetime]:
    """The instants [begin, until) of a month such as 2026-11 in the zone of the network. Raises ValueError."""
    year, number = (int(part) for part in month.split("-"))
    following = (year + number // 12, number % 12 + 1)
    return (
        datetime.combine(date(year, number, 1), time(0), ZONE),
        datetime.combine(date(*following, 1), time(0), ZONE),
    )
