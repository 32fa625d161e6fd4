"""Borders of territories: proposed by road, drawn, refused where they cross."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest

from kit.auth import service_token
from kit.settings import Settings
from services.assembly import Assembly
from services.stations.siting import borders as shapes
from tests.running import System, body
from tests.stations.conftest import AT, Stations, seed


def square(lon: float, lat: float, side: float = 1.0) -> dict[str, Any]:
    """From its south-west corner, in degrees."""
    ring = [[lon, lat], [lon + side, lat], [lon + side, lat + side], [lon, lat + side], [lon, lat]]
    return {"type": "Polygon", "coordinates": [ring]}


BOW_TIE = {"type": "Polygon", "coordinates": [[[117, 36], [118, 37], [118, 36], [117, 37], [117, 36]]]}


def test_each_area_belongs_to_the_territory_that_is_there_first() -> None:
    """Two stations, west and east of a row of machines; what nobody reaches belongs to nobody."""
    places = np.array([[116.0 + step / 4, 36.0] for step in range(13)])
    cells, centres = shapes.cells_of(places)
    east = centres[:, 0] > 117.5
    seconds = np.stack([np.where(east, 900, 100), np.where(east, 100, 900)]).astype(np.int32)
    seconds[:, 0] = -1
    found = shapes.proposed(cells, seconds, ["W", "E"])
    assert found.keys() == {"E", "W"}
    assert not shapes.overlaps(found["W"], {"E": found["E"]})
    assert shapes.outside(found["W"], {"its own": (116.5, 36.0), "the other's": (118.8, 36.0)}) == ["the other's"]
    assert all(shapes.fault(border) is None for border in found.values())


def test_areas_on_the_sphere() -> None:
    """A degree by a degree at 36.5° is 111.2 x 89.4 km; half of it is shared."""
    shared = shapes.overlaps(square(117, 36), {"other": square(117.5, 36), "far": square(110, 30)})
    assert shared.keys() == {"other"}
    assert shared["other"] == pytest.approx(111.2 * 89.4 / 2, rel=0.01)


async def draw(stations: Stations, territory: str, shape: dict[str, Any], status: int = 204, client: Any = None) -> Any:
    path = f"/stations/v1/territories/{territory}/border"
    answer = await (client or stations.service).put(path, json={"geometry": shape})
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def test_a_border_that_crosses_itself_or_another_is_refused(stations: Stations) -> None:
    crossing = await draw(stations, "T1", BOW_TIE, 422)
    assert "Self-intersection[117.5 36.5]" in crossing["detail"]
    assert crossing["pointer"] == "/geometry/coordinates"
    await draw(stations, "T1", {"type": "Polygon", "coordinates": [[[500, 36]] * 4]}, 422)
    await draw(stations, "T1", {"type": "Polygon", "coordinates": [[[117, 36]] * 4]}, 422)
    await draw(stations, "T1", square(116.5, 36))
    taken = await draw(stations, "T2", square(117.0, 36), 409)
    assert taken["overlaps_km2"].keys() == {"T1"}
    await draw(stations, "T2", square(117.5, 36))
    [first, second] = (await stations.get("territory-borders"))["features"]
    assert (first["properties"]["territory_id"], first["geometry"]) == ("T1", square(116.5, 36))
    assert first["properties"]["stations_outside"] == []
    assert second["properties"]["stations_outside"] == ["S2"]
    assert (await stations.service.delete("/stations/v1/territories/T2/border")).status_code == 204
    assert len((await stations.get("territory-borders"))["features"]) == 1


async def test_two_that_are_drawn_at_once_are_compared(stations: Stations) -> None:
    async def one(territory: str) -> int:
        sent = {"geometry": square(117, 36)}
        return (await stations.service.put(f"/stations/v1/territories/{territory}/border", json=sent)).status_code

    assert sorted(await asyncio.gather(*map(one, ("T1", "T2", "T3")))) == [204, 409, 409]


async def test_an_overlap_that_nobody_looks_for_is_seen(stations: Stations, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    monkeypatch.setattr(shapes, "overlaps", lambda *_: {})
    with pytest.raises(AssertionError):
        await test_two_that_are_drawn_at_once_are_compared(stations)


async def test_a_branch_draws_its_own(stations: Stations) -> None:
    other = await stations.system.sign_in("dispatcher", branch_id="B2")
    await draw(stations, "T1", square(117, 36), 404, other)
    await draw(stations, "T3", square(117, 36), 204, other)
    mine = await stations.system.sign_in("dispatcher", branch_id="B1")
    assert body(await mine.get("/stations/v1/territory-borders"))["features"] == []


@pytest.fixture
async def placed(settings: Settings) -> AsyncIterator[Stations]:
    """Everything that a proposal asks: machines around Jinan and Weifang, a station of another territory in each."""
    assembly = Assembly(settings=settings, names=["accounts", "orders", "stations", "dispatch"])
    async with assembly.serving():
        system = System(assembly=assembly, service=None)  # type: ignore[arg-type]
        token = service_token(service="tests", secret=settings.shared_secret, now=assembly.clock.now())
        system.service = system.client(token)
        running = Stations(system, assembly.contexts["stations"], system.service)
        await seed(running)
        named = {"name_zh": "名", "name_en": "name", "level": 1, "grade": "A", "brands": [], "capabilities": []}
        await running.must_import(
            "stations", {"station_id": "S2", "territory_id": "T2", **named, **AT, "lon": 119.1, "lat": 36.7}
        )
        owner = {"customer_id": "C", "name": "fleet", "tier": "gold"}
        machine = {"customer_id": "C", "product": "tractor", "brand": "RC-TRUCK", "model": "T7", "station_id": "S1"}
        machines = [
            machine | AT | {"serial": f"M{number}", "lon": lon}
            for number, lon in enumerate((116.9, 117.2, 118.9, 119.2))
        ]
        for kind, rows in (("customers", [owner]), ("assets", machines)):
            report = body(await system.service.post(f"/orders/v1/import/{kind}", json={"rows": rows}))
            assert "refused" not in report["counts"], report
        yield running
        await system.close()


async def test_a_proposal_follows_the_roads(placed: Stations) -> None:
    found = (await placed.get("territory-borders/proposed", branch_id="B1"))["features"]
    by_territory = {one["properties"]["territory_id"]: one["geometry"] for one in found}
    assert by_territory.keys() == {"T1", "T2"}
    assert shapes.outside(by_territory["T1"], {"near Jinan": (117.2, 36.65), "near Weifang": (119.0, 36.7)}) == [
        "near Weifang"
    ]
    for territory, geometry in by_territory.items():  # what was proposed can be kept as it is
        await draw(placed, territory, geometry)
