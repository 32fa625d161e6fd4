"""Two territories publish at once and want the last part of a central depot: the real parts service arbitrates."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from kit.settings import Settings
from services.dispatch.use_cases.holding import hold
from services.dispatch.use_cases.preparing import prepare
from services.dispatch.use_cases.publishing import publish
from tests.dispatch.test_planning import active
from tests.dispatch.world import JINAN, TAIAN, ZIBO, Dispatch, World, dispatch_in, engineer, line, order
from tests.running import System, body, eventually


async def _load(system: System, kind: str, *rows: dict[str, Any]) -> None:
    report = body(await system.service.post(f"/parts/v1/import/{kind}", json={"rows": list(rows)}))
    assert [row for row in report["rows"] if row["status"] == "refused"] == []


@pytest.fixture
async def dispatch(system: System, settings: Settings) -> AsyncIterator[Dispatch]:
    """One pump next door, three far away; each of two territories has an order that needs one."""
    made = {"name_zh": "泵", "name_en": "pump", "unit_cost_fen": 100, "weight_g": 100, "vmrs_system": "045"}
    await _load(system, "parts", {"part": "PUMP", **made})
    for place_id, place, quantity in (("NEAR", JINAN, 1), ("FAR", ZIBO, 3)):
        at = {"lon": place[0], "lat": place[1], "datum": "WGS-84"}
        await _load(system, "places", {"place_id": place_id, "kind": "depot", "name": place_id, **at})
        await _load(system, "stock", {"place_id": place_id, "part": "PUMP", "quantity": quantity})
    world = World(
        orders=[order(t, TAIAN, kit=[line("PUMP")], territory_id=t) for t in ("T1", "T2")],
        engineers=[engineer("E1"), engineer("E2", territory_id="T2")],
    )
    parts = system.assembly.contexts["dispatch"].clients.parts
    async with dispatch_in(world, settings, {"parts": parts}) as running:
        await running.know("T1", "B1")
        await running.know("T2", "B2")
        yield running


async def test_one_gets_it_and_the_other_finds_another_source(system: System, dispatch: Dispatch) -> None:
    both = await asyncio.gather(*(prepare(dispatch.context, territory) for territory in ("T1", "T2")))
    plans = await asyncio.gather(*(one.greedy() for one in both))
    wanted = [one.proposal(plan).parts[0].place_id for one, plan in zip(both, plans, strict=True)]
    assert wanted == ["NEAR", "NEAR"]
    held = await asyncio.gather(*(hold(dispatch.context, one, plan) for one, plan in zip(both, plans, strict=True)))
    await asyncio.gather(*(publish(dispatch.context, one) for one in held))
    placed = [one for territory in ("T1", "T2") for one in (await active(dispatch, territory)).values()]
    assert sorted(one.sourcing[0].place_id for one in placed) == ["FAR", "NEAR"]

    async def reserved() -> list[list[str]]:
        answers = [
            body(await system.service.get(f"/parts/v1/orders/{one.proposal.parts[0].order_id}/parts")) for one in held
        ]
        return [[row["place_id"] for row in answer["reservations"]] for answer in answers]

    # The feed turns the holds into reservations; nothing more is claimed than lies there.
    expected = [[one.proposal.parts[0].place_id] for one in held]
    await eventually(reserved, lambda places: places == expected)
    for place_id, on_hand in (("NEAR", 1), ("FAR", 3)):
        (shelf,) = body(await system.service.get(f"/parts/v1/places/{place_id}/stock"))["items"]
        assert (shelf["on_hand"], shelf["claimed"]) == (on_hand, 1)
