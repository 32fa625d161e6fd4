"""A fixture month whose every minute is known.

Written by SQL into a month of its own, so that every minute is known. All times are Shanghai's, the month is July 2025.

    order machine reported   answered arrived restored  completed station engineer clocks due in July
    K1    M1      3rd 08:00  +10 min  +2 h    +5 h      +6 h      S1      E1       arrive met, restore met
    K2    M2      4th 08:00  +20 min  +4 h    +26 h     +27 h     S1      E2       arrive met, restore broken
    K3    M1      20th 08:00 +30 min  +6 h    +8 h      +9 h      S1      E1       arrive broken, restore met
    K4    M2      31st 23:00 +60 min  +90 min (never)   (never)   S2      E1       (arrive met, due in August)
    K5    M1      10th 08:00 cancelled

K3 is the same machine and system as K1, reported 17 days after K1 was completed; K4 is another system than K2.

Foretold: K1 arrive 0.9, restore 0.8, a fix at once 0.8; K2 arrive 0.7, restore 0.6, fix 0.6; K3 arrive 0.45, restore
nothing, fix 0.75.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from services.orders.domain.told import ZONE
from tests.orders.conftest import Json, World
from tests.running import body

HOUR = 3600.0


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2025, 7, day, hour, minute, tzinfo=ZONE)


async def store(world: World, order_id: str, asset: str, reported: datetime, **more: Any) -> None:
    """An order as it would lie there: hours after the report by time field, engineer, station, state."""
    hours: dict[str, float] = more.pop("after", {})
    row = {
        "order_id": order_id,
        "number": f"WO-{order_id}",
        "source": "hotline",
        "state": more.pop("state", "closed"),
        "work_type": "breakdown",
        "asset_id": asset,
        "branch_id": "B1",
        "territory_id": "T1",
        "station_id": more.pop("station", "S1"),
        "engineer_id": more.pop("engineer", "E1"),
        "vmrs_system": more.pop("system", "045"),
        "fix_chance": more.pop("fix_chance", None),
        "reported_at": reported,
        "accepted_at": reported,
        **{name: reported + timedelta(hours=count) for name, count in hours.items()},
    }
    columns = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    rest = "lon, lat, service_s, drop_fen, interruptible, replacement_eligible, warranty, told"
    fixed = f"117, 36, 60, 0, false, {order_id == 'K3'}, '{{}}', '{{}}'"
    statement = f"INSERT INTO orders ({columns}, {rest}) VALUES ({values}, {fixed})"  # noqa: S608
    async with world.orders.db.transaction() as tx:
        await tx.execute(text(statement), row)
        for clock, state, due, late_fen, *chance in more.pop("clocks", []):
            await tx.execute(
                text(
                    "INSERT INTO clocks (order_id, clock, rule, started_at, state, due, late_fen, first_chance) "
                    "VALUES (:order_id, :clock, '{}', :at, :state, :due, :late, :chance)"
                ),
                {"order_id": order_id, "clock": clock, "at": reported, "state": state, "due": due, "late": late_fen}
                | {"chance": chance[0] if chance else None},
            )
        for number, state in enumerate(more.pop("visits", ["done"])):
            await tx.execute(
                text(
                    "INSERT INTO appointments (appointment_id, order_id, engineer_id, state) VALUES (:a, :o, 'E1', :s)"
                ),
                {"a": f"{order_id}-{number}", "o": order_id, "s": state},
            )


def hours(*counts: float) -> dict[str, float]:
    fields = ("responded_at", "arrived_at", "restored_at", "completed_at")
    return dict(zip(fields, counts, strict=False))


async def month(world: World, name: str = "2025-07", **more: Any) -> Json:
    answer: Json = body(await world.service.get("/orders/v1/kpis", params={"month": name, **more}))
    return answer


def figures(answer: Json, kind: str = "network", scope_id: str = "") -> dict[str, Json]:
    found = [one for one in answer["figures"] if (one["kind"], one["scope_id"]) == (kind, scope_id)]
    return {one["kpi"]: one for one in found}


async def fill_july(network: World) -> None:
    """The month of the table above."""
    row = {"customer_id": "C1", "product": "tractor", "brand": "RC-TRUCK", "model": "T7"}
    await network.load("assets", *({"serial": name, **row} for name in ("M1", "M2")))
    await store(
        network,
        "K1",
        "M1",
        at(3, 8),
        after=hours(1 / 6, 2, 5, 6),
        clocks=[("arrive", "met", at(3, 12), 0, 0.9), ("restore", "met", at(4, 8), 0, 0.8)],
        fix_chance=0.8,
    )
    await store(
        network,
        "K2",
        "M2",
        at(4, 8),
        after=hours(1 / 3, 4, 26, 27),
        engineer="E2",
        visits=["done", "done"],
        clocks=[("arrive", "met", at(4, 12), 0, 0.7), ("restore", "breached", at(5, 8), 80_000, 0.6)],
        fix_chance=0.6,
    )
    await store(
        network,
        "K3",
        "M1",
        at(20, 8),
        after=hours(1 / 2, 6, 8, 9),
        clocks=[("arrive", "breached", at(20, 12), 60_000, 0.45), ("restore", "met", at(21, 8), 0)],
        fix_chance=0.75,
    )
    await store(
        network,
        "K4",
        "M2",
        at(31, 23),
        after=hours(1, 1.5),
        station="S2",
        system="031",
        state="in_progress",
        visits=["on_site"],
        clocks=[("arrive", "met", at(31, 23) + timedelta(hours=4), 0)],
    )
    await store(network, "K5", "M1", at(10, 8), state="cancelled", visits=[])
