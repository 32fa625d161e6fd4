"""The hour and the day of a test. A value kept from the import of its file is old when the test runs: a run that begins
before midnight ends after it."""

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
LONGEST = timedelta(minutes=1)
"""No single test takes longer."""


def begin() -> None:
    """Begin a test: not just before midnight in China, and what it calls this hour stays it until the next begins."""
    global _hour  # noqa: PLW0603 - pytest runs one test at a time in a process
    now = datetime.now(ZONE)
    if now.date() != (now + LONGEST).date():
        time.sleep(LONGEST.total_seconds())
    _hour = _full_hour()


def this_hour() -> datetime:
    """When the hour began in which the test did, in UTC."""
    return _hour


def today() -> date:
    """The test's day in China."""
    return _hour.astimezone(ZONE).date()


def this_month() -> date:
    """The first day of the test's month in China."""
    return today().replace(day=1)


def _full_hour() -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


_hour = _full_hour()
