"""A territory is planned, published and planned again on a real database."""

from datetime import timedelta

import pytest

from services.dispatch.domain.appointments import Role
from services.dispatch.domain.standing import Appointment
from services.dispatch.store import appointments, plans, territories
from services.dispatch.store.plans import PublishedPlan
from services.dispatch.use_cases.planning import plan_territory
from tests.dispatch.world import (
    JINAN,
    LIAOCHENG,
    NOW,
    TAIAN,
    ZIBO,
    Dispatch,
    clock,
    engineer,
    line,
    order,
    shelf,
    vehicle,
)

HOUR = timedelta(hours=1)


async def newest(dispatch: Dispatch, territory_id: str = "T1") -> PublishedPlan:
    async with dispatch.context.db.read() as tx:
        plan = await plans.newest(tx, territory_id)
    assert plan is not None
    return plan


async def active(dispatch: Dispatch, territory_id: str = "T1") -> dict[str, Appointment]:
    """The leads' by order."""
    return await of_role(dispatch, "lead", territory_id)


async def of_role(dispatch: Dispatch, role: Role, territory_id: str = "T1") -> dict[str, Appointment]:
    async with dispatch.context.db.read() as tx:
        found = await appointments.active(tx, territory_id)
    return {order: one for (order, as_what), one in found.items() if as_what == role}


async def put_in(dispatch: Dispatch, appointment_id: str, **values: object) -> None:
    """Something happens to an appointment."""
    async with dispatch.context.db.transaction() as tx:
        await appointments.move(tx, [appointment_id], values)


async def test_the_first_plan_serves_what_can_be_served_and_says_why_the_rest_is_not(dispatch: Dispatch) -> None:
    near, hard = order("near", TAIAN), order("hard", ZIBO, skills=[{"skill": "hydraulics", "level": 4}])
    dispatch.world.orders = [near, hard]
    dispatch.world.engineers = [engineer("E1")]
    assert await plan_territory(dispatch.context, "T1") == "published"
    plan = await newest(dispatch)
    assert plan.epoch == 1
    assert plan.proposal.travel_source == "embedded-roads"
    assert {one.order_id: one.reason for one in plan.proposal.unassigned} == {hard["id"]: "skill"}
    booked = (await active(dispatch))[near["id"]]
    assert (booked.engineer_id, booked.state) == ("E1", "dispatched")
    assert booked.start > NOW
    told = await dispatch.told()
    assert [one["kind"] for one in told if one.get("order_id") == near["id"]] == [
        "appointment.planned",
        "appointment.moved",
        "promise.risk_changed",
    ]
    (unassigned,) = await dispatch.told("order.unassigned")
    assert (unassigned["order_id"], unassigned["reason"]) == (hard["id"], "skill")
    chances = {one["order_id"]: one["chance"] for one in await dispatch.told("promise.risk_changed")}
    assert 0 < chances[near["id"]] <= 1
    assert chances[hard["id"]] is None, "nobody comes: there is nothing to foretell"


async def test_a_plan_that_changes_nothing_is_not_published_again(dispatch: Dispatch) -> None:
    dispatch.world.orders = [order(), order(place=ZIBO)]
    dispatch.world.engineers = [engineer("E1"), engineer("E2")]
    await plan_territory(dispatch.context, "T1")
    before = await dispatch.told()
    assert await plan_territory(dispatch.context, "T1") == "unchanged"
    assert await dispatch.told() == before


async def test_a_new_order_comes_in_without_moving_what_was_told(dispatch: Dispatch) -> None:
    first, second = order("first"), order("second", LIAOCHENG)
    dispatch.world.orders = [first]
    dispatch.world.engineers = [engineer("E1"), engineer("E2", LIAOCHENG)]
    await plan_territory(dispatch.context, "T1")
    before = (await active(dispatch))[first["id"]]
    dispatch.world.orders = [first, second]
    assert await plan_territory(dispatch.context, "T1") == "published"
    after = await active(dispatch)
    assert after[first["id"]] == before
    assert after[second["id"]].engineer_id == "E2"
    assert (await newest(dispatch)).epoch == 2


async def test_a_repair_begins_when_the_truck_has_been_brought_in(dispatch: Dispatch) -> None:
    """Each has an engineer at the door: without the link both would begin at once."""
    recovery = order("recovery", service_s=5400)
    link = {"order_id": recovery["id"], "relation": "finish_start", "gap_s": 1800, "at": None}
    repair = order("repair", ZIBO, links=[link])
    dispatch.world.orders = [repair, recovery]
    dispatch.world.engineers = [engineer("E1", TAIAN), engineer("E2", ZIBO)]
    await plan_territory(dispatch.context, "T1")
    planned = await active(dispatch)
    assert planned[repair["id"]].start >= planned[recovery["id"]].end + timedelta(minutes=30)
    # The part of the recovery cannot be had: what waits for it goes with it.
    recovery["kit"] = [line("PUMP")]
    dispatch.world.shelves = [shelf("A", JINAN, PUMP=1)]
    dispatch.world.taken["A", "PUMP"] = 1
    await plan_territory(dispatch.context, "T1")
    plan = await newest(dispatch)
    reasons = {one.order_id: one.reason for one in plan.proposal.unassigned}
    assert reasons == {recovery["id"]: "part_missing", repair["id"]: "link"}
    assert await active(dispatch) == {}


async def test_only_what_starts_soon_is_sent_to_the_phones(dispatch: Dispatch) -> None:
    tomorrow = order(kind="inspection", earliest_start=(NOW + 25 * HOUR).isoformat(), clocks=[])
    dispatch.world.orders = [tomorrow]
    dispatch.world.engineers = [engineer("E1")]
    await plan_territory(dispatch.context, "T1")
    assert (await active(dispatch))[tomorrow["id"]].state == "planned"
    dispatch.clock.at += timedelta(hours=14)
    await plan_territory(dispatch.context, "T1")
    assert (await active(dispatch))[tomorrow["id"]].state == "dispatched"


async def test_changes_are_measured_from_the_start_that_was_sent(
    dispatch: Dispatch,
) -> None:
    first = order("first")
    dispatch.world.orders = [first]
    dispatch.world.engineers = [engineer("E1")]
    await plan_territory(dispatch.context, "T1")
    one = (await active(dispatch))[first["id"]]
    assert (one.state, one.reference_start) == ("dispatched", one.start)

    async def reference_after(minutes: int) -> timedelta:
        """Moved to so many minutes after the first start."""
        start = one.start + timedelta(minutes=minutes)
        row = {"id": one.id, "engineer_id": "E1", "scheduled_start": start, "scheduled_end": start + HOUR}
        async with dispatch.context.db.transaction() as tx:
            site = {"lon": one.site.lon, "lat": one.site.lat, "place_error_m": 0}
            moved = [row | site | {"sourcing": one.sourcing, "expert_id": None, "epoch": 1}]
            await appointments.reschedule(tx, moved, tolerance=timedelta(minutes=15))
        now = (await active(dispatch))[first["id"]]
        assert now.reference_start is not None
        return now.reference_start - one.start

    assert await reference_after(10) == timedelta(0)
    assert await reference_after(15) == timedelta(0), "the tolerance is inclusive"
    assert await reference_after(16) == timedelta(minutes=16), "ten and six are more than the tolerance"
    assert await reference_after(1) == timedelta(minutes=16), "and back again is measured from there"


@pytest.mark.parametrize("state", ["travelling", "on_site"])
async def test_work_under_way_is_never_touched(dispatch: Dispatch, state: str) -> None:
    first = order("first", ZIBO)
    dispatch.world.orders = [first]
    dispatch.world.engineers = [engineer("E1")]
    await plan_territory(dispatch.context, "T1")
    before = (await active(dispatch))[first["id"]]
    await put_in(dispatch, before.id, state=state, arrived_at=NOW if state == "on_site" else None)
    # Somebody stands next to it now, and the first engineer would be needed elsewhere.
    urgent = order("urgent", JINAN, clocks=[clock("arrive", NOW + HOUR, price_fen_per_hour=900_000)])
    dispatch.world.orders = [first, urgent]
    dispatch.world.engineers = [engineer("E1"), engineer("E2", ZIBO)]
    await plan_territory(dispatch.context, "T1")
    after = await active(dispatch)
    assert (after[first["id"]].id, after[first["id"]].engineer_id, after[first["id"]].state) == (before.id, "E1", state)
    assert after[urgent["id"]].engineer_id == "E2"


async def test_an_engineer_who_declined_is_not_sent_again(dispatch: Dispatch) -> None:
    asked = order()
    dispatch.world.orders = [asked]
    dispatch.world.engineers = [engineer("E1", TAIAN), engineer("E2", LIAOCHENG)]
    await plan_territory(dispatch.context, "T1")
    first = (await active(dispatch))[asked["id"]]
    assert first.engineer_id == "E1"
    await put_in(dispatch, first.id, state="declined", ended_at=NOW)
    await plan_territory(dispatch.context, "T1")
    assert (await active(dispatch))[asked["id"]].engineer_id == "E2"


async def test_a_part_is_picked_up_where_there_is_one_and_not_at_the_nearest_shelf(dispatch: Dispatch) -> None:
    asked = order(place=TAIAN, kit=[line("PUMP")])
    dispatch.world.orders = [asked]
    dispatch.world.engineers = [engineer("E1", JINAN)]
    dispatch.world.shelves = [shelf("NEAR", JINAN, PUMP=0), shelf("FAR", ZIBO, PUMP=1)]
    await plan_territory(dispatch.context, "T1")
    (sourced,) = (await active(dispatch))[asked["id"]].sourcing
    assert (sourced.source, sourced.place_id) == ("pickup", "FAR")
    (route,) = (await newest(dispatch)).proposal.routes
    assert [(stop.kind, stop.place_id, stop.order_id) for stop in route.stops] == [
        ("pickup", "FAR", None),
        ("order", None, asked["id"]),
    ]
    (published,) = await dispatch.told("plan.published")
    assert [(one["part"], one["place_id"], one["source"]) for one in published["stock"]] == [("PUMP", "FAR", "pickup")]


async def test_a_line_that_somebody_else_was_faster_to_take_comes_from_elsewhere(dispatch: Dispatch) -> None:
    asked, other = order(place=TAIAN, kit=[line("PUMP")]), order("other", LIAOCHENG)
    dispatch.world.orders = [asked, other]
    dispatch.world.engineers = [engineer("E1", JINAN), engineer("E2", LIAOCHENG)]
    dispatch.world.shelves = [shelf("NEAR", JINAN, PUMP=1), shelf("FAR", ZIBO, PUMP=1)]
    dispatch.world.taken["NEAR", "PUMP"] = 1
    assert await plan_territory(dispatch.context, "T1") == "published"
    placed = await active(dispatch)
    assert [one.place_id for one in placed[asked["id"]].sourcing] == ["FAR"]
    assert placed[other["id"]].engineer_id == "E2"
    assert [[one["place_id"] for one in lines] for _, lines in dispatch.world.holds] == [["NEAR"], ["FAR"]]


async def test_an_order_whose_part_is_nowhere_to_be_had_is_left_out_with_that_reason(dispatch: Dispatch) -> None:
    asked, other = order(kit=[line("PUMP")]), order("other")
    dispatch.world.orders = [asked, other]
    dispatch.world.engineers = [engineer("E1")]
    dispatch.world.shelves = [shelf("A", JINAN, PUMP=1), shelf("B", ZIBO, PUMP=1)]
    dispatch.world.taken.update({("A", "PUMP"): 1, ("B", "PUMP"): 1})
    await plan_territory(dispatch.context, "T1")
    plan = await newest(dispatch)
    assert {one.order_id: one.reason for one in plan.proposal.unassigned} == {asked["id"]: "part_missing"}
    assert set(await active(dispatch)) == {other["id"]}
    (published,) = await dispatch.told("plan.published")
    assert published["stock"] == []
    assert published["lacked"] == [{"order_id": asked["id"], "part": "PUMP", "quantity": 1}]


def cargo_order(**given: object) -> dict[str, object]:
    """A stopped tractor whose restore promise no engineer can keep."""
    cargo = {
        "cargo_class": "container",
        "coupling": "fifth_wheel_2in",
        "mass_kg": 20_000,
        "destination": {"lon": LIAOCHENG[0], "lat": LIAOCHENG[1]},
        "deadline": None,
        "hazard": False,
    }
    late = clock("restore", NOW + 5 * HOUR, price_fen_per_hour=500_000)
    asked: dict[str, object] = order(cargo=cargo, replacement_eligible=True, clocks=[late], service_s=8 * 3600)
    return asked | given


async def test_a_replacement_vehicle_is_proposed_held_and_decided_once(dispatch: Dispatch) -> None:
    asked = cargo_order()
    dispatch.world.orders = [asked]
    dispatch.world.engineers = [engineer("E1")]
    dispatch.world.vehicles = [vehicle("V1")]
    await plan_territory(dispatch.context, "T1")
    (case,) = (await newest(dispatch)).proposal.cases
    assert (case.vehicle_id, case.sent) == ("V1", False)
    (published,) = await dispatch.told("plan.published")
    assert [one["vehicle_id"] for one in published["vehicles"]] == ["V1"]


async def test_a_vehicle_that_somebody_else_took_is_replaced_by_another(dispatch: Dispatch) -> None:
    dispatch.world.orders = [cargo_order()]
    dispatch.world.engineers = [engineer("E1")]
    dispatch.world.vehicles = [vehicle("V1", TAIAN), vehicle("V2", ZIBO)]
    dispatch.world.taken_vehicles = {"V1"}
    await plan_territory(dispatch.context, "T1")
    assert [case.vehicle_id for case in (await newest(dispatch)).proposal.cases] == ["V2"]


async def test_the_last_good_plan_stays_while_a_neighbour_is_down(dispatch: Dispatch) -> None:
    dispatch.world.orders = [order()]
    dispatch.world.engineers = [engineer("E1")]
    await plan_territory(dispatch.context, "T1")
    dispatch.world.down = {"parts", "stations"}
    assert await plan_territory(dispatch.context, "T1") == "failed"
    assert (await newest(dispatch)).epoch == 1
    async with dispatch.context.db.read() as tx:
        territory = await territories.find(tx, "T1")
    assert territory is not None
    assert territory.failure is not None
    assert "out of reach" in territory.failure


async def test_one_order_that_makes_no_sense_does_not_keep_the_others_waiting(dispatch: Dispatch) -> None:
    good, no_place = order("good"), order("no place", place=TAIAN) | {"place": None}
    backwards = order("backwards", kind="inspection") | {"clocks": [clock("arrive", NOW, price_fen_per_hour=-5)]}
    dispatch.world.orders = [no_place, good, backwards]
    dispatch.world.engineers = [engineer("E1")]
    await plan_territory(dispatch.context, "T1")
    plan = (await newest(dispatch)).proposal
    assert {one.order_id: one.reason for one in plan.unassigned} == {no_place["id"]: "data", backwards["id"]: "data"}
    assert set(await active(dispatch)) == {good["id"]}


def inspection(name: str, **given: object) -> dict[str, object]:
    """One hour at a machine in Jinan within the next three days."""
    window = {"latest_start": (NOW + timedelta(days=3)).isoformat()}
    plain = {"kind": "inspection", "skills": [], "clocks": [], "drop_fen": 40_000, "interruptible": True}
    return order(name, JINAN, **(plain | window | given))


async def test_inspections_fill_the_free_hours_of_several_days(dispatch: Dispatch) -> None:
    checks = [inspection(f"i{n}") for n in range(12)]
    dispatch.world.orders = [*checks, order("breakdown", clocks=[clock("arrive", NOW + 3 * HOUR)])]
    dispatch.world.engineers = [engineer("E1")]
    await plan_territory(dispatch.context, "T1")
    plan = (await newest(dispatch)).proposal
    assert (plan.unassigned, plan.clocks_kept) == ([], 1)
    placed = await active(dispatch)
    assert len({placed[str(one["id"])].start.date() for one in checks}) > 1


async def test_an_inspection_is_given_up_before_a_promise_is_broken(dispatch: Dispatch) -> None:
    # Both cannot be done: the inspection must begin within the hours that the drive to the breakdown takes.
    check = inspection("check", latest_start=(NOW + 2 * HOUR).isoformat(), drop_fen=400_000)
    urgent = order("urgent", TAIAN, clocks=[clock("arrive", NOW + 1.5 * HOUR)], service_s=4 * 3600)
    dispatch.world.orders = [check, urgent]
    dispatch.world.engineers = [engineer("E1")]
    await plan_territory(dispatch.context, "T1")
    plan = (await newest(dispatch)).proposal
    assert (plan.clocks, plan.clocks_kept) == (1, 1)
    assert [one.order_id for one in plan.unassigned] == [check["id"]]
