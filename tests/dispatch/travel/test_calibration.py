"""The embedded network against what route planners say for known drives (docs/reference/travel-times.md)."""

import csv
from pathlib import Path

import numpy as np
import pytest

from services.dispatch.travel.roads import RoadNetwork
from services.dispatch.travel.speeds import HourClass

DRIVES = list(csv.DictReader(Path(__file__).with_name("known_drives.csv").open(encoding="utf-8")))


@pytest.fixture(scope="module")
def ratios(roads: RoadNetwork) -> dict[str, tuple[float, float]]:
    """Ours / public of minutes and of kilometres, by drive."""
    found = {}
    for drive in DRIVES:
        origin = roads.snap([(float(drive["from_lon"]), float(drive["from_lat"]))])
        destination = roads.snap([(float(drive["to_lon"]), float(drive["to_lat"]))])
        seconds, metres = roads.table_between(origin, destination, HourClass.DAY)
        minutes, km = int(seconds[0, 0]) / 60, int(metres[0, 0]) / 1000
        name = f"{drive['from']}-{drive['to']}"
        found[name] = (minutes / float(drive["minutes"]), km / float(drive["km"]))
    return found


def test_every_known_drive_is_within_15_percent(ratios: dict[str, tuple[float, float]]) -> None:
    off = {name: ratio for name, ratio in ratios.items() if not 0.85 <= ratio[0] <= 1.15}
    assert off == {}
    assert len(ratios) >= 28


def test_on_the_whole_they_are_neither_slow_nor_fast_short_nor_long(
    ratios: dict[str, tuple[float, float]],
) -> None:
    minutes, km = np.array(list(ratios.values())).T
    assert abs(np.median(minutes) - 1) < 0.03
    assert np.median(np.abs(minutes - 1)) < 0.05
    assert abs(np.median(km) - 1) < 0.02
