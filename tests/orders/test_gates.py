"""Every kind of work is taken with a promise and completed through its own gates, each of which keeps it open."""

from typing import Any

import pytest

from services.orders.catalogue import shipped
from services.orders.domain.intake import WorkType
from tests.orders.conftest import World

pytestmark = pytest.mark.anyio
FACTS = ("work_started", "diagnosed")
KINDS = shipped().work_types


MEMBERS = {
    "checklist": "checklist",
    "meter_reading": "meter_reading",
    "test_passed": "test_result",
    "signature": "signature_photo",
}
"""Where a completion says what a gate asks for."""


def handed_in(kind: WorkType) -> dict[str, Any]:
    """Everything that the gates of the kind ask for, and nothing else."""
    every = {
        "checklist": dict.fromkeys(kind.checklist, "ok"),
        "meter_reading": {"km": 100_500},
        "test_passed": "passed",
        "signature": "a" * 64,
    }
    return {MEMBERS[gate]: given if gate in kind.gates else None for gate, given in every.items()}


@pytest.mark.parametrize("name", KINDS)
async def test_each_gate_of_each_kind_of_work_keeps_it_open_until_it_is_met(world: World, name: str) -> None:
    kind = KINDS[name]
    order = await world.report(work_type=name)
    assert order["promise"]["template_id"]
    appointment, full = await world.sent(order), handed_in(kind)

    async def missing(without: str | None = None) -> list[str]:
        given = full | ({MEMBERS[without]: None} if without else {})
        told = await world.complete(order, appointment, status=409, **given)
        assert told["type"] == "/problems/gate-not-met"
        return sorted({one["gate"] for one in told["missing"]})

    await world.moved(order, appointment, "on_site")
    facts = [gate for gate in kind.gates if gate in FACTS]
    while facts:
        assert await missing() == sorted(facts)
        await world.fact(order, appointment, facts.pop(0))
    for gate in kind.gates:
        if gate not in FACTS:
            assert await missing(gate) == [gate]
    assert (await world.complete(order, appointment, **full))["status"] == "applied"
    assert (await world.order(order["id"]))["state"] == "confirmed"
