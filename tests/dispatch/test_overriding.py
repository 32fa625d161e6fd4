"""A dispatcher's decision is obeyed by every later plan until it is released, and its price is written down."""

from datetime import timedelta

import pytest

from kit.problems import NotFound, Stale
from services.dispatch.documents.orders import Pin
from services.dispatch.store import decisions
from services.dispatch.use_cases.advising import Move, advise, analyse_moves
from services.dispatch.use_cases.improving import improve_territory
from services.dispatch.use_cases.overriding import AlreadyUnderWay, OverrideImpossible, Wish, override, release
from services.dispatch.use_cases.planning import plan_territory
from tests.dispatch.test_planning import active, newest, put_in
from tests.dispatch.world import LIAOCHENG, NOW, TAIAN, ZIBO, Dispatch, clock, engineer, order

HOUR = timedelta(hours=1)
ANNA = "dispatcher:anna"


@pytest.fixture
async def asked(dispatch: Dispatch) -> str:
    """An order in Taian, planned with the engineer next door; E2 is far away, E3 cannot do it."""
    one = order("asked", TAIAN)
    dispatch.world.orders = [one]
    dispatch.world.engineers = [
        engineer("E1", TAIAN),
        engineer("E2", LIAOCHENG),
        engineer("E3", TAIAN, skills=[{"skill": "brakes", "level": 5, "valid_until": None}]),
    ]
    await plan_territory(dispatch.context, "T1")
    order_id: str = one["id"]
    assert (await active(dispatch))[order_id].engineer_id == "E1"
    return order_id


def wish(order_id: str, **given: object) -> Wish:
    fields = {"engineer_id": "E2", "pin": "resource", "start": None, "reason": "knows the machine"} | given
    return Wish(order_id, **fields)  # type: ignore[arg-type]


async def test_the_plan_obeys_and_says_what_it_costs(dispatch: Dispatch, asked: str) -> None:
    done = await override(dispatch.context, "T1", wish(asked), epoch=1, actor=ANNA)
    assert done.epoch == 2
    assert done.placed["engineer_id"] == "E2"
    assert done.counterfactual is not None
    assert done.counterfactual["engineer_id"] == "E1"
    assert done.difference_fen > 0
    assert (await active(dispatch))[asked].engineer_id == "E2"
    (told,) = await dispatch.told("order.overridden")
    assert (told["engineer_id"], told["counterfactual_fen"]) == ("E2", done.difference_fen)
    async with dispatch.context.db.read() as tx:
        kept = await decisions.override_of(tx, asked)
    assert kept is not None
    assert (kept.actor, kept.reason, kept.epoch) == (ANNA, "knows the machine", 2)
    assert kept.counterfactual["total_fen"] > 0


async def _replan_with_temptation(dispatch: Dispatch) -> None:
    """Later plans: time passes, an engineer stands at the machine, others are asked for far away."""
    dispatch.clock.at += timedelta(minutes=5)
    dispatch.world.engineers.append(engineer(f"E{10 + len(dispatch.world.engineers)}", TAIAN))
    dispatch.world.orders.append(order("far", ZIBO, clocks=[clock("arrive", NOW + 3 * HOUR)]))
    await plan_territory(dispatch.context, "T1")


async def test_no_later_plan_undoes_it(dispatch: Dispatch, asked: str) -> None:
    await override(dispatch.context, "T1", wish(asked), epoch=1, actor=ANNA)
    for _ in range(3):
        await _replan_with_temptation(dispatch)
        await improve_territory(dispatch.context, "T1")
        assert (await active(dispatch))[asked].engineer_id == "E2"


async def test_a_builder_that_forgets_locks_is_found_out(
    dispatch: Dispatch, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant of the test above: without locks in the problem the optimiser takes the cheaper engineer back."""
    await override(dispatch.context, "T1", wish(asked), epoch=1, actor=ANNA)
    with monkeypatch.context() as mutant:
        mutant.setattr("services.dispatch.domain.problem_orders._pin", lambda *_: Pin())
        mutant.setattr("services.dispatch.domain.carry_over._Kept._stands", lambda *_: False)
        await _replan_with_temptation(dispatch)
    assert (await active(dispatch))[asked].engineer_id != "E2"


async def test_a_fixed_time_is_kept_and_yields_only_when_it_cannot_be(dispatch: Dispatch, asked: str) -> None:
    at = NOW + 5 * HOUR
    await override(dispatch.context, "T1", wish(asked, pin="both", start=at), epoch=1, actor=ANNA)
    assert (await active(dispatch))[asked].start == at
    await _replan_with_temptation(dispatch)
    assert (await active(dispatch))[asked].start == at
    # Nobody has left, and from Liaocheng it is more than ten minutes: the time yields, the engineer stays.
    dispatch.clock.at = at - timedelta(minutes=10)
    await plan_territory(dispatch.context, "T1")
    late = (await active(dispatch))[asked]
    assert late.engineer_id == "E2"
    assert late.start > at


async def test_released_the_order_is_the_optimisers_again(dispatch: Dispatch, asked: str) -> None:
    await override(dispatch.context, "T1", wish(asked), epoch=1, actor=ANNA)
    await release(dispatch.context, "T1", asked, actor=ANNA)
    assert await improve_territory(dispatch.context, "T1") == "published"
    assert (await active(dispatch))[asked].engineer_id == "E1"
    assert len(await dispatch.told("order.released")) == 1
    with pytest.raises(NotFound):
        await release(dispatch.context, "T1", asked, actor=ANNA)


async def test_of_two_dispatchers_who_read_the_same_plan_the_second_is_told(dispatch: Dispatch, asked: str) -> None:
    await override(dispatch.context, "T1", wish(asked), epoch=1, actor=ANNA)
    with pytest.raises(Stale):
        await override(dispatch.context, "T1", wish(asked, engineer_id="E1"), epoch=1, actor="dispatcher:ben")
    assert (await active(dispatch))[asked].engineer_id == "E2"


async def test_what_cannot_be_done_is_refused_with_the_reason_and_changes_nothing(
    dispatch: Dispatch, asked: str
) -> None:
    before = await dispatch.told()
    with pytest.raises(OverrideImpossible):
        await override(dispatch.context, "T1", wish(asked, engineer_id="E3"), epoch=1, actor=ANNA)
    with pytest.raises(NotFound):
        await override(dispatch.context, "T1", wish(asked, engineer_id="E77"), epoch=1, actor=ANNA)
    assert await dispatch.told() == before
    assert (await newest(dispatch)).epoch == 1


async def test_work_under_way_is_not_overridden(dispatch: Dispatch, asked: str) -> None:
    await put_in(dispatch, (await active(dispatch))[asked].id, state="travelling")
    with pytest.raises(AlreadyUnderWay):
        await override(dispatch.context, "T1", wish(asked), epoch=1, actor=ANNA)


async def test_recommendations_rank_by_price_and_say_why_the_others_cannot_come(dispatch: Dispatch, asked: str) -> None:
    advice = await advise(dispatch.context, "T1", asked)
    assert [one.engineer_id for one in advice.candidates] == ["E1", "E2"]
    assert advice.candidates[0].difference_fen <= advice.candidates[1].difference_fen
    assert advice.candidates[1].by_rule["travel.distance"] > 0
    assert sum(advice.candidates[1].by_rule.values()) == advice.candidates[1].difference_fen
    assert advice.excluded == {"E3": "skill"}
    assert advice.repairs == []


async def test_an_order_that_nobody_serves_comes_with_priced_repairs(dispatch: Dispatch) -> None:
    """It asks for a level above everybody's: a level lower somebody could come."""
    hard = order("hard", TAIAN, skills=[{"skill": "engine", "level": 4}])
    dispatch.world.orders, dispatch.world.engineers = [hard], [engineer("E1", TAIAN)]
    await plan_territory(dispatch.context, "T1")
    assert hard["id"] not in await active(dispatch)
    advice = await advise(dispatch.context, "T1", hard["id"])
    assert advice.candidates == []
    (repair,) = advice.repairs
    assert (repair.kind, repair.amount, repair.candidate.engineer_id) == ("skill", 1, "E1")
    assert repair.candidate.difference_fen == sum(repair.candidate.by_rule.values())


async def test_an_edited_plan_is_priced_and_examined_without_changing_anything(dispatch: Dispatch, asked: str) -> None:
    before, plan = await dispatch.told(), await newest(dispatch)
    possible = await analyse_moves(dispatch.context, "T1", [Move(asked, "E2")])
    assert possible.violations == []
    assert possible.difference_fen > 0
    assert possible.placed[asked][0] == "E2"
    wrong = await analyse_moves(dispatch.context, "T1", [Move(asked, "E3")])
    assert {"rule": "skill", "order": asked, "engineer": "E3"} in wrong.violations
    dropped = await analyse_moves(dispatch.context, "T1", [Move(asked, None)])
    assert dropped.by_rule["dropped"] == 5_000_000
    assert await dispatch.told() == before
    assert await newest(dispatch) == plan


async def test_an_edit_tells_which_promises_it_moves(dispatch: Dispatch) -> None:
    """E1 lives next door; E2 drives more than an hour from Liaocheng, so the arrival that was kept is late with E2."""
    one = order("tight", TAIAN, clocks=[clock("arrive", NOW + HOUR)])
    dispatch.world.orders = [one, order("elsewhere", ZIBO)]
    dispatch.world.engineers = [engineer("E1", TAIAN), engineer("E2", LIAOCHENG), engineer("E4", ZIBO)]
    await plan_territory(dispatch.context, "T1")
    done = await analyse_moves(dispatch.context, "T1", [Move(one["id"], "E2")])
    (moved,) = done.clocks
    assert (moved.order_id, moved.clock) == (one["id"], "arrive")
    assert moved.before <= moved.due < moved.after
    assert moved.after == done.placed[one["id"]][1]


async def test_the_price_of_an_override_is_what_the_analysis_had_said(dispatch: Dispatch, asked: str) -> None:
    foretold = await analyse_moves(dispatch.context, "T1", [Move(asked, "E2")])
    done = await override(dispatch.context, "T1", wish(asked), epoch=1, actor=ANNA)
    assert done.difference_fen == foretold.difference_fen
