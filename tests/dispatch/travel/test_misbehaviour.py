"""Reliability row F20: whatever an engine does wrong, planning gets an answer soon, marked, and the breaker opens."""

import asyncio
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from kit.values import Place
from services.dispatch.travel import engine as engine_module
from services.dispatch.travel.breaker import CircuitBreaker
from services.dispatch.travel.embedded import EmbeddedRoads
from services.dispatch.travel.guard import Guarded
from services.dispatch.travel.osrm import Osrm
from services.dispatch.travel.port import DegradedReason, TravelTimes
from services.dispatch.travel.roads import RoadNetwork
from services.dispatch.travel.valhalla import Valhalla
from tests.dispatch.travel.conftest import StillClock
from tests.dispatch.travel.stub_engines import Document, StubEngine, Write, osrm_answer, write_json, write_reply

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
PLACES = [Place(117.02, 36.67), Place(119.10, 36.71), Place(120.38, 36.07)]
DEADLINE_SECONDS = 0.3
PATIENCE_SECONDS = 30.0
"""The deadline where another fault is looked for: a busy machine shall not answer before it."""
Writer = asyncio.StreamWriter


async def _slow(writer: Writer, document: Document) -> None:
    await asyncio.sleep(30)
    await write_json(writer, document)


async def _dripping(writer: Writer, _: Document) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


async def _broken_off(writer: Writer, document: Document) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + json.dumps(document).encode())
    await writer.drain()


async def _hanging_up(writer: Writer, _: Document) -> None:
    writer.close()


def _raw(body: bytes, status: int = 200) -> Write:
    async def write(writer: Writer, _: Document) -> None:
        await write_reply(writer, body, status=status)

    return write


def _changed(change: Callable[[Document], object]) -> Write:
    async def write(writer: Writer, document: Document) -> None:
        change(document)
        await write_reply(writer, json.dumps(document).encode())

    return write


def _rows(document: Document) -> list[list[object]]:
    rows: list[list[object]] = document.get("durations") or document["sources_to_targets"]
    return rows


def _put(value: object) -> Callable[[Document], None]:
    """One wrong duration among right ones."""

    def change(document: Document) -> None:
        row = _rows(document)[1]
        if isinstance(row[0], dict):
            row[0]["time"] = value
        else:
            row[0] = value

    return change


def _metres_for_kilometres(document: Document) -> None:
    for grid in ("distances", "sources_to_targets"):
        for row in document.get(grid, []):
            for column, value in enumerate(row):
                if isinstance(value, dict):
                    value["distance"] /= 1000
                else:
                    row[column] = value / 1000


MISBEHAVIOURS: dict[str, tuple[Write, DegradedReason]] = {
    "30 s slow": (_slow, DegradedReason.DEADLINE),
    "drips for ever": (_dripping, DegradedReason.DEADLINE),
    "breaks off": (_broken_off, DegradedReason.UNREACHABLE),
    "hangs up": (_hanging_up, DegradedReason.UNREACHABLE),
    "HTTP 500": (_raw(b"{}", 500), DegradedReason.REFUSED),
    "redirects": (_raw(b"", 302), DegradedReason.REFUSED),
    "HTTP 400 without a known code": (_raw(b'{"code": "TooBig"}', 400), DegradedReason.REFUSED),
    "empty body": (_raw(b""), DegradedReason.MALFORMED),
    "HTML": (_raw(b"<html>Please log in</html>"), DegradedReason.MALFORMED),
    "null": (_raw(b"null"), DegradedReason.MALFORMED),
    "not UTF-8": (_raw(b"\xff\xfe\x00"), DegradedReason.MALFORMED),
    "nested deep": (_raw(b"[" * 100_000), DegradedReason.MALFORMED),
    "NaN": (_changed(_put(float("nan"))), DegradedReason.MALFORMED),
    "infinite": (_changed(_put(float("inf"))), DegradedReason.MALFORMED),
    "negative": (_changed(_put(-1)), DegradedReason.MALFORMED),
    "1e300": (_changed(_put(1e300)), DegradedReason.MALFORMED),
    "text for a number": (_changed(_put("60")), DegradedReason.MALFORMED),
    "one row missing": (_changed(lambda document: _rows(document).pop()), DegradedReason.MALFORMED),
    "one row too many": (
        _changed(lambda document: _rows(document).append(_rows(document)[0])),
        DegradedReason.MALFORMED,
    ),
    "one entry missing": (_changed(lambda document: _rows(document)[1].pop()), DegradedReason.MALFORMED),
    "faster than flying": (_changed(_put(60)), DegradedReason.IMPLAUSIBLE),
    "shorter than a straight line": (_changed(_metres_for_kilometres), DegradedReason.IMPLAUSIBLE),
}


@pytest.fixture(params=["osrm", "valhalla"])
def stub(request: pytest.FixtureRequest, osrm_stub: StubEngine, valhalla_stub: StubEngine) -> StubEngine:
    return osrm_stub if request.param == "osrm" else valhalla_stub


@pytest.fixture
def breaker(clock: StillClock) -> CircuitBreaker:
    return CircuitBreaker(clock=clock)


@pytest.fixture
def guarded(
    stub: StubEngine,
    client: httpx.AsyncClient,
    roads: RoadNetwork,
    breaker: CircuitBreaker,
    request: pytest.FixtureRequest,
) -> Guarded:
    is_osrm = stub.answer is osrm_answer
    engine: TravelTimes = Osrm(client, stub.url) if is_osrm else Valhalla(client, stub.url)
    stand_in = EmbeddedRoads(load=lambda: roads)
    _, reason = MISBEHAVIOURS.get(request.node.callspec.params.get("name"), (None, None))
    patience = DEADLINE_SECONDS if reason is DegradedReason.DEADLINE else PATIENCE_SECONDS
    return Guarded(engine, stand_in=stand_in, breaker=breaker, deadline_seconds=patience)


@pytest.mark.parametrize("name", MISBEHAVIOURS)
async def test_it_costs_at_most_the_deadline_and_three_tries(name: str, guarded: Guarded, stub: StubEngine) -> None:
    write, reason = MISBEHAVIOURS[name]
    stub.write = write
    for _ in range(3):
        began = time.monotonic()
        found = await guarded.matrix(origins=PLACES, destinations=PLACES, at=NOON)
        assert time.monotonic() - began < DEADLINE_SECONDS + 2
        assert (found.degraded, found.degraded_reason, found.source) == (True, reason, "embedded-roads")
        assert 2 * 3600 < found.seconds[0, 1] < 3 * 3600
    asked = len(stub.requests)
    found = await guarded.matrix(origins=PLACES, destinations=PLACES, at=NOON)
    assert found.degraded_reason is DegradedReason.BREAKER_OPEN
    assert len(stub.requests) == asked


@pytest.mark.parametrize("name", ["30 s slow", "HTTP 500", "HTML", "hangs up"])
async def test_lines_are_guarded_too(name: str, guarded: Guarded, stub: StubEngine) -> None:
    write, reason = MISBEHAVIOURS[name]
    stub.write = write
    route = await guarded.route(PLACES[0], PLACES[1], NOON)
    assert (route.degraded_reason, route.source) == (reason, "embedded-roads")
    assert len(route.points) > 10


async def test_a_well_engine_is_not_marked(guarded: Guarded, stub: StubEngine) -> None:
    found = await guarded.matrix(origins=PLACES, destinations=PLACES, at=NOON)
    assert not found.degraded
    assert found.source in ("osrm", "valhalla")


async def test_nobody_listening_is_unreachable(guarded: Guarded, stub: StubEngine, client: httpx.AsyncClient) -> None:
    await client.aclose()
    async with httpx.AsyncClient(trust_env=False) as other:
        guarded._engine = Osrm(other, "http://127.0.0.1:9")
        found = await guarded.matrix(origins=PLACES, destinations=PLACES, at=NOON)
    assert found.degraded_reason is DegradedReason.UNREACHABLE


async def test_an_endless_answer_is_cut_off(
    guarded: Guarded, stub: StubEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "MOST_ANSWER_BYTES", 1_000)
    stub.write = _raw(b" " * 2_000)
    found = await guarded.matrix(origins=PLACES, destinations=PLACES, at=NOON)
    assert found.degraded_reason is DegradedReason.MALFORMED


async def test_after_its_rest_one_try_closes_the_breaker(guarded: Guarded, stub: StubEngine, clock: StillClock) -> None:
    stub.write = _raw(b"", 500)
    for _ in range(3):
        await guarded.matrix(origins=PLACES, destinations=PLACES, at=NOON)
    stub.write = write_json
    still = await guarded.matrix(origins=PLACES, destinations=PLACES, at=NOON)
    assert still.degraded_reason is DegradedReason.BREAKER_OPEN
    clock.pass_by(31)
    assert not (await guarded.matrix(origins=PLACES, destinations=PLACES, at=NOON)).degraded


async def test_a_place_off_the_map_degrades_but_does_not_open_the_breaker(
    guarded: Guarded, breaker: CircuitBreaker
) -> None:
    for _ in range(5):
        found = await guarded.matrix(origins=[Place(-30.0, 40.0)], destinations=PLACES, at=NOON)
        assert found.degraded_reason is DegradedReason.OFF_NETWORK
        assert (found.seconds == -1).all()
    assert not breaker.is_open


async def test_a_snap_far_away_is_another_map(
    osrm_stub: StubEngine, client: httpx.AsyncClient, roads: RoadNetwork, breaker: CircuitBreaker
) -> None:
    def far(document: Document) -> None:
        document["sources"][0]["distance"] = 300_000.0

    osrm_stub.write = _changed(far)
    guarded = Guarded(
        Osrm(client, osrm_stub.url), stand_in=EmbeddedRoads(load=lambda: roads), breaker=breaker, deadline_seconds=5
    )
    found = await guarded.matrix(origins=PLACES, destinations=PLACES, at=NOON)
    assert found.degraded_reason is DegradedReason.OFF_NETWORK
