"""Fault → causes → kit: counts against a recount order by order, kits against every kit there is, the whole loop."""

from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orders.catalogue import shipped
from services.orders.domain.causes import OTHER, Cause, Found, Knowledge, Levels, Ranked, band_of, counted, rank
from services.orders.domain.faults import FaultCode, likely_faults
from services.orders.domain.kits import (
    MOST_SCENARIOS,
    Pricing,
    Scenario,
    best_kit,
    best_pieces,
    fix_chance,
    scenarios_of,
)
from tests.orders.conftest import World
from tests.running import body

RULES = shipped().causes
MODELS, BANDS, CAUSES = ("T7", "T9"), ("young", "old"), ("a", "b", OTHER)
LISTED = [Cause("f", "a", "甲", "A", 3.0, {"P1": 1}), Cause("f", "b", "乙", "B", 1.5, {"P2": 2})]


@dataclass(frozen=True)
class Closed:
    """One closed order of the fault `f`."""

    cause: str
    model: str
    band: str
    own: bool


closed_orders = st.lists(
    st.builds(Closed, st.sampled_from(CAUSES), st.sampled_from(MODELS), st.sampled_from(BANDS), st.booleans()),
    max_size=25,
)


def found(orders: list[Closed]) -> list[Found]:
    return [Found("f", one.cause, one.model, one.band, 1) for one in orders]


def by_recount(orders: list[Closed], model: str, band: str) -> dict[str, float]:
    """Shares by going through the orders one by one."""
    weights, counts = RULES.weights, {"a": 3.0, "b": 1.5, OTHER: 1.0}
    for one in orders:
        if one.own:
            counts[one.cause] += weights.machine
        elif one.model == model:
            counts[one.cause] += weights.band if one.band == band else weights.model
        else:
            counts[one.cause] += weights.others
    return {cause: count / sum(counts.values()) for cause, count in counts.items()}


def shares(orders: list[Closed], *, own: bool = True) -> dict[str, float]:
    knowledge = Knowledge({"f": LISTED}, RULES.weights, 1.0, counted(found(orders)))
    mine = found([one for one in orders if one.own]) if own else []
    ranked = rank(knowledge, "f", model="T7", band="old", own=mine)
    assert [one.share for one in ranked] == sorted((one.share for one in ranked), reverse=True)
    for one in ranked:  # the count shown is what its evidence adds up to
        seen, weights = one.orders, RULES.weights
        weighed = weights.machine * seen.machine + weights.band * seen.band
        weighed += weights.model * seen.model + weights.others * seen.others
        assert one.count == pytest.approx(one.cause.prior + weighed)
    return {one.cause.cause: one.share for one in ranked}


@given(closed_orders)
def test_shares_are_those_of_a_recount(orders: list[Closed]) -> None:
    assert shares(orders) == pytest.approx(by_recount(orders, "T7", "old"))


def test_a_model_that_counts_its_own_orders_as_strangers_is_noticed() -> None:
    orders = [Closed("b", "T7", "old", own=True)] * 3
    assert shares(orders, own=False) != pytest.approx(by_recount(orders, "T7", "old"))


@given(closed_orders)
def test_one_more_order_makes_its_cause_likelier_and_the_spread_is_that_of_a_beta(orders: list[Closed]) -> None:
    before, after = shares(orders), shares([*orders, Closed("b", "T7", "old", own=False)])
    assert after["b"] > before["b"]
    assert after["a"] < before["a"]
    knowledge = Knowledge({"f": LISTED}, RULES.weights, 1.0, counted(found(orders)))
    ranked = rank(knowledge, "f", model="T7", band="old")
    total = sum(one.count for one in ranked)
    for one in ranked:  # variance of Beta(x, y): xy / (x + y)^2 (x + y + 1)
        x, y = one.count, total - one.count
        assert one.spread**2 == pytest.approx(x * y / (total**2 * (total + 1)))


@pytest.mark.parametrize(
    ("on", "km", "hours", "band"),
    [
        (None, None, None, "young"),
        (date(2024, 11, 1), None, None, "middle"),
        (date(2026, 1, 1), 200_000, None, "young"),
        (date(2026, 1, 1), 200_001, None, "middle"),
        (date(2026, 1, 1), None, 9_000, "old"),
        (date(2030, 1, 1), None, None, "young"),  # not in service yet
    ],
)
def test_a_machine_is_as_old_as_the_oldest_of_its_figures(
    on: date | None, km: int | None, hours: int | None, band: str
) -> None:
    found = band_of(RULES.bands, in_service_on=on, meter_km=km, meter_h=hours, on=date(2026, 11, 26))
    assert found == band


# --- kits -------------------------------------------------------------------------------------------------------

PARTS = ("P1", "P2", "P3", "P4")
needs = st.dictionaries(st.sampled_from(PARTS), st.integers(1, 2), max_size=3)
scenario_lists = st.lists(st.tuples(st.integers(1, 20), st.none() | needs), min_size=1, max_size=6).map(
    lambda drawn: [Scenario(weight / sum(one for one, _ in drawn), parts) for weight, parts in drawn]
)
carrying = st.fixed_dictionaries({part: st.integers(0, 60_000) for part in PARTS})
PRICING = Pricing(second_visit_fen=80_000, carry_share=1.0, carry_fen_per_kg=0)


def worth(scenarios: list[Scenario], taken: dict[str, int], carry: dict[str, int]) -> float:
    cost = sum(pieces * carry[part] for part, pieces in taken.items())
    return PRICING.second_visit_fen * fix_chance(scenarios, taken) - cost


def best_of_all(scenarios: list[Scenario], carry: dict[str, int]) -> float:
    """By trying every kit of none, one or two pieces of each part."""
    kits = (dict(zip(PARTS, pieces, strict=True)) for pieces in product((0, 1, 2), repeat=len(PARTS)))
    return max(worth(scenarios, kit, carry) for kit in kits)


@given(scenario_lists, carrying)
def test_no_other_kit_is_worth_more(scenarios: list[Scenario], carry: dict[str, int]) -> None:
    prices = PRICING.prices({part: (fen, 0) for part, fen in carry.items()})
    taken = best_pieces(scenarios, prices, free={})
    assert worth(scenarios, taken, carry) == pytest.approx(best_of_all(scenarios, carry), abs=0.01)


def test_taking_part_by_part_what_pays_alone_would_not_be_enough() -> None:
    """P1 and P2 mend it only together: a greedy choice takes neither, the best kit both."""
    scenarios, carry = [Scenario(1.0, {"P1": 1, "P2": 1})], {"P1": 30_000, "P2": 30_000, "P3": 0, "P4": 0}
    greedy = {part: 1 for part in PARTS[:2] if worth(scenarios, {part: 1}, carry) > 0}
    assert greedy == {}
    prices = PRICING.prices({part: (fen, 0) for part, fen in carry.items()})
    assert best_pieces(scenarios, prices, free={}) == {"P1": 1, "P2": 1}


def ranked(*causes: tuple[str, float, dict[str, int]]) -> list[Ranked]:
    nobody = Levels(0, 0, 0, 0)
    return [Ranked(Cause("f", name, "", "", 1, parts), nobody, 1, share, 0) for name, share, parts in causes]


def test_what_every_listed_cause_needs_is_always_taken_and_what_does_not_pay_is_left_out() -> None:
    causes = ranked(("a", 0.6, {"P1": 1}), ("b", 0.3, {"P1": 1, "P2": 2}), (OTHER, 0.1, {}))
    kit = best_kit([causes], PRICING.prices({"P1": (900_000, 0), "P2": (20_000, 0)}))
    assert [(line.part, line.quantity, line.probability) for line in kit.lines] == [("P1", 1, 1.0)]
    assert [(line.part, line.quantity) for line in kit.left_out] == [("P2", 2)]
    assert kit.left_out[0].probability == pytest.approx(1 / 3)
    assert kit.fix_chance == pytest.approx(0.6)
    cheap = best_kit([causes], PRICING.prices({"P1": (900_000, 0), "P2": (10_000, 0)}))
    assert cheap.fix_chance == pytest.approx(0.9)
    assert [line.part for line in cheap.lines] == ["P1", "P2"]


def test_two_faults_are_mended_together_or_not_at_all() -> None:
    first, second = ranked(("a", 0.5, {"P1": 1}), ("b", 0.5, {})), ranked(("c", 1.0, {"P2": 1, "P1": 2}))
    combined = scenarios_of([first, second])
    assert sum(one.probability for one in combined) == pytest.approx(1)
    kit = best_kit([first, second], PRICING.prices({}))
    assert {line.part: line.quantity for line in kit.lines} == {"P1": 2, "P2": 1}
    assert kit.fix_chance == 1
    assert best_kit([], PRICING.prices({})).lines == ()


def test_more_faults_than_can_be_decided_together_bring_every_part() -> None:
    many = [ranked(("a", 0.9, {"P1": 1}), (OTHER, 0.1, {}))] * 12
    kit = best_kit(many, PRICING.prices({"P1": (1, 0)}))
    assert kit.fix_chance == pytest.approx(0.9**12)


def test_the_shipped_causes_are_plausible() -> None:
    faults = {fault.fault for fault in shipped().faults}
    assert {cause.fault for cause in RULES.causes} == faults
    assert len({(cause.fault, cause.cause) for cause in RULES.causes}) == len(RULES.causes)
    for fault in faults:
        assert sum(cause.prior for cause in RULES.causes if cause.fault == fault) == pytest.approx(10), fault


def test_whatever_a_word_may_mean_on_any_product_is_likely() -> None:
    assert [one.fault for one in likely_faults(shipped().faults, codes=[FaultCode(100, 1)], symptom="爆胎")] == [
        "oil-pressure-low"
    ]
    assert "tyre-burst" in {one.fault for one in likely_faults(shipped().faults, codes=[], symptom="高速上爆胎了")}
    assert likely_faults(shipped().faults, codes=[], symptom=None) == []


# --- the loop ---------------------------------------------------------------------------------------------------

COOLANT: dict[str, Any] = {"fault_codes": [{"spn": 110, "fmi": 0}]}


async def advice(world: World, order: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = body(await world.hotline.get(f"/orders/v1/orders/{order['id']}/causes"))
    return answer


def share_of(answer: dict[str, Any], cause: str) -> float:
    return float(next(one["share"] for one in answer["faults"][0]["causes"] if one["cause"] == cause))


async def closed_with(world: World, cause: str) -> None:
    """A breakdown of the truck whose engineer finds this cause; on record and closed."""
    order = await world.report(**COOLANT)
    visit = await world.sent(order)
    told = [{"fault": "coolant-hot", "cause": cause}]
    await world.fact(order, visit, "work_started")
    await world.fact(order, visit, "diagnosed", causes=told)
    await world.complete(order, visit, meter_reading={"km": 100_500}, causes=told)
    world.clock.move(minutes=6)
    await world.fire()
    assert (await world.order(order["id"]))["state"] == "closed"


async def test_closed_orders_teach_and_the_kit_follows(world: World) -> None:
    first = await world.report(**COOLANT)
    before = await advice(world, first)
    causes = {one["cause"]: one for one in before["faults"][0]["causes"]}
    assert share_of(before, "thermostat-stuck") == pytest.approx(4 / 11)
    assert causes[OTHER]["share"] == pytest.approx(1 / 11)
    assert before["kit"]["unpriced"] == []
    assert {line["part"] for line in first["kit"]} == {line["part"] for line in before["kit"]["lines"]}
    await world.hotline.post(
        f"/orders/v1/orders/{first['id']}/cancel", json={"reason": "again"}, headers={"If-Match": '"1"'}
    )
    for _ in range(3):
        await closed_with(world, "fan-clutch")
    again = await world.report(**COOLANT)
    after = await advice(world, again)
    top = after["faults"][0]["causes"][0]
    assert (top["cause"], top["orders"]) == ("fan-clutch", {"machine": 3, "band": 0, "model": 0, "others": 0})
    assert top["share"] == pytest.approx((2 + 3 * RULES.weights.machine) / (11 + 3 * RULES.weights.machine))
    lines = {line["part"]: line["probability"] for line in again["kit"]}
    assert lines["CO-2007"] > next(line["probability"] for line in first["kit"] if line["part"] == "CO-2007")
    # Another machine of the model and band learns from these as from strangers.
    other = await world.report(**COOLANT, asset={"serial": world.other["serial"]})
    strange = (await advice(world, other))["faults"][0]["causes"]
    assert next(one for one in strange if one["cause"] == "fan-clutch")["orders"]["band"] == 3


async def test_a_person_says_what_it_was_and_the_last_word_holds(world: World) -> None:
    order = await world.report(**COOLANT)
    path = f"/orders/v1/orders/{order['id']}/causes/coolant-hot"
    body(await world.hotline.put(path, json={"cause": "water-pump"}))
    answer = body(await world.hotline.put(path, json={"cause": OTHER, "note": "mouse in the fan"}))
    assert [(one["cause"], one["note"]) for one in answer["found"]] == [(OTHER, "mouse in the fan")]
    refused = body(await world.hotline.put(path, json={"cause": "gremlins"}), 422)
    assert "thermostat-stuck" in refused["detail"]
    body(await world.hotline.put(f"/orders/v1/orders/{order['id']}/causes/nothing", json={"cause": "x"}), 422)
    visit = await world.sent(order)
    refused = await world.fact(order, visit, "diagnosed", status=422, causes=[{"fault": "coolant-hot", "cause": "x"}])
    assert refused["pointer"] == "/causes/0"
    assert "order.cause_found" in await world.kinds(order["id"])


async def test_a_completion_with_a_cause_that_is_on_no_list_any_more_is_taken_with_a_warning(world: World) -> None:
    order = await world.report(symptom="水温高")
    visit = await world.sent(order)
    for fact in ("work_started", "diagnosed"):
        await world.fact(order, visit, fact)
    fault = order["faults"][0]["fault"]
    answer = await world.complete(order, visit, causes=[{"fault": fault, "cause": "gone", "note": "as it was called"}])
    assert (answer["status"], answer["warnings"]) == ("applied", ["causes"])
    assert (await advice(world, order))["found"] == []


async def test_the_foretold_chance_of_the_kit_is_kept_with_the_order(world: World) -> None:
    order = await world.report(symptom="水温高")
    assert order["fix_chance"] == pytest.approx((await advice(world, order))["kit"]["fix_chance"])
    unknown = await world.report(asset={"serial": world.other["serial"]}, symptom="???")
    assert unknown["fix_chance"] is None, "nobody knows its causes"


async def test_a_diagnosis_before_there_is_an_order(world: World) -> None:
    asked = {"asset": {"serial": world.serial}, "symptom": "发动机开锅了"}
    answer = body(await world.hotline.post("/orders/v1/diagnoses", json=asked))
    assert answer["faults"][0]["fault"] == "coolant-hot"
    assert answer["kit"]["fix_chance"] > 0.5
    unknown = body(await world.hotline.post("/orders/v1/diagnoses", json=asked | {"asset": {"serial": "NO"}}), 422)
    assert unknown["pointer"] == "/asset/serial"


async def test_the_makers_own_list_replaces_the_shipped_one_of_its_fault(world: World) -> None:
    row = {"fault": "air-conditioning", "cause": "blower", "name_zh": "鼓风机", "name_en": "Blower", "prior": 40.0}
    report = await world.load(
        "causes",
        row | {"parts": {"AC-9601": 1}},
        row | {"cause": "other"},
        row | {"cause": "b", "prior": 0},
        row | {"cause": "c", "fault": "nothing"},
        row | {"cause": "d", "parts": {"NO-1": 1}},
    )
    assert [one["status"] for one in report["rows"]] == ["created", *["refused"] * 4]
    assert [one["problem"]["pointer"] for one in report["rows"][1:]] == [
        "/rows/1/cause",
        "/rows/2/prior",
        "/rows/3/fault",
        "/rows/4/parts",
    ]
    listed = body(await world.hotline.get("/orders/v1/causes"))
    (own,) = [one for one in listed if one["fault"] == "air-conditioning"]
    assert [(one["cause"], one["prior"]) for one in own["causes"]] == [("blower", 40.0), (OTHER, 1.0)]


async def test_without_prices_every_part_comes_along_and_is_named(world: World) -> None:
    """One question is asked for all of them."""
    kept, world.neighbours.part_costs = world.neighbours.part_costs, {}
    world.clock.move(minutes=20)
    world.neighbours.asked.clear()
    try:
        order = await world.report(fault_codes=[{"spn": 1762, "fmi": 1}])
    finally:
        world.neighbours.part_costs = kept
    answer = await advice(world, order)
    (asked,) = world.neighbours.asked
    assert {line["part"] for line in order["kit"]} == set(answer["kit"]["unpriced"]) <= set(asked) != set()
    world.clock.move(minutes=20)
    assert (await advice(world, order))["kit"]["unpriced"] == []


def test_a_count_never_falls_below_zero_when_the_machine_is_read_later() -> None:
    knowledge = Knowledge({"f": LISTED}, RULES.weights, 1.0, counted([]))
    ranked_now = rank(knowledge, "f", model="T7", band="old", own=[Found("f", "a", "T7", "old", 2)])
    top = ranked_now[0]
    assert (top.cause.cause, top.orders) == ("a", replace(top.orders, machine=2, band=0))


def test_the_page_says_what_the_data_say() -> None:
    page = " ".join((Path(__file__).parents[2] / "docs/reference/causes.md").read_text(encoding="utf-8").split())
    weights, kit = RULES.weights, RULES.kit
    formula = (
        f"{weights.machine:g}·n_machine + {weights.band:g}·n_band + {weights.model:g}·n_model + "
        f"{weights.others:g}·n_others"
    )
    price = f"costs {kit.carry_share:.0%} of its price and {kit.carry_fen_per_kg / 100:g} yuan".replace("%", " %")
    bands = [
        f"| `{band.band}` | up to {band.years:g} | up to {band.km:,} | up to {band.h:,} |".replace(",", " ")
        for band in RULES.bands
        if band.years and band.km and band.h
    ]
    visit = f"second visit ({kit.second_visit_fen // 100} yuan)"
    for said in (formula, price, visit, f"at most {MOST_SCENARIOS};", f"`other` has {RULES.other_prior:g}", *bands):
        assert said in page, said
