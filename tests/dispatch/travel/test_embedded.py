"""The port on the embedded network: lazy, off the event loop, honest about its limits."""

import asyncio
import threading
from datetime import UTC, datetime

import numpy as np
import pytest

from kit.values import Place
from services.dispatch.travel.embedded import EmbeddedRoads
from services.dispatch.travel.port import MatrixTooLarge
from services.dispatch.travel.roads import RoadNetwork

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)  # 12:00 in China
RUSH = datetime(2026, 11, 20, 0, tzinfo=UTC)  # 08:00 in China
JINAN, WEIFANG, TAIPEI = Place(117.02, 36.67), Place(119.10, 36.71), Place(121.56, 25.03)


@pytest.fixture
def embedded(roads: RoadNetwork) -> EmbeddedRoads:
    return EmbeddedRoads(load=lambda: roads)


def test_matrix_and_line_agree_and_say_who_answered(embedded: EmbeddedRoads) -> None:
    async def ask() -> None:
        found = await embedded.matrix(origins=[JINAN], destinations=[WEIFANG, TAIPEI], at=NOON)
        assert found.seconds.dtype == found.metres.dtype == np.int32
        assert found.seconds.shape == (1, 2)
        assert 2 * 3600 < found.seconds[0, 0] < 3 * 3600
        assert found.seconds[0, 1] == found.metres[0, 1] == -1
        assert found.origin_access_metres.shape == (1,)
        assert found.destination_access_metres.shape == (2,)
        assert (found.source, found.degraded) == ("embedded-roads", False)
        line = await embedded.route(JINAN, WEIFANG, NOON)
        assert (line.points[0], line.points[-1]) == ((117.02, 36.67), (119.10, 36.71))
        assert (await embedded.route(JINAN, TAIPEI, NOON)).points == ()

    asyncio.run(ask())


def test_the_hour_is_chinese_local_time(embedded: EmbeddedRoads) -> None:
    async def ask(at: datetime) -> int:
        return int((await embedded.matrix(origins=[JINAN], destinations=[WEIFANG], at=at)).seconds[0, 0])

    assert asyncio.run(ask(RUSH)) > asyncio.run(ask(NOON))


def test_a_time_without_zone_is_refused(embedded: EmbeddedRoads) -> None:
    with pytest.raises(ValueError, match="zone"):
        asyncio.run(embedded.matrix(origins=[JINAN], destinations=[JINAN], at=NOON.replace(tzinfo=None)))


def test_nothing_above_4000_squared_and_no_loading_for_it() -> None:
    def never() -> RoadNetwork:
        raise AssertionError("loaded")

    places = [JINAN] * 4_001
    with pytest.raises(MatrixTooLarge, match="4001 origins x 4001 destinations"):
        asyncio.run(EmbeddedRoads(load=never).matrix(origins=places, destinations=places, at=NOON))


def test_no_places_give_an_empty_matrix(embedded: EmbeddedRoads) -> None:
    found = asyncio.run(embedded.matrix(origins=[], destinations=[JINAN], at=NOON))
    assert found.seconds.shape == found.metres.shape == (0, 1)


def test_the_network_is_loaded_once_when_first_asked_and_not_on_the_event_loop(roads: RoadNetwork) -> None:
    loaded_in = []

    def load() -> RoadNetwork:
        loaded_in.append(threading.current_thread())
        return roads

    embedded = EmbeddedRoads(load=load)
    assert loaded_in == []

    async def ask() -> None:
        question = {"origins": [JINAN], "destinations": [WEIFANG], "at": NOON}
        await asyncio.gather(*(embedded.matrix(**question) for _ in range(4)))  # type: ignore[arg-type]

    asyncio.run(ask())
    assert len(loaded_in) == 1
    assert loaded_in[0] is not threading.main_thread()
