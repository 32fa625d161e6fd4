"""The adapters of OSRM and Valhalla, contract-tested over real sockets against their documented formats."""

import os
from datetime import UTC, datetime

import httpx
import numpy as np
import pytest

from kit.values import Place
from services.dispatch.travel.engine import EngineFailure
from services.dispatch.travel.ground import metres_between
from services.dispatch.travel.osrm import Osrm
from services.dispatch.travel.port import DegradedReason, MatrixTooLarge, TravelMatrix, TravelTimes, lonlat
from services.dispatch.travel.speeds import ACCESS_DETOUR, ACCESS_KMH
from services.dispatch.travel.valhalla import Valhalla, decode_polyline6
from tests.dispatch.travel.stub_engines import StubEngine, drive, polyline6

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
JINAN, WEIFANG, QINGDAO = Place(117.02, 36.67), Place(119.10, 36.71), Place(120.38, 36.07)
URUMQI = Place(87.6, 43.8)  # farther from the others than the stubs know a way
ATLANTIC = Place(-30.0, 40.0)  # not on the stubs' map


@pytest.fixture(params=["osrm", "valhalla"])
def engine(
    request: pytest.FixtureRequest,
    client: httpx.AsyncClient,
    osrm_stub: StubEngine,
    valhalla_stub: StubEngine,
) -> Osrm | Valhalla:
    if request.param == "osrm":
        return Osrm(client, osrm_stub.url, most_places=2)
    return Valhalla(client, valhalla_stub.url, most_places=2)


def _access(engine: Osrm | Valhalla) -> float:
    """Metres from a site to its road: the OSRM stub snaps everything 10 m away, Valhalla does not tell."""
    return 10 * ACCESS_DETOUR if isinstance(engine, Osrm) else 0.0


async def test_a_matrix_larger_than_one_block_comes_together_in_order(engine: Osrm | Valhalla) -> None:
    origins = [JINAN, WEIFANG, QINGDAO, JINAN, Place(118.0, 36.8)]
    destinations = [WEIFANG, QINGDAO, JINAN]
    found = await engine.matrix(origins=origins, destinations=destinations, at=NOON)
    access = _access(engine)
    for row, a in enumerate(origins):
        for column, b in enumerate(destinations):
            seconds, metres = drive(a, b)
            assert found.seconds[row, column] == pytest.approx(seconds + 2 * access * 3.6 / ACCESS_KMH, abs=1)
            assert found.metres[row, column] == pytest.approx(metres + 2 * access, abs=1)
    assert found.origin_access_metres.tolist() == [round(access)] * 5
    assert found.destination_access_metres.tolist() == [round(access)] * 3
    assert (found.source, found.degraded) == (engine.source, False)
    assert found.seconds.dtype == found.metres.dtype == np.int32


async def test_null_is_no_way(engine: Osrm | Valhalla) -> None:
    found = await engine.matrix(origins=[JINAN], destinations=[WEIFANG, URUMQI], at=NOON)
    assert found.seconds[0, 0] > 0
    assert found.seconds[0, 1] == found.metres[0, 1] == -1


async def test_a_place_off_the_map_is_told_apart_from_a_sick_engine(engine: Osrm | Valhalla) -> None:
    with pytest.raises(EngineFailure) as failure:
        await engine.matrix(origins=[JINAN, ATLANTIC], destinations=[WEIFANG], at=NOON)
    assert failure.value.reason is DegradedReason.OFF_NETWORK


async def test_a_route_begins_and_ends_at_the_sites(engine: Osrm | Valhalla) -> None:
    route = await engine.route(JINAN, WEIFANG, NOON)
    assert route.points[0] == (JINAN.lon, JINAN.lat)
    assert route.points[-1] == (WEIFANG.lon, WEIFANG.lat)
    assert len(route.points) == 4  # the site and its snapped point, twice


async def test_no_places_ask_nothing(engine: Osrm | Valhalla) -> None:
    found = await engine.matrix(origins=[], destinations=[JINAN], at=NOON)
    assert found.seconds.shape == (0, 1)


async def test_too_large_and_zoneless_questions_are_refused_unasked(
    engine: Osrm | Valhalla, osrm_stub: StubEngine, valhalla_stub: StubEngine
) -> None:
    with pytest.raises(MatrixTooLarge):
        await engine.matrix(origins=[JINAN] * 4_001, destinations=[JINAN] * 4_001, at=NOON)
    with pytest.raises(ValueError, match="zone"):
        await engine.matrix(origins=[JINAN], destinations=[JINAN], at=NOON.replace(tzinfo=None))
    assert osrm_stub.requests == valhalla_stub.requests == []


async def test_osrm_is_asked_as_documented(client: httpx.AsyncClient, osrm_stub: StubEngine) -> None:
    await Osrm(client, osrm_stub.url + "/", profile="truck").matrix(
        origins=[JINAN], destinations=[WEIFANG, QINGDAO], at=NOON
    )
    [(method, target, _)] = osrm_stub.requests
    assert method == "GET"
    assert target == (
        "/table/v1/truck/117.020000,36.670000;119.100000,36.710000;120.380000,36.070000"
        "?sources=0&destinations=1;2&annotations=duration,distance"
    )


async def test_valhalla_is_asked_as_documented(client: httpx.AsyncClient, valhalla_stub: StubEngine) -> None:
    engine = Valhalla(client, valhalla_stub.url, costing_options={"weight": 49.0})
    await engine.matrix(origins=[JINAN], destinations=[WEIFANG], at=NOON)
    [(method, target, body)] = valhalla_stub.requests
    assert (method, target) == ("POST", "/sources_to_targets")
    assert body == {
        "costing": "truck",
        "costing_options": {"truck": {"weight": 49.0}},
        "units": "kilometers",
        "sources": [{"lat": 36.67, "lon": 117.02}],
        "targets": [{"lat": 36.71, "lon": 119.1}],
    }


def test_polyline6_reads_what_an_independent_encoder_wrote() -> None:
    points = [(117.02, 36.67), (116.999999, 36.670001), (-0.000001, -85.5), (179.999999, 0.0)]
    np.testing.assert_allclose(decode_polyline6(polyline6(points)), points, atol=1e-9)


@pytest.mark.parametrize("broken", ["_", "_p~iF", "é", " ", "~" * 40])
def test_a_broken_polyline_is_malformed(broken: str) -> None:
    with pytest.raises(EngineFailure):
        decode_polyline6(broken)


def _real(name: str, client: httpx.AsyncClient) -> TravelTimes:
    url = os.environ.get(f"ROADCALL_{name.upper()}_URL")
    if not url:
        pytest.skip(f"no real engine: ROADCALL_{name.upper()}_URL is not set")
    return Osrm(client, url) if name == "osrm" else Valhalla(client, url)


@pytest.mark.parametrize("name", ["osrm", "valhalla"])
async def test_a_real_engine_gives_possible_answers(name: str, client: httpx.AsyncClient) -> None:
    """Set ROADCALL_TEST_PLACES to `lon,lat;lon,lat;…` inside the engine's map, unless it has Shandong."""
    engine = _real(name, client)
    given = os.environ.get("ROADCALL_TEST_PLACES", "117.02,36.67;119.10,36.71;120.38,36.07")
    places = [Place(*map(float, pair.split(","))) for pair in given.split(";")]
    found: TravelMatrix = await engine.matrix(origins=places, destinations=places, at=NOON)
    straight = metres_between(lonlat(places)[:, None], lonlat(places)[None, :])
    apart = ~np.eye(len(places), dtype=bool)
    assert (found.metres[apart] >= straight[apart] * 0.9).all()
    assert (found.seconds[apart] > 0).all()
    assert len((await engine.route(places[0], places[1], NOON)).points) > 2
