"""Months and the value of stock at their ends. Pure."""

from collections.abc import Mapping
from datetime import date


def months_back(first: date, months: int) -> date:
    """The first day of the month so many months before (after, when negative) the one that begins on `first`."""
    index = first.year * 12 + first.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)


def average_value(added: Mapping[date, int], first: date, months: int) -> float:
    """The mean over `months` + 1 month ends, up to the end of the month that begins on `first`.

    `added`: what the value grew by in each month (by its first day), from the beginning.
    """
    ends = [months_back(first, back) for back in range(months, -1, -1)]
    values = [sum(grown for month, grown in added.items() if month <= end) for end in ends]
    return sum(values) / len(values)
