"""Solving for other systems: only a key is needed, runs are private, the queue is fair, large ones can be stopped."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from kit.ids import new_id
from services.dispatch.documents import ProblemDocument
from services.dispatch.store import runs
from services.dispatch.use_cases.running import KEPT, LOST_AFTER, ProblemContradictsItself, check, tidy
from tests.dispatch.solver import tiny
from tests.dispatch.test_problem_builder import document, scene
from tests.dispatch.world import NOW, Dispatch, clock, engineer, order
from tests.running import System, body, eventually


def problem(orders: int = 6, *, travel: bool = False) -> dict[str, Any]:
    """A problem document of Taian and around, without its travel matrix unless asked."""
    sites = [(116.6 + n % 9 * 0.1, 36.2 + n % 5 * 0.1) for n in range(orders)]
    due = clock("arrive", NOW + timedelta(hours=4))
    made = document(
        scene(orders=[order(str(n), site, clocks=[due]) for n, site in enumerate(sites)], engineers=[engineer("E1")])
    )
    content: dict[str, Any] = json.loads(made.model_dump_json())
    if not travel:
        content["travel"] = None
    return content


async def system_key(system: System, name: str) -> httpx.AsyncClient:
    key = body(await system.service.post("/accounts/v1/keys", json={"name": name}), 201)
    return system.client(key["key"])


async def test_another_system_gets_a_plan_for_its_problem_and_needs_nothing_but_a_key(system: System) -> None:
    integrator = await system_key(system, "fleet")
    async with system.worker():
        answer = await integrator.post("/dispatch/v1/solve", params={"seconds": 0.5}, json=problem())
    plan = body(answer)
    assert plan["version"] == "roadcall-plan/1"
    assert plan["totals"]["orders"] == 6
    assert plan["cost"]["by_rule"]["travel.time"] > 0
    run = body(await integrator.get(answer.headers["content-location"]))
    assert (run["state"], run["plan"]) == ("finished", plan)


async def test_more_places_than_one_matrix_holds_are_taken_in_blocks_alone() -> None:
    """4 100 places in blocks of 100; without blocks there would be 16.8 million ways to measure."""
    names = [f"p{number}" for number in range(4_100)]
    ways = [[abs(i - j) for j in range(100)] for i in range(100)]
    blocks = [{"places": names[first : first + 100], "seconds": ways, "metres": ways} for first in range(0, 4_100, 100)]
    places = [{"id": name, "lon": 117.0, "lat": 36.0} for name in names]
    large = tiny.document(places=places, travel={"blocks": blocks}, orders=[tiny.order("x")])
    await check(ProblemDocument.model_validate(large))
    with pytest.raises(ProblemContradictsItself, match="/travel/blocks") as refused:
        await check(ProblemDocument.model_validate(large | {"travel": None}))
    assert refused.value.pointer == "/places"


async def test_a_large_problem_is_followed_and_stopped_with_the_best_plan_so_far(system: System) -> None:
    integrator = await system_key(system, "fleet")
    async with system.worker():
        answer = await integrator.post("/dispatch/v1/solve", params={"seconds": 90}, json=problem(80, travel=True))
        assert answer.status_code == 202
        address = answer.headers["location"]

        async def ask() -> dict[str, Any]:
            run: dict[str, Any] = body(await integrator.get(address))
            return run

        running = await eventually(ask, lambda run: run["progress"] is not None, within_s=60)
        assert running["state"] == "running"
        assert running["progress"]["best_fen"] > 0
        assert (await integrator.delete(address)).status_code == 204
        ended = await eventually(ask, lambda run: run["ended_at"] is not None, within_s=40)
    assert ended["state"] == "cancelled"
    assert ended["plan"]["totals"]["orders"] == 80


async def test_runs_are_their_callers_business(system: System) -> None:
    mine, other = await system_key(system, "mine"), await system_key(system, "other")
    answer = await mine.post("/dispatch/v1/solve", json=problem(70))
    address = answer.headers["location"]
    assert (await other.get(address)).status_code == 404
    assert (await other.delete(address)).status_code == 404
    assert body(await other.get("/dispatch/v1/runs"))["items"] == []
    assert [run["state"] for run in body(await mine.get("/dispatch/v1/runs"))["items"]] == ["queued"]
    assert (await mine.delete(address)).status_code == 204
    assert body(await mine.get(address))["state"] == "cancelled"


async def test_the_same_request_twice_is_one_run(system: System) -> None:
    integrator = await system_key(system, "fleet")
    headers = {"Idempotency-Key": "once"}
    asked = problem(70)
    first = await integrator.post("/dispatch/v1/solve", json=asked, headers=headers)
    second = await integrator.post("/dispatch/v1/solve", json=asked, headers=headers)
    assert first.json()["id"] == second.json()["id"]
    assert len(body(await integrator.get("/dispatch/v1/runs"))["items"]) == 1


CONTRADICTIONS = [
    (lambda p: p["orders"][0].update(place="nowhere"), "/orders/0/place"),
    (lambda p: p["orders"][0].update(drop_price_fen=-1), "/orders/0/drop_price_fen"),
    (lambda p: p["orders"].append(p["orders"][0]), "/orders/6/id"),
    (lambda p: p.update(surprise=1), "/surprise"),
    (lambda p: p["engineers"][0].update(start_place="nowhere"), "/engineers/0/shifts/0/start_place"),
    (lambda p: p["places"][0].update(lon=200.0), "/places/0/lon"),
    (lambda p: p.update(horizon={"start": 9, "end": 1}), "/horizon/end"),
]


@pytest.mark.parametrize(("spoil", "pointer"), CONTRADICTIONS, ids=[pointer for _, pointer in CONTRADICTIONS])
async def test_a_contradiction_is_named_before_anything_is_queued(system: System, spoil: Any, pointer: str) -> None:
    integrator = await system_key(system, "fleet")
    wrong = problem()
    spoil(wrong)
    answer = await integrator.post("/dispatch/v1/solve", json=wrong)
    assert answer.status_code == 422
    assert answer.json()["pointer"] == pointer
    assert body(await integrator.get("/dispatch/v1/runs"))["items"] == []


async def _ask(dispatch: Dispatch, owner: str) -> str:
    run_id = new_id()
    async with dispatch.context.db.transaction() as tx:
        await runs.add(tx, run_id=run_id, owner=owner, request={"problem": "{}"}, at=dispatch.clock.at)
    dispatch.clock.at += timedelta(seconds=1)
    return run_id


async def _take(dispatch: Dispatch) -> str | None:
    dispatch.clock.at += timedelta(seconds=1)
    async with dispatch.context.db.transaction() as tx:
        taken = await runs.take_next(tx, dispatch.clock.at)
    return taken[0] if taken else None


async def test_who_asks_much_does_not_keep_the_others_waiting(dispatch: Dispatch) -> None:
    greedy = [await _ask(dispatch, "greedy") for _ in range(4)]
    modest = [await _ask(dispatch, "modest") for _ in range(2)]
    order_of_turns = [await _take(dispatch) for _ in range(7)]
    assert order_of_turns == [greedy[0], modest[0], greedy[1], modest[1], greedy[2], greedy[3], None]


async def test_two_workers_never_take_the_same_run(dispatch: Dispatch) -> None:
    asked = {await _ask(dispatch, f"owner {n}") for n in range(6)}
    taken = await asyncio.gather(*(_take(dispatch) for _ in range(9)))
    assert sorted(one for one in taken if one) == sorted(asked)


async def test_a_run_whose_worker_died_comes_to_its_turn_again(dispatch: Dispatch) -> None:
    run_id = await _ask(dispatch, "owner")
    assert await _take(dispatch) == run_id
    await tidy(dispatch.context)
    assert await _take(dispatch) is None
    dispatch.clock.at += LOST_AFTER + timedelta(seconds=1)
    await tidy(dispatch.context)
    assert await _take(dispatch) == run_id


async def test_what_ended_long_ago_is_forgotten(dispatch: Dispatch) -> None:
    run_id = await _ask(dispatch, "owner")
    async with dispatch.context.db.transaction() as tx:
        await runs.cancel(tx, run_id=run_id, at=dispatch.clock.at)
    for passed, known in ((KEPT, True), (timedelta(minutes=1), False)):
        dispatch.clock.at += passed
        await tidy(dispatch.context)
        async with dispatch.context.db.read() as tx:
            assert (await runs.find(tx, run_id=run_id, owner="owner") is not None) is known
