"""From the nearest of many: one sweep says what the smallest of all single tables says."""

import numpy as np
import pytest

from services.dispatch.travel.roads import LOCAL_METRES, RoadNetwork, china
from services.dispatch.travel.speeds import HourClass
from tests.running import System, body

RNG = np.random.default_rng(11)


def places(count: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.stack([RNG.uniform(112, 120, count), RNG.uniform(32, 39, count)], axis=1)


def least(roads: RoadNetwork, origins: object, destinations: object) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    seconds, _ = roads.table_between(roads.snap(origins), roads.snap(destinations), HourClass.DAY)  # type: ignore[arg-type]
    best: np.ndarray[tuple[int], np.dtype[np.int64]] = np.where(seconds < 0, 10**9, seconds).min(axis=0)
    return np.where(best == 10**9, -1, best)


def check(roads: RoadNetwork) -> None:
    origins, destinations = places(30), np.concatenate([places(400), places(30)[:5]])
    origins[:5] = destinations[-5:] + 0.001  # neighbours on the same edge, or joined by local roads
    found = roads.nearest(roads.snap(origins), roads.snap(destinations), HourClass.DAY)
    assert np.abs(found - least(roads, origins, destinations)).max() <= 1


def test_the_nearest_is_the_least_of_all_tables() -> None:
    check(china())


def test_the_check_sees_ways_to_the_road_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: local roads join nothing any more."""
    roads = china()
    honest = RoadNetwork.nearest
    assert LOCAL_METRES

    def shortened(self: RoadNetwork, origins: object, destinations: object, hours: HourClass) -> object:
        return honest(self, origins, destinations, hours) - 5  # type: ignore[arg-type]

    monkeypatch.setattr(RoadNetwork, "nearest", shortened)
    with pytest.raises(AssertionError):
        check(roads)


def test_an_island_has_no_way_to_the_mainland_and_nowhere_reaches_nothing() -> None:
    roads = china()
    taipei, jinan = roads.snap([(121.5, 25.05)]), roads.snap([(117.0, 36.65)])
    assert roads.nearest(taipei, jinan, HourClass.DAY).tolist() == [-1]
    assert roads.nearest(roads.snap([]), jinan, HourClass.DAY).tolist() == [-1]


async def test_services_ask_over_http(system: System) -> None:
    asked = {"origins": [[117.0, 36.65], [121.5, 31.2]], "destinations": [[116.4, 39.9], [120.2, 30.3]]}
    asked |= {"at": "2026-11-20T12:00:00+08:00"}  # type: ignore[dict-item]
    nearest = body(await system.service.post("/dispatch/v1/travel/nearest", json=asked))["seconds"]
    matrix = body(await system.service.post("/dispatch/v1/travel/matrix", json=asked))
    assert nearest == [min(column) for column in zip(*matrix["seconds"], strict=True)]
    assert matrix["source"] == "embedded-roads"
    dispatcher = await system.sign_in("dispatcher", branch_id="B1")
    body(await dispatcher.post("/dispatch/v1/travel/nearest", json=asked), 403)
    wrong = asked | {"destinations": [[36.65, 117.0]]}
    assert body(await system.service.post("/dispatch/v1/travel/matrix", json=wrong), 422)["pointer"].startswith("/dest")
