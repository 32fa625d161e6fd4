"""What a phone shows: its own appointments with what their owners say, honest about age, and what changed."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from kit.ids import new_id
from mobile_api.context import READS_AT_ONCE
from services.messages import AppointmentMoved, AppointmentPlanned, OrderChanged
from tests.mobile_api.conftest import Field, Phone
from tests.running import eventually

Json = dict[str, Any]


def planned(visit: Json, engineer_id: str, *, hours: float = 0) -> AppointmentPlanned:
    start = datetime.now(UTC) + timedelta(hours=hours)
    window = {"scheduled_start": start, "scheduled_end": start + timedelta(hours=1), "version": 2}
    return AppointmentPlanned(**visit, engineer_id=engineer_id, territory_id="T", **window)


def moved(visit: Json, engineer_id: str, state: Any) -> AppointmentMoved:
    return AppointmentMoved(**visit, engineer_id=engineer_id, territory_id="T", state=state)


async def test_the_day_has_everything_that_the_work_needs_and_nothing_else(
    field_: Field, phone: Phone, visit: Json
) -> None:
    place = "/parts/v1/places/DEPOT-1"
    field_.owners.documents[place] = {"place_id": "DEPOT-1", "name": "North", "lon": 1.0, "lat": 2.0, "secret": 1}
    appointment = field_.owners.documents[f"/dispatch/v1/appointments/{visit['appointment_id']}"]
    appointment["sourcing"] = [{"part": "P", "source": "pickup", "place_id": "DEPOT-1", "fee_fen": 100}]
    shown = (await phone.day())["appointments"][0]
    assert (shown["order_id"], shown["state"], shown["stale"]) == (visit["order_id"], "dispatched", False)
    assert shown["order"]["contact"] == {"name": "Zhang", "phone": "139"}
    assert shown["machine"]["serial"] == "SN-1"
    assert shown["appointment"]["sourcing"] == [{"part": "P", "source": "pickup", "place_id": "DEPOT-1"}]
    assert shown["pickups"] == [{"place_id": "DEPOT-1", "name": "North", "lon": 1.0, "lat": 2.0}]
    assert not any(word in str(shown) for word in ("fen", "secret", "branch_id"))


async def test_the_route_is_in_the_order_of_driving_and_ends_with_the_shift(
    field_: Field, phone: Phone, visit: Json
) -> None:
    early, plan_only = await field_.appointment(phone), {"order_id": new_id(), "appointment_id": new_id()}
    field_.owners.tell("dispatch", planned(early, "E-1", hours=-3), subject=early["appointment_id"])
    field_.owners.tell("dispatch", planned(plan_only, "E-1", hours=5), subject=plan_only["appointment_id"])
    wanted = [early["appointment_id"], visit["appointment_id"]]

    async def day() -> tuple[list[str], list[str]]:
        today = await phone.day()
        return [item["id"] for item in today["appointments"]], [item["id"] for item in today["coming"]]

    await eventually(day, lambda lists: lists == (wanted, [plan_only["appointment_id"]]))
    field_.owners.tell("dispatch", moved(early, "E-1", "done"), subject=early["appointment_id"])

    async def state() -> str:
        return str((await phone.day())["appointments"][0]["state"])

    await eventually(state, lambda state: state == "done")


async def test_without_its_owners_the_day_is_served_stale_and_says_so(field_: Field, phone: Phone, visit: Json) -> None:
    fresh = await phone.day()
    assert (fresh["stale"], fresh["age_s"]) == (False, 0)
    field_.owners.down |= {"orders", "dispatch", "parts"}
    stale = await phone.day()
    assert stale["stale"] is True
    assert stale["appointments"][0]["stale"] is True
    assert stale["appointments"][0]["order"] == fresh["appointments"][0]["order"]
    assert stale["appointments"][0]["machine"] == fresh["appointments"][0]["machine"]
    field_.owners.down.clear()
    assert (await phone.day())["stale"] is False


async def test_what_was_never_seen_is_null_and_stale_rather_than_an_error(field_: Field, phone: Phone) -> None:
    field_.owners.down |= {"orders", "parts"}
    visit = await field_.appointment(phone)
    shown = (await phone.day())["appointments"][0]
    assert (shown["id"], shown["order"], shown["machine"], shown["stale"]) == (
        visit["appointment_id"],
        None,
        None,
        True,
    )


async def test_sync_tells_what_changed_and_what_went_away(field_: Field, phone: Phone, visit: Json) -> None:
    start = await phone.sync()
    assert [shown["id"] for shown in start["appointments"]] == [visit["appointment_id"]]
    nothing = await phone.sync(start["cursor"])
    assert (nothing["appointments"], nothing["removed"], nothing["cursor"]) == ([], [], start["cursor"])

    changed = OrderChanged(order_id=visit["order_id"], territory_id="T", state="accepted", what="kit")
    field_.owners.tell("orders", changed, subject=visit["order_id"])

    async def ask() -> Json:
        return await phone.sync(start["cursor"])

    kit = await eventually(ask, lambda new: new["appointments"])
    field_.owners.tell("dispatch", moved(visit, "E-1", "cancelled"), subject=visit["appointment_id"])

    async def ask_again() -> Json:
        return await phone.sync(kit["cursor"])

    gone = await eventually(ask_again, lambda new: new["removed"])
    assert (gone["removed"], gone["appointments"]) == ([visit["appointment_id"]], [])


async def test_an_appointment_that_changes_hands_leaves_the_first_phone(field_: Field, phone: Phone) -> None:
    other = await field_.engineer("E-2")
    visit = {"order_id": new_id(), "appointment_id": new_id()}
    field_.owners.tell("dispatch", planned(visit, "E-1"), subject=visit["appointment_id"])
    field_.owners.tell("dispatch", planned(visit, "E-2"), subject=visit["appointment_id"])
    field_.owners.tell("dispatch", moved(visit, "E-2", "dispatched"), subject=visit["appointment_id"])

    async def days() -> tuple[int, int]:
        return len((await other.day())["appointments"]), len((await phone.day())["coming"])

    await eventually(days, lambda counts: counts == (1, 0))
    assert (await phone.sync())["removed"] == [visit["appointment_id"]]
    result = await phone.do("check_in", visit)
    assert (result["status"], result["reason"]) == ("rejected", "not-found"), "it never was theirs"


async def test_work_that_was_taken_away_while_offline_is_still_told_to_its_owner(
    field_: Field, phone: Phone, visit: Json
) -> None:
    field_.owners.tell("dispatch", moved(visit, "E-1", "cancelled"), subject=visit["appointment_id"])

    async def day() -> list[Json]:
        appointments: list[Json] = (await phone.day())["appointments"]
        return appointments

    await eventually(day, lambda appointments: appointments == [])
    assert (await phone.do("complete", visit))["status"] == "applied"


async def test_many_answers_come_in_pages_without_a_gap(field_: Field, phone: Phone, visit: Json) -> None:
    operations = [phone.operation("position", {}, points=[POINT]) for _ in range(230)]
    await phone.send(*operations)
    seen: list[str] = []
    cursor, pages, more = None, 0, True
    while more:
        new = await phone.sync(cursor)
        seen += [answer["id"] for answer in new["answers"]]
        cursor, more, pages = new["cursor"], new["more"], pages + 1
    assert sorted(seen) == sorted(operation["id"] for operation in operations)
    assert pages >= 3


async def test_a_cursor_from_the_future_or_nonsense(phone: Phone, visit: Json) -> None:
    assert len((await phone.sync("999999"))["appointments"]) == 1, "a restored database starts over"
    for cursor in ("-1", "x", "1" * 30):
        answer = await phone.client.get("/mobile/v1/sync", params={"cursor": cursor})
        assert answer.status_code == 422


POINT = {"lon": 117.0, "lat": 36.0, "datum": "WGS-84", "at": "2026-11-03T00:00:00Z"}


async def test_however_many_look_owners_have_room_for_what_is_done(field_: Field, phone: Phone, visit: Json) -> None:
    owners = field_.owners
    owners.readable.clear()

    async def crowded() -> bool:
        return owners.reading >= READS_AT_ONCE

    looking = [asyncio.create_task(phone.day()) for _ in range(2 * READS_AT_ONCE)]
    await eventually(crowded, bool)
    assert (await phone.do("depart", visit))["status"] == "applied"
    owners.readable.set()
    assert all(day["appointments"] for day in await asyncio.gather(*looking))
    assert owners.most_reading == READS_AT_ONCE
