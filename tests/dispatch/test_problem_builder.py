"""What everybody knows about a territory, as one problem document that the solver takes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from kit.values import Place
from services.dispatch.documents.problem import ProblemDocument
from services.dispatch.documents.to_problem import to_problem
from services.dispatch.domain.facts import Facts
from services.dispatch.domain.policy import Policy
from services.dispatch.domain.problem_builder import build
from services.dispatch.domain.published import SourcedLine, VehicleCase
from services.dispatch.domain.scene import Roads, Scene, matrix_places
from services.dispatch.domain.standing import Appointment, DecidedCase, Lock, Standing
from tests.dispatch.solver.solving import planned
from tests.dispatch.world import JINAN, LIAOCHENG, NOW, TAIAN, ZIBO, clock, engineer, line, order, shelf, vehicle

HOUR = timedelta(hours=1)


def scene(*, standing: Standing | None = None, policy: Policy | None = None, **facts: Any) -> Scene:
    given = {"orders": [], "engineers": [engineer("E1")], "vehicles": [], "stock": {}} | facts
    return Scene(Facts.model_validate(given), standing or Standing("T1", 4, 9), NOW, policy or Policy())


def document(of: Scene) -> ProblemDocument:
    """The problem with a plain matrix (a kilometre a minute), which the solver must accept."""
    places = matrix_places(of)
    apart = np.array([[abs(a.lon - b.lon) + abs(a.lat - b.lat) for b in places.values()] for a in places.values()])
    seconds, metres = (apart * 6_000).astype(np.int32), (apart * 100_000).astype(np.int32)
    problem = build(of, Roads(places, seconds, metres, "a test", degraded=False))
    assert planned(to_problem(problem)).verdict.violations == ()
    return problem


def appointment(order_id: str, **given: Any) -> Appointment:
    fields: dict[str, Any] = {
        "id": "a1",
        "engineer_id": "E1",
        "state": "acknowledged",
        "version": 1,
        "start": NOW + HOUR,
        "end": NOW + 2 * HOUR,
        "site": Place(*TAIAN),
    }
    return Appointment(order_id=order_id, **(fields | given))


def standing(*appointments: Appointment, **given: Any) -> Standing:
    return replace(Standing("T1", 4, 9, {one.slot: one for one in appointments}), **given)


def test_promises_become_prices_and_the_telephone_clock_is_nobodys_visit() -> None:
    asked = order(clocks=[clock("respond", NOW), clock("arrive", NOW + HOUR), clock("fixed", NOW + 2 * HOUR)])
    clocks = document(scene(orders=[asked])).orders[0].clocks
    assert [(one.name, one.due, one.stops) for one in clocks] == [("arrive", 3600, "start"), ("complete", 7200, "end")]
    assert (clocks[0].fen_per_hour, clocks[0].breach_fen, clocks[0].cap_fen) == (40_000, 300_000, 5_000_000)


def test_work_goes_to_engineers_whose_station_can_do_it() -> None:
    """A station without limits may do all, one that may do nothing nothing; work that asks for nothing is anybody's."""
    stations = [None, ["breakdown"], ["breakdown", "overhaul"], []]
    engineers = [engineer(f"E{at}", permitted=may) for at, may in enumerate(stations)]
    asked = [order("A", brand=None, capability="overhaul"), order("B", brand=None)]
    problem = document(scene(orders=asked, engineers=engineers))
    assert [one.certificates for one in problem.orders] == [["work:overhaul"], []]
    able = [one.id for one in problem.engineers if {"work:overhaul"} <= set(one.certificates)]
    assert able == ["E0", "E2"]


def test_brand_and_certificates_are_one_kind_of_authorisation() -> None:
    asked = order(brand="RC-MACH", certificates=["high-voltage"])
    able = engineer("E1", brands=["RC-MACH"], certificates=[{"name": "high-voltage", "valid_until": None}])
    problem = document(scene(orders=[asked], engineers=[able]))
    assert set(problem.orders[0].certificates) == {"high-voltage", "brand:RC-MACH"}
    assert set(problem.orders[0].certificates) <= set(problem.engineers[0].certificates)


def test_a_skill_that_runs_out_within_the_horizon_does_not_count() -> None:
    soon = [{"skill": "engine", "level": 3, "valid_until": (NOW + HOUR).isoformat()}]
    assert document(scene(engineers=[engineer("E1", skills=soon)])).engineers[0].skills == {}


def test_the_shift_that_has_begun_goes_on_where_the_engineer_is() -> None:
    seen = {"lon": 116.5, "lat": 36.5, "at": (NOW - timedelta(minutes=10)).isoformat()}
    stale = seen | {"at": (NOW - 3 * HOUR).isoformat()}
    engineers = [engineer("E1", last_position=seen), engineer("E2", last_position=stale)]
    first, second = document(scene(engineers=engineers)).engineers
    assert first.shifts[0].start_place == "now:E1"
    assert first.shifts[1].start_place is None
    assert second.shifts[0].start_place is None
    assert (first.shifts[0].end, first.shifts[0].overtime_until) == (9 * 3600, 11 * 3600)


def test_what_was_borne_above_the_territorys_mean_burdens() -> None:
    """Ten, four and one hours: five each would have been fair."""
    engineers = [engineer(f"E{hours}", borne_seconds=hours * 3600) for hours in (10, 4, 1)]
    assert [one.burden_seconds for one in document(scene(engineers=engineers)).engineers] == [5 * 3600, 0, 0]


def test_vans_are_the_engineers_and_shelves_are_depots() -> None:
    stock = {"places": [shelf("D1", JINAN, P1=4), shelf("VAN-E1", JINAN, "van", P1=1)]}
    problem = document(scene(orders=[order(kit=[line("P1")])], stock=stock))
    assert problem.engineers[0].van_stock == {"P1": 1}
    assert [(depot.id, depot.stock) for depot in problem.depots] == [("D1", {"P1": 4})]


def test_opening_hours_are_local_and_cover_every_day_of_the_horizon() -> None:
    stock = {"places": [shelf("D1", JINAN, P1=1) | {"opens": "08:00", "closes": "17:30"}]}
    windows = document(scene(orders=[order(kit=[line("P1")])], stock=stock)).depots[0].open_windows
    day = 24 * 3600
    assert [(one.start, one.end) for one in windows[:2]] == [(-3600, 30_600), (day - 3600, day + 30_600)]
    assert len(windows) == 4  # the horizon of three days ends in the middle of the fourth


def test_a_courier_goes_at_its_own_speed_and_after_the_cut_off_tomorrow() -> None:
    places = [shelf("D1", JINAN, P1=1), shelf("D2", ZIBO, P1=1)]
    lanes = [
        {"place_id": "D1", "fee_fen": 5_000, "fen_per_km": 10, "km_per_hour": 30, "cutoff": "16:00", "ready_s": 1800},
        {"place_id": "D2", "fee_fen": 5_000, "fen_per_km": 10, "km_per_hour": 30, "cutoff": "09:10", "ready_s": 1800},
    ]
    problem = document(scene(orders=[order(kit=[line("P1")])], stock={"places": places, "couriers": lanes}))
    first, second = (depot.courier for depot in problem.depots)
    assert first is not None
    assert second is not None
    assert first.permille_of_drive == 2_000  # the roads of this test allow 60 km/h
    assert first.sent_at == 1800
    assert second.sent_at == 23 * 3600  # 08:00 of the next day


def test_only_approved_substitutes_count_and_only_where_they_fit_the_machine() -> None:
    others = {"P1": [{"part": "P2", "approved": True}, {"part": "P3", "approved": False}]}
    first, second = order(kit=[line("P1")]), order(kit=[line("P1")])
    stock = {"substitutes": others, "misfits": {second["id"]: ["P2"]}}
    problem = document(scene(orders=[first, second], stock=stock))
    assert [one.kit[0].substitutes for one in problem.orders] == [["P2"], []]


def test_a_tolerance_window_binds_until_it_has_passed() -> None:
    open_ = order(kind="inspection", earliest_start=(NOW + HOUR).isoformat(), latest_start=(NOW + 9 * HOUR).isoformat())
    overdue = order(kind="inspection", latest_start=(NOW - HOUR).isoformat())
    first, second = document(scene(orders=[open_, overdue])).orders
    assert [(one.start, one.end) for one in first.windows] == [(3600, 9 * 3600)]
    assert second.windows == []


def test_those_who_declined_are_not_asked_again_whoever_knows_of_it() -> None:
    asked = order(declined_by=["E1"])
    told = standing(declines={asked["id"]: frozenset({"E2"})})
    assert document(scene(orders=[asked], standing=told)).orders[0].excluded_engineers == ["E1", "E2"]


def test_work_under_way_stays_and_its_end_moves_when_it_overruns() -> None:
    travelling, late = order("travelling"), order("late", ZIBO)
    told = standing(
        appointment(travelling["id"], state="travelling", start=NOW - HOUR, end=NOW),
        appointment(
            late["id"],
            id="a2",
            engineer_id="E2",
            state="on_site",
            start=NOW - 3 * HOUR,
            end=NOW - HOUR,
            arrived_at=NOW - 2 * HOUR,
            site=Place(*ZIBO),
        ),
    )
    problem = document(scene(orders=[travelling, late], engineers=[engineer("E1"), engineer("E2")], standing=told))
    first, second = (one.frozen for one in problem.orders)
    assert first is not None
    assert second is not None
    assert (first.start, first.until) == (0, 3600)
    assert (second.start, second.until) == (-7200, 900)


def test_an_engineer_who_reports_a_delay_is_expected_then() -> None:
    asked = order()
    told = standing(appointment(asked["id"], state="travelling", expected_at=NOW + 3 * HOUR))
    frozen = document(scene(orders=[asked], standing=told)).orders[0].frozen
    assert frozen is not None
    assert (frozen.start, frozen.until) == (3 * 3600, 4 * 3600)


def test_work_under_way_binds_its_engineer_even_when_neither_is_told_any_more() -> None:
    told = standing(appointment("gone", state="on_site", engineer_id="E9", start=NOW - HOUR, arrived_at=NOW - HOUR))
    problem = document(scene(standing=told))
    assert [(one.id, one.frozen is not None) for one in problem.orders] == [("gone", True)]
    assert [one.id for one in problem.engineers] == ["E1", "E9"]


def test_a_lock_names_its_engineer_and_a_fixed_time_binds_until_it_has_passed() -> None:
    first, second, third = order("1"), order("2"), order("3")
    locks = {
        first["id"]: Lock(first["id"], "E1", "both", NOW + HOUR),
        second["id"]: Lock(second["id"], "E1", "both", NOW - HOUR),
        third["id"]: Lock(third["id"], "E7", "resource"),
    }
    problem = document(scene(orders=[first, second, third], standing=standing(locks=locks)))
    pins = [(one.pin.kind, one.pin.engineer, one.pin.start) for one in problem.orders]
    assert pins == [("both", "E1", 3600), ("resource", "E1", None), ("resource", "E7", None)]
    assert "E7" in [one.id for one in problem.engineers]


def test_what_was_told_has_a_price_of_change_and_what_was_only_planned_has_none() -> None:
    told, planned = order("told"), order("planned", ZIBO)
    state = standing(appointment(told["id"], state="dispatched"), appointment(planned["id"], id="a2", state="planned"))
    first, second = document(scene(orders=[told, planned], standing=state)).orders
    assert first.published is not None
    assert (first.published.engineer, first.published.start) == ("E1", 3600)
    assert second.published is None


def test_small_moves_are_measured_together() -> None:
    told = order("told")
    moved = appointment(told["id"], state="dispatched", reference_start=NOW + HOUR + timedelta(minutes=14))
    (only,) = document(scene(orders=[told], standing=standing(moved))).orders
    assert only.published is not None
    assert only.published.start == 3600 + 14 * 60


def sent(order_id: str, place_id: str = "D1") -> SourcedLine:
    return SourcedLine(
        order_id=order_id,
        line="1",
        part="P1",
        used_part="P1",
        quantity=1,
        source="courier",
        place_id=place_id,
        engineer_id="E1",
        arrives_at=NOW + 2 * HOUR,
        fee_fen=5_000,
    )


def test_a_parcel_that_was_ordered_keeps_its_arrival_and_is_not_paid_twice() -> None:
    asked = order(kit=[line("P1")])
    told = standing(appointment(asked["id"], sourcing=(sent(asked["id"]),)))
    stock = {"places": [shelf("D1", JINAN, P1=1)]}
    quotes = document(scene(orders=[asked], standing=told, stock=stock)).orders[0].kit[0].deliveries
    assert [(one.depot, one.arrives_at, one.fee_fen) for one in quotes] == [("D1", 7200, 0)]


def test_a_parcel_on_the_road_comes_when_its_carrier_says_though_the_shelf_is_empty() -> None:
    asked = order(kit=[line("P1")])
    told = standing(appointment(asked["id"], sourcing=(sent(asked["id"]),)))
    moved = {"order_id": asked["id"], "part": "P1", "shipment_id": "s1", "eta": (NOW + 5 * HOUR).isoformat()}
    problem = document(scene(orders=[asked], standing=told, stock={"moved": [moved]}))
    assert [(one.depot, one.arrives_at) for one in problem.orders[0].kit[0].deliveries] == [("parcel:0", 5 * 3600)]
    answer = planned(to_problem(problem))
    assert [source.kind for source in answer.plan.sources] == ["courier"]


def crew_under_way(order_id: str, lead: dict[str, Any], second: dict[str, Any]) -> Standing:
    one = appointment(order_id, **lead)
    return standing(one, appointment(order_id, **({"id": "a2", "engineer_id": "E2", "role": "second"} | second)))


def test_a_crew_is_asked_for_with_what_the_second_must_know() -> None:
    asked = order(crew_size=2, second_skills=[{"skill": "engine", "level": 3}], interruptible=True)
    (only,) = document(scene(orders=[asked], engineers=[engineer("E1"), engineer("E2")])).orders
    assert (only.crew_size, [(one.skill, one.level) for one in only.second_skills]) == (2, [("engine", 3)])
    assert not only.interruptible, "one of two cannot be called away"


def test_once_one_of_a_crew_has_left_both_are_bound_and_begin_when_both_are_there() -> None:
    """The lead waits on site since an hour; the second says to come in three."""
    asked = order(crew_size=2)
    lead = {"state": "on_site", "arrived_at": NOW - HOUR, "start": NOW - HOUR, "end": NOW + HOUR}
    told = crew_under_way(asked["id"], lead, lead | {"state": "travelling", "expected_at": NOW + 3 * HOUR})
    problem = document(scene(orders=[asked], engineers=[engineer("E1"), engineer("E2")], standing=told))
    frozen = problem.orders[0].frozen
    assert frozen is not None
    assert (frozen.engineer, frozen.second, frozen.state) == ("E1", "E2", "travelling")
    assert (frozen.start, frozen.until) == (3 * 3600, 5 * 3600)
    answer = planned(to_problem(problem))
    assert sorted(stop.second for route in answer.plan.routes for stop in route.stops) == [False, True]


def test_who_is_still_at_work_elsewhere_comes_when_that_ends() -> None:
    """Mutant: without it the two windows overlap, and the database refuses every plan until the work is done."""
    first, second = order("first"), order("second", ZIBO)
    at_work = {"state": "on_site", "arrived_at": NOW - 2 * HOUR, "start": NOW - 2 * HOUR, "end": NOW - HOUR}
    next_one = {"id": "a2", "state": "travelling", "start": NOW - HOUR, "end": NOW}
    told = standing(appointment(first["id"], **at_work), appointment(second["id"], **next_one))
    one, two = (each.frozen for each in document(scene(orders=[first, second], standing=told)).orders)
    assert one is not None
    assert two is not None
    assert (one.until, two.start, two.until) == (900, 900, 900 + 3600)


def test_who_checked_in_at_the_next_machine_has_left_the_one_before() -> None:
    first, second = order("first"), order("second", ZIBO)
    forgotten = {"state": "on_site", "arrived_at": NOW - 2 * HOUR, "start": NOW - 2 * HOUR, "end": NOW - HOUR}
    there = {
        "id": "a2",
        "state": "on_site",
        "arrived_at": NOW - HOUR / 2,
        "start": NOW - HOUR / 2,
        "end": NOW + HOUR / 2,
    }
    told = standing(appointment(first["id"], **forgotten), appointment(second["id"], **there))
    one, two = (each.frozen for each in document(scene(orders=[first, second], standing=told)).orders)
    assert one is not None
    assert two is not None
    assert (one.until, two.start) == (-1800, -1800)


def test_who_leaves_before_the_shift_for_work_inside_it_has_begun_early() -> None:
    """Mutant: a shift of its own for the work overlaps the real one, and no problem can be made of the territory."""
    asked = order()
    later = [{"start": (NOW + HOUR).isoformat(), "end": (NOW + 9 * HOUR).isoformat()}]
    told = standing(appointment(asked["id"], state="travelling", start=NOW + 2 * HOUR, end=NOW + 3 * HOUR))
    (only,) = document(scene(orders=[asked], engineers=[engineer("E1", shifts=later)], standing=told)).engineers
    assert [(one.start, one.end) for one in only.shifts] == [(0, 9 * 3600)]


def link(after: dict[str, Any], **given: Any) -> dict[str, Any]:
    return {"order_id": after["id"], "relation": "finish_start", "gap_s": 600} | given


def test_an_order_that_waits_for_another_one_of_the_plan_is_linked_to_it() -> None:
    first = order("first")
    second = order("second", links=[link(first, at=(NOW + 9 * HOUR).isoformat())])
    _, linked = document(scene(orders=[first, second])).orders
    assert [(one.order, one.relation, one.gap_seconds) for one in linked.links] == [(first["id"], "finish_start", 600)]
    assert linked.earliest_start is None, "the plan itself decides when the first one ends"


def test_one_that_waits_for_work_elsewhere_begins_when_that_is_to_end() -> None:
    elsewhere = order("elsewhere")
    waits = order("waits", links=[link(elsewhere, at=(NOW + 2 * HOUR).isoformat())])
    (only,) = document(scene(orders=[waits])).orders
    assert (only.links, only.earliest_start) == ([], 2 * 3600 + 600)


def test_one_that_waits_for_what_nobody_plans_is_left_out_with_all_that_waits_for_it() -> None:
    nowhere, other = order("nowhere"), order("other")
    waits = order("waits", links=[link(nowhere)])
    behind = order("behind", links=[link(waits), link(other)])
    of = scene(orders=[behind, waits, other])
    assert of.waiting == {waits["id"], behind["id"]}
    assert [one.id for one in document(of).orders] == [other["id"]]
    begun = scene(orders=[waits], standing=standing(appointment(waits["id"], state="travelling")))
    assert begun.waiting == frozenset(), "who is on the way is not called back"
    assert document(begun).orders[0].links == []


def cargo() -> dict[str, Any]:
    return {
        "cargo_class": "container",
        "coupling": "fifth_wheel_2in",
        "mass_kg": 20_000,
        "destination": {"lon": LIAOCHENG[0], "lat": LIAOCHENG[1]},
        "deadline": None,
        "hazard": False,
    }


def test_cargo_is_planned_only_where_a_replacement_vehicle_is_owed() -> None:
    owed, not_owed = order(cargo=cargo(), replacement_eligible=True), order(cargo=cargo())
    problem = document(scene(orders=[owed, not_owed], vehicles=[vehicle("V1")]))
    assert problem.orders[0].cargo is not None
    assert problem.orders[1].cargo is None
    assert problem.replacement_vehicles[0].id == "V1"


@pytest.mark.parametrize(("step", "planned"), [("accept", True), ("delivered", False)])
def test_a_decided_vehicle_is_kept_until_the_cargo_is_delivered(step: str, planned: bool) -> None:
    asked = order(cargo=cargo(), replacement_eligible=True)
    case = VehicleCase(
        order_id=asked["id"],
        vehicle_id="V9",
        decide_by=NOW,
        depart=NOW,
        cargo_at=NOW + 2 * HOUR,
        delivered_at=NOW + 4 * HOUR,
        free_at=NOW + 6 * HOUR,
        fen=90_000,
        sent=True,
    )
    told = standing(cases={asked["id"]: DecidedCase(case, step)})
    problem = document(scene(orders=[asked], standing=told))
    kept = problem.orders[0].cargo
    assert (kept is not None and kept.sent is not None) is planned
    assert [one.id for one in problem.replacement_vehicles] == (["V9"] if planned else [])
