"""How paid time was used, by hand."""

from datetime import datetime

import pytest

from kit.months import ZONE
from services.stations.store.kpis import KPIS
from services.stations.use_cases import burdens
from tests.running import body
from tests.stations.conftest import Stations
from tests.stations.test_burdens import moved


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=ZONE)


async def shift(stations: Stations, engineer_id: str, start: datetime, end: datetime) -> None:
    row = {"engineer_id": engineer_id, "start": start.isoformat(), "end": end.isoformat()}
    await stations.must_import("shifts", row)


async def visit(stations: Stations, engineer_id: str, **steps: datetime) -> None:
    async with stations.context.db.transaction() as tx:
        event = moved(engineer_id)
        for state, when in steps.items():
            await burdens.follow(tx, [(event.model_copy(update={"state": state}), when)])


async def figures(stations: Stations, month: str = "2026-03") -> dict[tuple[str, str, str], tuple[int, float]]:
    told = body(await stations.service.get("/stations/v1/kpi-figures", params={"month": month}))
    assert [one["kpi"] for one in told["definitions"]] == [kpi.kpi for kpi in KPIS]
    return {(one["kpi"], one["kind"], one["scope_id"]): (one["n"], one["total"]) for one in told["figures"]}


async def test_paid_time_and_what_became_of_it(stations: Stations) -> None:
    """E1 is paid 10 h on the 2nd, less 2 h of absence, and the last 4 h of a night shift that began in February: 12 h,
    720 minutes. One visit: 1 h of way, 3 h at the machine. E2 has 8 h and no visit: that of February does not count."""
    await shift(stations, "E1", at(2, 8), at(2, 18))
    await shift(stations, "E1", datetime(2026, 2, 28, 20, tzinfo=ZONE), at(1, 4))
    absence = {"engineer_id": "E1", "start": at(2, 16).isoformat(), "end": at(2, 20).isoformat(), "reason": "training"}
    await stations.must_import("absences", absence)
    await shift(stations, "E2", at(3, 8), at(3, 16))
    await visit(stations, "E1", travelling=at(2, 9), on_site=at(2, 10), done=at(2, 13))
    february = datetime(2026, 2, 20, 9, tzinfo=ZONE)
    await visit(stations, "E2", on_site=february, done=february.replace(hour=11))
    got = await figures(stations)
    assert got["engineer_utilisation", "engineer", "E1"] == (720, 240.0)
    assert got["engineer_on_site", "engineer", "E1"] == (720, 180.0)
    assert got["travel_share", "engineer", "E1"] == (720, 60.0)
    assert got["engineer_utilisation", "engineer", "E2"] == (480, 0.0)
    assert got["engineer_utilisation", "station", "S1"] == (720, 240.0)
    assert got["engineer_utilisation", "branch", "B1"] == (1200, 240.0), "both engineers"
    assert got["engineer_utilisation", "network", ""] == (1200, 240.0)
    assert not any(kpi == "km_per_visit" for kpi, _, _ in got), "nobody was tracked"


@pytest.mark.parametrize("month", ["2099-01", "2026-13", "March"])
async def test_a_month_that_cannot_be_is_refused(stations: Stations, month: str) -> None:
    body(await stations.service.get("/stations/v1/kpi-figures", params={"month": month}), 422)


async def test_services_alone_ask(stations: Stations) -> None:
    dispatcher = await stations.system.sign_in("dispatcher", branch_id="B1")
    body(await dispatcher.get("/stations/v1/kpi-figures", params={"month": "2026-03"}), 403)
