"""docs/reference/travel-times.md says what the code says: vocabularies, speeds, calibration."""

import csv
import re
from pathlib import Path

import pytest

from services.dispatch.travel.port import DegradedReason
from services.dispatch.travel.roads import RoadNetwork
from services.dispatch.travel.speeds import LENGTH_CLASSES, HourClass
from services.orders.stake_numbers import StakeReason

PAGE = (Path(__file__).parents[3] / "docs/reference/travel-times.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("|")]


def _table(heading: str) -> list[list[str]]:
    """The rows of the table whose first heading is this."""
    start = next(number for number, row in enumerate(ROWS) if row[0] == heading) + 2
    ends = (number for number in range(start, len(ROWS)) if set(ROWS[number][0]) <= set("-:"))
    return ROWS[start : next(ends, len(ROWS) + 1) - 1]


def test_it_lists_every_reason_and_no_other() -> None:
    assert {row[0].strip("`") for row in _table("`degraded_reason`")} == set(DegradedReason)
    assert {row[0].strip("`") for row in _table("reason")} == set(StakeReason)


def test_its_speeds_are_the_ones_used() -> None:
    told = [[float(cell) for cell in row[2:]] for row in _table("Edge shorter than")]
    assert told == [[used.night, used.day, used.peak] for used in LENGTH_CLASSES]


def test_its_calibration_is_what_the_network_answers(roads: RoadNetwork) -> None:
    drives = csv.DictReader(Path(__file__).with_name("known_drives.csv").open(encoding="utf-8"))
    for drive, row in zip(drives, _table("Drive"), strict=True):
        name, known_km, km, known_minutes, minutes = row
        assert (name, known_km, known_minutes) == (f"{drive['from']}–{drive['to']}", drive["km"], drive["minutes"])
        ends = [roads.snap([(float(drive[f"{end}_lon"]), float(drive[f"{end}_lat"]))]) for end in ("from", "to")]
        seconds, metres = roads.table_between(ends[0], ends[1], HourClass.DAY)
        assert int(minutes) == pytest.approx(seconds[0, 0] / 60, abs=1)
        assert int(km) == pytest.approx(metres[0, 0] / 1000, abs=1)


def test_its_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (Path(__file__).parents[3] / "docs/reference" / target).exists()
