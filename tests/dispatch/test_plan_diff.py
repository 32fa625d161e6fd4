"""What a new plan changes for people, and when it is too old to change anything."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kit.values import Place
from services.dispatch.domain.appointments import Slot
from services.dispatch.domain.plan_diff import PlanIsStale, difference
from services.dispatch.domain.published import PlannedRoute, PlannedStop, Proposal, SourcedLine, UnassignedOrder
from services.dispatch.domain.standing import Appointment

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)


def proposal(*stops: tuple[str, str, datetime], unassigned: tuple[str, ...] = (), parts: Any = ()) -> Proposal:
    """A plan of stops (order, engineer, start), each of one hour."""
    routes = [
        PlannedRoute(
            engineer_id=engineer,
            shift_start=NOON,
            from_lon=117.0,
            from_lat=36.0,
            depart=start,
            stops=[
                PlannedStop(
                    kind="order", order_id=order, lon=117.0, lat=36.0, arrival=start, start=start, end=start + HOUR
                )
            ],
            return_at=start + HOUR,
            to_lon=117.0,
            to_lat=36.0,
            travel_s=0,
            travel_m=0,
            overtime_s=0,
        )
        for order, engineer, start in stops
    ]
    figures: dict[str, Any] = dict.fromkeys(("cost_fen", "served", "orders", "clocks", "clocks_kept"), 0)
    return Proposal(
        routes=routes,
        parts=list(parts),
        cases=[],
        unassigned=[UnassignedOrder(order_id=order, reason="capacity") for order in unassigned],
        predictions=[],
        by_rule={},
        engine="greedy",
        seed=1,
        travel_source="roads",
        degraded=False,
        **figures,
    )


def test_a_corrected_place_moves_the_appointment_and_is_told() -> None:
    """Mutant: compared by engineer and time alone the phone would be sent to where the caller was thought to be."""
    now = replace(standing("A", "E1"), site=Place(117.3, 36.0))
    changes = difference(proposal(("A", "E1", NOON)), basis=_by_slot(now), current=_by_slot(now))
    (move,) = changes.moved
    assert (move.wanted.site, move.told) == (Place(117.0, 36.0), True)


def standing(order: str, engineer: str, start: datetime = NOON, **given: Any) -> Appointment:
    fields: dict[str, Any] = {"id": f"a-{order}", "state": "acknowledged", "version": 3} | given
    return Appointment(
        order_id=order, engineer_id=engineer, start=start, end=start + HOUR, site=Place(117.0, 36.0), **fields
    )


def _by_slot(*appointments: Appointment) -> dict[Slot, Appointment]:
    return {one.slot: one for one in appointments}


def test_nothing_changes_when_the_plan_says_what_stands() -> None:
    stands = _by_slot(standing("O1", "E1"))
    assert difference(proposal(("O1", "E1", NOON)), basis=stands, current=stands).empty


def test_a_new_order_gets_an_appointment() -> None:
    changes = difference(proposal(("O1", "E1", NOON)), basis={}, current={})
    assert [(one.order_id, one.engineer_id) for one in changes.new] == [("O1", "E1")]


def test_an_appointment_that_was_told_moves_in_time_but_never_to_another_engineer() -> None:
    stands = _by_slot(standing("O1", "E1"), standing("O2", "E1", NOON + HOUR))
    plan = proposal(("O1", "E1", NOON + HOUR), ("O2", "E2", NOON + HOUR))
    changes = difference(plan, basis=stands, current=stands)
    assert [(move.appointment.id, move.told) for move in changes.moved] == [("a-O1", True)]
    assert [(ending.appointment.id, ending.reason) for ending in changes.ended] == [("a-O2", "reassigned")]
    assert [(one.order_id, one.engineer_id) for one in changes.new] == [("O2", "E2")]


def test_an_appointment_that_nobody_was_told_of_goes_to_another_engineer_in_silence() -> None:
    stands = _by_slot(standing("O1", "E1", state="planned"))
    changes = difference(proposal(("O1", "E2", NOON)), basis=stands, current=stands)
    assert (len(changes.moved), changes.ended, changes.new) == (1, [], [])


def test_a_shift_by_seconds_is_written_but_not_told() -> None:
    stands = _by_slot(standing("O1", "E1"))
    changes = difference(proposal(("O1", "E1", NOON + timedelta(seconds=20))), basis=stands, current=stands)
    assert [move.told for move in changes.moved] == [False]
    assert changes.empty


def test_another_source_of_a_part_is_told() -> None:
    stands = _by_slot(standing("O1", "E1"))
    line = SourcedLine(
        order_id="O1",
        line="1",
        part="P",
        used_part="P",
        quantity=1,
        source="pickup",
        place_id="DEPOT",
        engineer_id="E1",
    )
    changes = difference(proposal(("O1", "E1", NOON), parts=[line]), basis=stands, current=stands)
    assert [move.told for move in changes.moved] == [True]


def test_what_the_plan_cannot_serve_or_no_longer_knows_ends_with_its_reason() -> None:
    stands = _by_slot(standing("O1", "E1"), standing("O2", "E2"))
    changes = difference(proposal(unassigned=("O1",)), basis=stands, current=stands)
    assert {ending.appointment.order_id: ending.reason for ending in changes.ended} == {
        "O1": "unplanned",
        "O2": "order_ended",
    }


def test_an_order_that_was_finished_while_the_plan_was_made_is_not_planned_again() -> None:
    changes = difference(proposal(("O1", "E1", NOON)), basis=_by_slot(standing("O1", "E1")), current={})
    assert changes.new == []
    assert changes.overtaken == {"O1"}


@pytest.mark.parametrize("state", ["travelling", "on_site"])
def test_an_engineer_who_left_meanwhile_is_left_alone(state: Any) -> None:
    before = standing("O1", "E1")
    now = _by_slot(replace(before, state=state, version=4))
    assert difference(proposal(("O1", "E1", NOON)), basis=_by_slot(before), current=now).moved == []
    for contradiction in (proposal(("O1", "E2", NOON)), proposal(("O1", "E1", NOON + HOUR)), proposal()):
        with pytest.raises(PlanIsStale):
            difference(contradiction, basis=_by_slot(before), current=now)


def test_an_appointment_that_another_plan_made_is_not_touched() -> None:
    with pytest.raises(PlanIsStale):
        difference(proposal(("O1", "E1", NOON)), basis={}, current=_by_slot(standing("O1", "E2")))


def crew(order: str, lead: str, second: str, start: datetime = NOON) -> Proposal:
    """Two engineers for one order."""
    both = proposal((order, lead, start), (order, second, start))
    stops = [both.routes[0].stops[0], both.routes[1].stops[0].model_copy(update={"role": "second"})]
    routes = [route.model_copy(update={"stops": [stop]}) for route, stop in zip(both.routes, stops, strict=True)]
    line = {"order_id": order, "line": "1", "part": "P", "used_part": "P", "quantity": 1, "source": "van"}
    parts = [SourcedLine.model_validate(line | {"place_id": "V", "engineer_id": lead})]
    return both.model_copy(update={"routes": routes, "parts": parts})


def test_both_of_a_crew_get_an_appointment_and_only_the_lead_the_parts() -> None:
    changes = difference(crew("O1", "E1", "E2"), basis={}, current={})
    assert [(one.role, one.engineer_id, len(one.sourcing)) for one in changes.new] == [
        ("lead", "E1", 1),
        ("second", "E2", 0),
    ]


def test_another_second_leaves_the_lead_alone() -> None:
    plan = crew("O1", "E1", "E3")
    lead = replace(standing("O1", "E1"), sourcing=tuple(plan.parts))
    stands = _by_slot(lead, replace(standing("O1", "E2"), id="a-2", role="second"))
    changes = difference(plan, basis=stands, current=stands)
    assert [(one.appointment.id, one.reason) for one in changes.ended] == [("a-2", "reassigned")]
    assert [(one.role, one.engineer_id) for one in changes.new] == [("second", "E3")]
    assert changes.moved == []


def test_a_crew_one_of_whom_fell_away_meanwhile_is_left_to_the_next_plan() -> None:
    lead, second = standing("O1", "E1"), replace(standing("O1", "E2"), id="a-2", role="second")
    changes = difference(crew("O1", "E1", "E2", NOON + HOUR), basis=_by_slot(lead, second), current=_by_slot(lead))
    assert changes.empty
    assert changes.overtaken == {"O1"}
