"""Routing engines on real sockets that speak the documented formats, or whatever a test makes them say."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from kit.geo import distance_m
from kit.values import Place

Document = dict[str, Any]
Write = Callable[[asyncio.StreamWriter, Document], Awaitable[None]]


def drive(a: Place, b: Place) -> tuple[float, float]:
    """What the stub engines take for true: seconds and metres, 1.3 times the straight way at 80 km/h."""
    metres = distance_m(a, b) * 1.3
    return metres / (80 / 3.6), metres


async def write_reply(writer: asyncio.StreamWriter, body: bytes, *, status: int = 200) -> None:
    writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(body)) + body)
    await writer.drain()


async def write_json(writer: asyncio.StreamWriter, document: Document) -> None:
    status = 400 if document.get("code", "Ok") != "Ok" or "error_code" in document else 200
    await write_reply(writer, json.dumps(document).encode(), status=status)


@dataclass
class StubEngine:
    """An HTTP server on a free port. `answer` makes the honest document, `write` puts it (or something else) out."""

    answer: Callable[[str, Document], Document]
    write: Write = write_json
    requests: list[tuple[str, str, Document]] = field(default_factory=list)
    url: str = ""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            method, target, _ = head.split(" ", 2)
            length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
            body = json.loads(await reader.readexactly(int(length[1]))) if length else {}
            self.requests.append((method, target, body))
            await self.write(writer, self.answer(target, body))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the asker has gone
        finally:
            writer.close()


@asynccontextmanager
async def serving(stub: StubEngine) -> AsyncIterator[StubEngine]:
    server = await asyncio.start_server(stub.handle, "127.0.0.1", 0)
    stub.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield stub
    finally:
        server.close()


def osrm_answer(target: str, body: Document) -> Document:
    """As docs/http.md of OSRM says, v1."""
    assert body == {}
    path, _, query = target.partition("?")
    service, version, _, coordinates = path.strip("/").split("/")
    assert version == "v1"
    places = [Place(*map(float, pair.split(","))) for pair in coordinates.split(";")]
    if any(place.lon < 0 for place in places):
        return {"code": "NoSegment", "message": "Could not find a matching segment for coordinate 0"}
    waypoints = [{"hint": "", "name": "", "distance": 10.0, "location": [p.lon, p.lat]} for p in places]
    if service == "route":
        line = {"type": "LineString", "coordinates": [[p.lon, p.lat] for p in places]}
        return {"code": "Ok", "routes": [{"geometry": line, "legs": []}], "waypoints": waypoints}
    assert service == "table"
    options = dict(option.split("=") for option in query.split("&"))
    assert set(options["annotations"].split(",")) == {"duration", "distance"}
    rows, columns = ([int(i) for i in options[name].split(";")] for name in ("sources", "destinations"))
    ways = [[drive(places[row], places[column]) for column in columns] for row in rows]
    return {
        "code": "Ok",
        "durations": [[None if metres > 2e6 else round(seconds, 1) for seconds, metres in row] for row in ways],
        "distances": [[None if metres > 2e6 else round(metres, 1) for _, metres in row] for row in ways],
        "sources": [waypoints[row] for row in rows],
        "destinations": [waypoints[column] for column in columns],
    }


def polyline6(points: list[tuple[float, float]]) -> str:
    """Encodes lon, lat, the straightforward way, as an independent check of the decoder."""
    text, before = "", (0, 0)
    for lon, lat in points:
        now = (round(lat * 1e6), round(lon * 1e6))
        for value in (now[0] - before[0], now[1] - before[1]):
            bits = (-value << 1) - 1 if value < 0 else value << 1
            while bits >= 32:
                text += chr((bits % 32 + 32) + 63)
                bits //= 32
            text += chr(bits + 63)
        before = now
    return text


def valhalla_answer(target: str, body: Document) -> Document:
    """As Valhalla's matrix and turn-by-turn references say."""
    assert body["costing"] == "truck"
    assert body["units"] == "kilometers"
    if target == "/route":
        line = [(place["lon"], place["lat"]) for place in body["locations"]]
        return {"trip": {"legs": [{"shape": polyline6(line)}], "status": 0, "units": "kilometers"}}
    assert target == "/sources_to_targets"
    sources, targets = ([Place(p["lon"], p["lat"]) for p in body[name]] for name in ("sources", "targets"))
    if any(place.lon < 0 for place in sources + targets):
        return {"error_code": 171, "error": "No suitable edges near location", "status_code": 400}
    cells = []
    for row, a in enumerate(sources):
        ways = [drive(a, b) for b in targets]
        cells.append(
            [
                {
                    "from_index": row,
                    "to_index": column,
                    "time": None if metres > 2e6 else round(seconds),
                    "distance": None if metres > 2e6 else round(metres / 1000, 3),
                }
                for column, (seconds, metres) in enumerate(ways)
            ]
        )
    return {"sources_to_targets": cells, "units": "kilometers", "algorithm": "costmatrix"}
