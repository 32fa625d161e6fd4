"""The solver's process: cancelled, hung, killed or failed, it costs a plan and nothing else."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text, update

from services.dispatch.child import Progress
from services.dispatch.solver_process import SolverFailed, SolverProcess
from services.dispatch.solving import Workpiece
from services.dispatch.store import improvements, territories
from services.dispatch.store.improvements import Improvement
from services.dispatch.tables import territories as known
from services.dispatch.use_cases.advising import advise
from services.dispatch.use_cases.improving import PLANS_AT_ONCE, improve_territory
from services.dispatch.use_cases.planning import ask_for_plan, plan_territory
from tests.dispatch.solver.solving import planned
from tests.dispatch.test_planning import active, newest
from tests.dispatch.test_problem_builder import document, scene
from tests.dispatch.world import LIAOCHENG, NOW, TAIAN, ZIBO, Dispatch, clock, engineer, order
from tests.running import eventually


@pytest.fixture
async def process() -> AsyncIterator[SolverProcess]:
    one = SolverProcess()
    await one.warm()
    yield one
    one.kill()


@pytest.fixture(scope="module")
def work() -> Workpiece:
    sites = [(116.2 + n % 7 * 0.25, 36.1 + n % 5 * 0.2) for n in range(40)]
    due = clock("arrive", NOW + timedelta(hours=4))
    orders = [order(str(n), site, clocks=[due]) for n, site in enumerate(sites)]
    engineers = [engineer(f"E{n}", site) for n, site in enumerate((LIAOCHENG, TAIAN, ZIBO, (117.0, 36.65)))]
    return Workpiece(document(scene(orders=orders, engineers=engineers)))


async def test_it_makes_the_greedy_plan_better_and_tells_how_far_it_is(process: SolverProcess, work: Workpiece) -> None:
    base, heard = planned(work.problem), []

    async def watch(news: Progress | None) -> bool:
        if news is not None:
            heard.append(news)
        return False

    better = await process.solve(work.problem, start=base.plan, seconds=3.0, seed=1, watch=watch)
    assert better.verdict.violations == ()
    assert better.verdict.total < base.verdict.total
    assert heard
    assert heard[-1].fen >= better.verdict.total


async def test_cancelled_it_answers_soon_with_the_best_so_far(process: SolverProcess, work: Workpiece) -> None:
    async def watch(_: Progress | None) -> bool:
        return True

    began = asyncio.get_running_loop().time()
    base = planned(work.problem)
    result = await process.solve(work.problem, start=base.plan, seconds=60.0, seed=1, watch=watch)
    assert result.stopped_by == "cancelled"
    assert result.verdict.total <= base.verdict.total
    assert asyncio.get_running_loop().time() - began < 15


async def test_killed_in_the_middle_it_is_gone_for_this_call_only(process: SolverProcess, work: Workpiece) -> None:
    first = process.pid
    assert first is not None

    async def watch(_: Progress | None) -> bool:
        os.kill(first, signal.SIGKILL)
        return False

    with pytest.raises(SolverFailed):
        await process.solve(work.problem, start=None, seconds=30.0, seed=1, watch=watch)
    again = await process.solve(work.problem, start=None, seconds=0.5, seed=1)
    assert again.verdict.violations == ()
    assert process.pid != first


async def test_hung_it_is_killed_when_its_time_is_over(
    process: SolverProcess, work: Workpiece, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.dispatch.solver_process.GRACE_S", 0.3)
    stopped = process.pid
    assert stopped is not None
    os.kill(stopped, signal.SIGSTOP)
    with pytest.raises(SolverFailed, match="after its time"):
        await process.solve(work.problem, start=None, seconds=0.2, seed=1)
    with pytest.raises(ProcessLookupError):
        os.kill(stopped, 0)


async def test_idle_it_ends_and_the_next_question_starts_it_again(work: Workpiece) -> None:
    process = SolverProcess(idle_s=0.3)
    await process.warm()
    first = process.pid
    await process.solve(work.problem, start=None, seconds=0.6, seed=1)
    assert process.pid == first  # what works is not idle, however long it takes
    await asyncio.sleep(0.6)
    assert process.pid is None
    with pytest.raises(ProcessLookupError):
        os.kill(first or 0, 0)
    assert (await process.solve(work.problem, start=None, seconds=0.2, seed=1)).verdict.violations == ()
    process.kill()


async def test_its_memory_holds_the_solver_alone(process: SolverProcess) -> None:
    """A web framework or a database beside it would double the memory of every solve."""
    loaded = {Path(file.path).name.partition(".")[0] for file in psutil.Process(process.pid).memory_maps()}
    assert "_multiarray_umath" in loaded
    assert not {name for name in loaded if name.startswith(("_pydantic_core", "libpq", "_rust"))}


async def test_an_engine_that_fails_says_so(process: SolverProcess, work: Workpiece) -> None:
    with pytest.raises(SolverFailed, match="KeyError"):
        await process.solve(work.problem, start=None, seconds=1.0, seed=1, engine="no such engine")


async def _knot(dispatch: Dispatch) -> list[str]:
    """Two engineers who moved house after they were planned: each now drives past the other one's home."""
    dispatch.world.orders = [order("west", LIAOCHENG), order("east", ZIBO)]
    dispatch.world.engineers = [engineer("E1", LIAOCHENG), engineer("E2", ZIBO)]
    await plan_territory(dispatch.context, "T1")
    dispatch.world.engineers = [engineer("E1", ZIBO), engineer("E2", LIAOCHENG)]
    await plan_territory(dispatch.context, "T1")
    return [one["id"] for one in dispatch.world.orders]


async def test_a_territory_is_improved_in_the_background(dispatch: Dispatch) -> None:
    orders = await _knot(dispatch)
    before = await newest(dispatch)
    assert await improve_territory(dispatch.context, "T1") == "published"
    after = await newest(dispatch)
    assert set(await active(dispatch)) == set(orders)
    assert after.proposal.cost_fen < before.proposal.cost_fen
    assert after.proposal.engine == "roadcall"


async def test_an_improvement_is_put_off_while_a_territory_has_no_plan_at_all(dispatch: Dispatch) -> None:
    await _knot(dispatch)
    before = await newest(dispatch)
    async with dispatch.context.db.transaction() as tx:
        await territories.know(tx, territory_id="T2", branch_id="B1")
        await ask_for_plan(dispatch.context, tx, "T2")
        await tx.execute(text("DELETE FROM jobs.procrastinate_jobs"))
    assert await improve_territory(dispatch.context, "T1") == "unchanged"
    assert await newest(dispatch) == before
    async with dispatch.context.db.read() as tx:
        asked = (await tx.execute(text("SELECT args, scheduled_at FROM jobs.procrastinate_jobs"))).one()
    assert asked.args == {"territory_id": "T1"}
    assert asked.scheduled_at is not None, "it comes back by itself"
    async with dispatch.context.db.transaction() as tx:
        await territories.cover(tx, territory_id="T2", basis=territories.Basis(requested=1, known_seq=0))
    assert await improve_territory(dispatch.context, "T1") == "published"


@pytest.mark.parametrize(("waiting", "behind"), [(PLANS_AT_ONCE, False), (PLANS_AT_ONCE + 1, True)])
async def test_an_improvement_is_put_off_while_plans_queue(dispatch: Dispatch, waiting: int, behind: bool) -> None:
    async with dispatch.context.db.transaction() as tx:
        for name in range(waiting):
            await territories.know(tx, territory_id=f"W{name}", branch_id="B1")
            await ask_for_plan(dispatch.context, tx, f"W{name}")
        await tx.execute(update(known).values(epoch=1))
        assert await territories.are_behind(tx, at_once=PLANS_AT_ONCE) == behind
        await tx.execute(update(known).values(unplanned_since=known.c.unplanned_since - territories.LEFT_LYING))
        assert not await territories.are_behind(tx, at_once=PLANS_AT_ONCE), "their jobs are lost"


async def test_news_ends_an_improvement_and_its_plan_is_not_published(dispatch: Dispatch) -> None:
    await _knot(dispatch)
    before = await newest(dispatch)
    original = dispatch.context.improver.solve

    async def solve_while_news_comes(*args: object, **named: object) -> object:
        async with dispatch.context.db.transaction() as tx:
            await ask_for_plan(dispatch.context, tx, "T1")
        return await original(*args, **named)  # type: ignore[arg-type]

    dispatch.context.improver.solve = solve_while_news_comes  # type: ignore[method-assign,assignment]
    assert await improve_territory(dispatch.context, "T1") == "stale"
    assert await newest(dispatch) == before


async def test_an_improvement_is_followed_while_it_runs_and_ended_by_hand(dispatch: Dispatch) -> None:
    """It has a minute, far more than this test waits."""
    sites = [(116.2 + n % 7 * 0.25, 36.1 + n % 5 * 0.2) for n in range(60)]
    dispatch.world.orders = [order(str(n), site) for n, site in enumerate(sites)]
    dispatch.world.engineers = [engineer(f"E{n}", site) for n, site in enumerate((LIAOCHENG, TAIAN, ZIBO))]
    await plan_territory(dispatch.context, "T1")
    db, patient = dispatch.context.db, replace(dispatch.context, policy=replace(dispatch.context.policy, improve_s=60))
    running = asyncio.create_task(improve_territory(patient, "T1"))

    async def seen() -> list[Improvement]:
        async with db.read() as tx:
            return await improvements.running(tx, branch_id="B1", now=NOW)

    await eventually(seen, lambda found: bool(found) and found[0].iterations > 0, within_s=30)
    async with db.transaction() as tx:
        assert await improvements.cancel(tx, "T1")
    async with asyncio.timeout(20):
        assert await running == "published"  # the best so far, better than the first plan by then
    assert await seen() == []


async def test_a_planner_that_dies_is_told_and_asked_again(dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last plan stays with the failure beside it; a dispatcher's question is answered with 503."""
    before = await _knot(dispatch) and await newest(dispatch)

    async def dead(*_: object, **__: object) -> None:
        raise SolverFailed("it died")

    with monkeypatch.context() as ill:
        ill.setattr(dispatch.context.planner, "solve", dead)
        assert await plan_territory(dispatch.context, "T1") == "failed"
        with pytest.raises(SolverFailed) as caught:
            await advise(dispatch.context, "T1", dispatch.world.orders[0]["id"])
    assert (caught.value.status, caught.value.retry_after) == (503, 2)
    async with dispatch.context.db.read() as tx:
        territory = await territories.find(tx, "T1")
    assert territory is not None
    assert "it died" in (territory.failure or "")
    assert await newest(dispatch) == before
    assert await plan_territory(dispatch.context, "T1") in ("published", "unchanged")


async def test_a_dead_solver_costs_the_improvement_not_the_plan(
    dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _knot(dispatch)
    before = await newest(dispatch)

    async def dead(*_: object, **__: object) -> None:
        raise SolverFailed("killed by the kernel")

    monkeypatch.setattr(dispatch.context.improver, "solve", dead)
    assert await improve_territory(dispatch.context, "T1") == "unchanged"
    assert await newest(dispatch) == before


async def test_what_improves_in_the_background_gives_way_to_who_is_waited_for(dispatch: Dispatch) -> None:
    improver = dispatch.context.improver
    await improver.warm()
    assert psutil.Process(improver.pid).nice() == min(psutil.Process().nice() + 10, 19)
    improver.kill()
