"""The check that runs after every test of parts sees each figure that the ledger does not bear out."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from services.parts.store import claims, demand_months
from tests.parts import derived
from tests.parts.conftest import Parts
from tests.parts.test_facts import post, usage
from tests.parts.test_handling import counted, move, ordered, posted, sheet
from tests.parts.test_shipments import courier, shipments, tell
from tests.running import body

FAULTS = {
    "balances": "UPDATE stock SET on_hand = on_hand + 1",
    "transfers": "UPDATE transfer_line SET received = received - 1",
    "moved by no transfer": "UPDATE movement SET transfer_id = 'T' WHERE kind = 'count'",
    "parcels": "UPDATE shipment SET quantity = quantity + 1",
    "count sheets": "UPDATE count_line SET counted = counted + 1",
    "cores handed in": "UPDATE core SET returned = returned - 1",
    "cores owed": "UPDATE core SET owed = owed + 5",
}


async def everything(parts: Parts, order: str) -> None:
    """A transfer, a parcel, a sheet, pieces used for an order of S1, and one of their cores handed in."""
    await parts.import_rows(
        "parts",
        [
            {
                "part": "PUMP",
                "name_zh": "泵",
                "name_en": "pump",
                "unit_cost_fen": 1,
                "weight_g": 1,
                "core_deposit_fen": 9,
            }
        ],
    )
    async with parts.context.db.transaction() as tx:
        await claims.add_orders(tx, [{"order_id": order, "territory_id": "T1", "branch_id": "B1", "station_id": "S1"}])
    await parts.stock("CENTRAL", "PUMP", 9)
    transfer = await ordered(parts, ("PUMP", 3), to="VAN-E1")
    await move(parts, transfer, "shipped", expected_at=(datetime.now(UTC) + timedelta(hours=6)).isoformat())
    await move(parts, transfer, "received", lines=[{"part": "PUMP", "quantity": 2}])
    await parts.publish("T1", 1, courier(order))
    [parcel] = await shipments(parts, order)
    await tell(parts, parcel["id"], "received")
    await post(parts, "usage", usage(order, ("PUMP", 3)))
    await post(parts, "usage", usage(order, returns=(("PUMP", 1),)))
    [core] = body(await parts.service.get("/parts/v1/cores"))["items"]
    handed = {"place_id": "SHELF-S1", "quantity": 1, "condition": "scrap"}
    body(await parts.service.post(f"/parts/v1/cores/{core['id']}/returns", json=handed))
    opened = await sheet(parts, "CENTRAL")
    await counted(parts, opened["id"], ("PUMP", 4))
    await posted(parts, opened["id"])


async def test_each_figure_that_the_ledger_does_not_bear_out_is_seen(
    parts: Parts, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await everything(parts, order)
    assert FAULTS.keys() == derived.DISAGREE.keys()
    for name, fault in FAULTS.items():
        async with parts.context.db.transaction() as tx:
            await tx.execute(text("ALTER TABLE movement DISABLE TRIGGER movement_only_grows"))
            await tx.execute(text(fault))
            assert name in await derived.disagreements(tx), name
            await tx.rollback()
    forgetful = text(str(demand_months.BOOKED).replace("'issue', 'return'", "'issue'"))
    monkeypatch.setattr(demand_months, "BOOKED", forgetful)
    async with parts.context.db.transaction() as tx:
        assert list(await derived.disagreements(tx)) == ["demand"]
        await tx.rollback()
    monkeypatch.undo()
