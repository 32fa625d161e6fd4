"""The rules of orders, one by one: life, gates, templates, faults, warranty, responsible station, times of facts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest

from kit.values import Place
from services.orders.catalogue import shipped
from services.orders.domain import life, told
from services.orders.domain.facts import effective_at
from services.orders.domain.faults import FaultCode, SkillNeed, diagnose
from services.orders.domain.gates import GATES, Completion, Missing, missing, plausible_meter
from services.orders.domain.machines import Station, StationNeed, responsible, warranty
from services.orders.domain.replacement import STEPS, CaseState, next_step
from services.orders.domain.templates import BLANK_VERSION, Match, Template, Traits, choose

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
CATALOGUE = shipped()


@pytest.mark.parametrize("state", life.STATES)
@pytest.mark.parametrize("command", list(life.TRANSITIONS))
def test_each_command_works_from_its_states_and_from_no_other(state: life.State, command: life.Command) -> None:
    transition = life.TRANSITIONS[command]
    if state in transition.sources:
        assert life.command(state, command) in life.STATES
    else:
        with pytest.raises(life.NotAllowed, match=state):
            life.command(state, command)


def test_resuming_goes_back_to_where_the_work_stood() -> None:
    assert life.command("waiting", "resume", started=False) == "accepted"
    assert life.command("waiting", "resume", started=True) == "in_progress"


RANK = {
    state: rank
    for rank, state in enumerate(
        ["cancelled", "new", "accepted", "waiting", "in_progress", "restored", "completed", "confirmed", "closed"]
    )
}


@pytest.mark.parametrize("state", life.STATES)
@pytest.mark.parametrize("fact", life.FACTS)
def test_facts_are_never_refused_and_never_lead_back(state: life.State, fact: life.Fact) -> None:
    assert RANK[life.after(state, fact)] >= RANK[state]


def test_work_that_was_done_beats_a_cancellation_but_a_mere_arrival_does_not() -> None:
    assert life.after("cancelled", "completed") == "completed"
    assert life.after("cancelled", "on_site") == "cancelled"


def test_an_order_that_waits_for_the_customer_is_not_planned() -> None:
    assert life.plannable("waiting", "parts")
    assert not life.plannable("waiting", "customer")
    assert not life.plannable("completed", None)


FULL = Completion(
    checklist={"fault_cleared": "ok", "no_leaks": "failed", "road_or_function_test": "not_applicable"},
    meter_km=120_000,
    test_result="passed",
    signature_photo="0" * 64,
)
BREAKDOWN = CATALOGUE.work_types["breakdown"]


def test_nothing_is_missing_when_every_gate_is_met() -> None:
    stamped = frozenset({"work_started_at", "diagnosed_at"})
    assert missing(BREAKDOWN.gates, BREAKDOWN.checklist, stamped, FULL) == []
    assert FULL.failed_items == ("no_leaks",)


def test_every_open_gate_is_named() -> None:
    empty = Completion(checklist={"no_leaks": "ok"}, test_result="failed")
    found = missing(BREAKDOWN.gates, BREAKDOWN.checklist, frozenset(), empty)
    assert found == [
        Missing("work_started"),
        Missing("diagnosed"),
        Missing("checklist", "fault_cleared"),
        Missing("checklist", "road_or_function_test"),
        Missing("meter_reading"),
        Missing("test_passed"),
        Missing("signature"),
    ]


def test_every_gate_is_used_by_some_work_type_and_every_work_type_knows_its_solver_kind() -> None:
    assert {gate for kind in CATALOGUE.work_types.values() for gate in kind.gates} == set(GATES)
    kinds = {"breakdown", "repair", "inspection", "maintenance", "campaign", "audit_visit"}
    assert {kind.kind for kind in CATALOGUE.work_types.values()} == kinds


def test_a_meter_runs_neither_backwards_nor_faster_than_a_machine_can() -> None:
    assert plausible_meter(before=None, now=5, days=0, most_per_day=1800)
    assert plausible_meter(before=100, now=100, days=0, most_per_day=1800)
    assert not plausible_meter(before=100, now=99, days=9, most_per_day=1800)
    assert not plausible_meter(before=0, now=1_000_000, days=10, most_per_day=1800)


def template(name: str, *, priority: int, version: int = 1, **fields: object) -> Template:
    clocks = CATALOGUE.templates[0].clocks
    return Template(name, version, name, name, priority, fields.pop("match", Match()), (), clocks, **fields)  # type: ignore[arg-type]


def chosen(*templates: Template, tier: str = "gold", at: datetime = NOW) -> str | None:
    found = choose(templates, Traits(tier, "tractor", "breakdown", "B1"), at=at)
    return f"{found.template_id}/{found.version}" if found else None


def test_the_fitting_template_with_the_highest_priority_in_its_newest_valid_version() -> None:
    plain, gold = template("plain", priority=1), template("gold", priority=9, match=Match(tiers=("gold",)))
    assert chosen(plain, gold) == "gold/1"
    assert chosen(plain, gold, tier="standard") == "plain/1"
    assert chosen(plain, template("plain", priority=1, version=2)) == "plain/2"
    future = template("plain", priority=1, version=2, valid_from=NOW + timedelta(days=1))
    assert chosen(plain, future) == "plain/1"
    assert chosen(gold, tier="standard") is None


def test_an_old_version_does_not_revive_where_the_new_one_no_longer_fits() -> None:
    narrowed = template("plain", priority=1, version=2, match=Match(tiers=("platinum",)))
    assert chosen(template("plain", priority=1), narrowed) is None


def test_the_shipped_templates_are_sound_and_fit_every_work_type() -> None:
    filled = [one for one in CATALOGUE.templates if one.version != BLANK_VERSION]
    assert [fault for one in filled for fault in one.faults()] == []
    assert [one.overshadowed_by(CATALOGUE.templates, now=NOW) for one in filled] == [None] * len(filled)
    for work_type in CATALOGUE.work_types:
        assert choose(CATALOGUE.templates, Traits("standard", "engine", work_type, "B1"), at=NOW)
    arrival = choose(CATALOGUE.templates, Traits("gold", "tractor", "breakdown", "B1"), at=NOW)
    assert arrival
    assert {rule.clock: rule.seconds for rule in arrival.clocks} == {"respond": 1800, "arrive": 14400, "restore": 86400}


def test_a_contract_brings_its_promise_and_a_form_that_nobody_filled_in_promises_nothing() -> None:
    def promised(*contracts: str) -> str:
        traits = Traits("standard", "tractor", "breakdown", "B1", contracts=frozenset(contracts))
        found = choose(CATALOGUE.templates, traits, at=NOW)
        return found.template_id if found else ""

    assert promised() == "24H"
    assert promised("4H", "other") == "4H"
    assert promised("211") == "24H", "version 0 has no clocks"


def test_a_template_is_matched_by_the_grade_of_the_station_as_well() -> None:
    only = template("only", priority=1, match=Match(grades=("AAA",)))
    for grade, fits in (("AAA", True), ("A", False), (None, False)):
        assert (choose([only], Traits("gold", "tractor", "breakdown", "B1", grade), at=NOW) is not None) == fits


def test_a_template_that_another_one_always_beats_is_found() -> None:
    wide, narrow = template("wide", priority=9), template("narrow", priority=1, match=Match(tiers=("gold",)))
    assert narrow.overshadowed_by([wide], now=NOW) == wide
    assert wide.overshadowed_by([narrow], now=NOW) is None
    assert narrow.overshadowed_by([template("wide", priority=0)], now=NOW) is None
    ends = template("wide", priority=9, valid_until=NOW + timedelta(days=9))
    assert narrow.overshadowed_by([ends], now=NOW) is None
    other = template("wide", priority=9, match=Match(tiers=("gold", "platinum")))
    assert narrow.overshadowed_by([other], now=NOW) == other


def test_a_template_that_cannot_be_kept_is_refused_with_reasons() -> None:
    rule = CATALOGUE.templates[0].clocks[1]
    wrong = Template("X", 1, "x", "x", 1, Match(), (), (rule, rule), valid_from=NOW, valid_until=NOW)
    assert len(wrong.faults()) == 2


def diagnosed(*codes: tuple[int, int], symptom: str | None = None, product: str = "tractor") -> list[str]:
    found = diagnose(
        CATALOGUE.faults,
        CATALOGUE.unknown_fault,
        codes=[FaultCode(spn, fmi) for spn, fmi in codes],
        symptom=symptom,
        product=product,
    )
    return [fault.fault for fault in found.faults]


def test_a_code_names_its_fault_and_beats_the_words() -> None:
    assert diagnosed((157, 18)) == ["rail-pressure-low"]
    assert diagnosed((157, 18), symptom="爆胎") == ["rail-pressure-low"]


def test_words_of_the_symptom_in_both_languages() -> None:
    assert diagnosed(symptom="高速上左后轮爆胎了") == ["tyre-burst"]
    assert diagnosed(symptom="Tyre burst on the left") == ["tyre-burst"]
    assert diagnosed(symptom="the scrap yard") == ["unknown"], "scr inside scrap is not the word scr"
    assert diagnosed(symptom="油管爆了", product="excavator") == ["hydraulic-hose"]
    assert diagnosed(symptom="油管爆了", product="tractor") == ["unknown"]


def test_several_faults_share_the_visit_and_the_kit() -> None:
    found = diagnose(
        CATALOGUE.faults,
        CATALOGUE.unknown_fault,
        codes=[FaultCode(3226, 4), FaultCode(4364, 18), FaultCode(9999, 1)],
        symptom=None,
        product="tractor",
    )
    assert found.unknown_codes == (FaultCode(9999, 1),)
    assert found.skills == (SkillNeed("aftertreatment", 4),)
    assert found.service_s == (180 + 70 // 2) * 60


def test_warranty_with_its_reason() -> None:
    begin, end = date(2026, 1, 1), date(2026, 12, 31)
    assert warranty(in_service_on=begin, warranty_until=end, on=end).decision == "covered"
    assert warranty(in_service_on=begin, warranty_until=end, on=date(2027, 1, 1)).reason == "warranty_ended"
    assert warranty(in_service_on=begin, warranty_until=end, on=date(2025, 1, 1)).reason == "not_in_service_yet"
    assert warranty(in_service_on=None, warranty_until=None, on=end).reason == "no_warranty_date"


def station(name: str, lon: float, brands: tuple[str, ...] = (), *permitted: str) -> Station:
    may = frozenset(permitted) or None
    return Station(name, f"T-{name}", "B1", Place(lon, 36.0), brands, permitted=may)


def test_the_named_station_answers_in_its_reach_and_the_nearest_one_beyond() -> None:
    near, named = station("near", 117.1), station("named", 118.0)
    here = Place(117.0, 36.0)
    assert responsible([near, named], place=here, asked=StationNeed("X"), named_station_id="named") == named
    assert (
        responsible([near, named], place=Place(114.0, 36.0), asked=StationNeed("X"), named_station_id="named") == near
    )
    assert responsible([near, named], place=here, asked=StationNeed("X"), named_station_id=None) == near


def test_a_station_without_the_brand_is_only_the_last_resort() -> None:
    other, serving = station("other", 117.1, ("RC-MACH",)), station("serving", 119.0, ("RC-TRUCK",))
    here = Place(117.0, 36.0)
    assert responsible([other, serving], place=here, asked=StationNeed("RC-TRUCK"), named_station_id=None) == serving
    assert responsible([other, serving], place=here, asked=StationNeed("RC-TRUCK"), named_station_id="other") == serving
    assert responsible([other], place=here, asked=StationNeed("RC-TRUCK"), named_station_id=None) == other
    assert (other.serves("RC-TRUCK"), serving.serves("RC-TRUCK"), station("any", 117.0).serves("X")) == (
        False,
        True,
        True,
    )
    assert responsible([], place=here, asked=StationNeed("RC-TRUCK"), named_station_id=None) is None


def test_a_station_that_cannot_do_the_work_is_passed_over_even_the_named_one() -> None:
    """Where none can do it the nearest one of the brand answers; work that asks for no capability is anybody's."""
    small = station("small", 117.1, ("RC-TRUCK",), "breakdown")
    other = station("other", 117.05, ("RC-MACH",), "overhaul")
    able, all_round = station("able", 119.0, ("RC-TRUCK",), "overhaul"), station("all", 118.0)
    here, overhaul = Place(117.0, 36.0), StationNeed("RC-TRUCK", "overhaul")
    assert responsible([small, other, able], place=here, asked=overhaul, named_station_id="small") == able
    assert responsible([small, other, able, all_round], place=here, asked=overhaul, named_station_id=None) == all_round
    assert responsible([small, other], place=here, asked=overhaul, named_station_id="small") == small
    assert responsible([small, able], place=here, asked=StationNeed("RC-TRUCK"), named_station_id="small") == small
    assert [one.may(overhaul) for one in (small, other, able, all_round)] == [False, False, True, True]
    assert not replace(able, permitted=frozenset()).may(overhaul)


def test_a_device_cannot_put_a_fact_before_it_was_sent_or_after_it_told() -> None:
    sent, received = NOW, NOW + timedelta(hours=2)
    for given, counted in ((-1, sent), (1, NOW + timedelta(hours=1)), (3, received)):
        when = NOW + timedelta(hours=given)
        assert effective_at(at=when, dispatched_at=sent, received_at=received) == counted


def test_the_steps_of_a_replacement_come_in_order_and_end() -> None:
    walked: list[str] = []
    state: CaseState = "open"
    while step := next_step(state):
        walked.append(step)
        state = step
    assert tuple(walked) == STEPS
    assert next_step("withdrawn") is None
    assert set(STEPS) < set(get_args(CaseState))


def test_the_caller_is_told_number_times_and_who_pays() -> None:
    due = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    said = told.told(number="WO-1", dues=[("restore", due)], replacement=True, warranty="covered")
    assert said["zh"] == (
        "已受理，工单号 WO-1。我们承诺：11月22日16:00前恢复使用或由替代车接续运输。在三包期内，不收维修费。"
    )
    assert "by 16:00 on 22 November the machine works again or a replacement vehicle" in said["en"]
