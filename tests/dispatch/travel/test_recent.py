"""Remembered tables say what the network would say now, and cost the new places alone."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.values import Place
from services.dispatch.travel.port import lonlat
from services.dispatch.travel.recent import RecentTables
from services.dispatch.travel.roads import RoadNetwork, Snaps
from services.dispatch.travel.speeds import HourClass

RUSH, NIGHT = HourClass.PEAK, HourClass.NIGHT
TOWNS = [Place(117.0 + step * 0.31, 36.0 + (step * 7 % 5) * 0.23) for step in range(8)]
NOWHERE = Place(121.56, 25.03)
"""An island without a road to the others."""


def asked(monkeypatch: pytest.MonkeyPatch, roads: RoadNetwork) -> list[tuple[int, int]]:
    """The sizes of the tables that the network has to make."""
    sizes: list[tuple[int, int]] = []
    make = RoadNetwork.table_between

    def counted(network: RoadNetwork, origins: Snaps, destinations: Snaps, hours: HourClass) -> Any:
        sizes.append((len(origins.site), len(destinations.site)))
        return make(network, origins, destinations, hours)

    monkeypatch.setattr(RoadNetwork, "table_between", counted)
    return sizes


def is_true(tables: RecentTables, roads: RoadNetwork, places: list[Place], hours: HourClass = RUSH) -> bool:
    """Whether the answer is what the network says to the whole question."""
    table = tables.between(places, hours)
    distinct = list(dict.fromkeys(places))
    snaps = roads.snap(lonlat(distinct))
    seconds, metres = roads.table_between(snaps, snaps, hours)
    same_snaps = all(np.array_equal(getattr(table.snaps, one.name), getattr(snaps, one.name)) for one in fields(Snaps))
    same_ways = np.array_equal(table.seconds, seconds) and np.array_equal(table.metres, metres)
    return list(table.at) == distinct and same_snaps and same_ways


@settings(max_examples=60, deadline=None)
@given(questions=st.lists(st.tuples(st.lists(st.sampled_from([*TOWNS, NOWHERE])), st.sampled_from([RUSH, NIGHT]))))
def test_whatever_was_asked_before_the_answer_is_the_network_s(
    roads: RoadNetwork, questions: list[tuple[list[Place], HourClass]]
) -> None:
    tables = RecentTables(roads, most_cells=60)
    for places, hours in questions:
        assert is_true(tables, roads, places, hours)


def test_a_new_place_costs_its_own_row_and_a_known_question_nothing(
    roads: RoadNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables, sizes = RecentTables(roads), asked(monkeypatch, roads)
    tables.between(TOWNS[:6], RUSH)
    tables.between(TOWNS[1:7], RUSH)
    tables.between(list(reversed(TOWNS[1:7])), RUSH)
    tables.between(TOWNS[1:7], NIGHT)
    assert sizes == [(6, 6), (1, 6), (6, 6)]


def test_the_longest_unused_gives_way(roads: RoadNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    tables, sizes = RecentTables(roads, most_cells=8), asked(monkeypatch, roads)
    for pair in (TOWNS[:2], TOWNS[2:4], TOWNS[:2], TOWNS[4:6], TOWNS[:2], TOWNS[2:4]):
        tables.between(pair, RUSH)
    assert len(sizes) == 4, "the first pair was used in between, the second was not"
