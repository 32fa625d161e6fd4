"""Live changes over the real services: who hears what, without Redis too, and until when."""

import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from console import app as console_app
from console.live import LONGEST_QUEUE, PUBLISHERS, RESYNC, Hint, Listener, LiveHub
from kit.loops import running
from kit.wake import Wakeups
from tests.running import System, body, eventually

pytestmark = pytest.mark.anyio
PLACE = {"lon": 117.0, "lat": 36.65, "datum": "WGS-84"}
WITHIN_S = 10.0
Sent = asyncio.Queue[MutableMapping[str, Any]]


async def load(system: System, kind: str, *rows: dict[str, Any]) -> None:
    report = body(await system.service.post(f"/stations/v1/import/{kind}", json={"rows": list(rows)}))
    assert "refused" not in report["counts"], report


@pytest.fixture
async def two_branches(system: System) -> System:
    """Branches A and B, each with a territory, a station and an engineer."""
    names = {"name_zh": "山东", "name_en": "Shandong"}
    for code in ("A", "B"):
        await load(system, "branches", {"branch_id": code, **names, **PLACE})
        await load(system, "territories", {"territory_id": f"{code}-T", "branch_id": code, **names})
        station = {"station_id": f"{code}-S", "territory_id": f"{code}-T", "level": 1, "grade": "AAA", "brands": []}
        await load(system, "stations", {**station, **names, **PLACE, "capabilities": []})
        home = {"home_lon": 117.0, "home_lat": 36.65, "datum": "WGS-84"}
        skills = {"skills": {"engine": 3}, "certificates": {}, "brands": []}
        price = {"labour_fen_per_hour": 9000, "overtime_fen_per_hour": 13500}
        await load(
            system,
            "engineers",
            {"engineer_id": f"{code}-E", "station_id": f"{code}-S", "name": "王强", **home, **skills, **price},
        )

    async def sealed() -> list[str]:
        rows = body(await system.service.get("/stations/v1/journal"))["items"]
        return [row["kind"] for row in rows]

    await eventually(sealed, lambda kinds: kinds.count("engineer.changed") == 2)
    return system


async def engineer_away(system: System, code: str) -> None:
    """A change that stations tells everybody."""
    start = datetime.now(UTC)
    span = {"start": start.isoformat(), "end": (start + timedelta(hours=4)).isoformat()}
    await load(system, "absences", {"engineer_id": f"{code}-E", **span, "reason": "sick"})


@asynccontextmanager
async def followed(system: System, wakeups: Wakeups) -> AsyncIterator[LiveHub]:
    present = [name for name in PUBLISHERS if name in system.assembly.names]
    clients = system.assembly.contexts["accounts"].clients
    hub = LiveHub(clients=clients, wakeups=wakeups, publishers=present)
    async with running(hub.loops):
        yield hub


async def ready(hub: LiveHub) -> None:
    """Until the hub knows where every journal ends."""

    async def follows_all() -> bool:
        return hub.follows_all

    await eventually(follows_all, bool)


async def heard_until(listener: Listener, territory_id: str) -> list[str | None]:
    """The territories of all hints up to one of an engineer's change in this territory."""
    territories = []
    async with asyncio.timeout(WITHIN_S):
        while True:
            hint = await listener.next()
            territories.append(hint.territory_id)
            if (hint.service, hint.kind, hint.territory_id) == ("stations", "engineer.changed", territory_id):
                return territories


@pytest.mark.parametrize("with_redis", [True, False], ids=["with Redis", "without Redis"])
async def test_a_change_is_heard_in_its_branch_only(two_branches: System, with_redis: bool) -> None:
    wakeups = two_branches.assembly.wakeups if with_redis else Wakeups("")
    async with (
        followed(two_branches, wakeups) as hub,
        hub.listening("A") as here,
        hub.listening("B") as elsewhere,
        hub.listening(None) as everywhere,
    ):
        await ready(hub)
        await engineer_away(two_branches, "A")
        await engineer_away(two_branches, "B")
        assert "B-T" not in await heard_until(here, "A-T")
        assert "A-T" not in await heard_until(elsewhere, "B-T")
        assert {"A-T", "B-T"} <= set(await heard_until(everywhere, "B-T"))


async def test_what_happened_before_somebody_looked_is_no_news(two_branches: System) -> None:
    async with followed(two_branches, two_branches.assembly.wakeups) as hub:
        async with hub.listening(None) as first:
            await ready(hub)
            await engineer_away(two_branches, "A")
            await heard_until(first, "A-T")
        async with hub.listening(None) as second:
            await ready(hub)
            await engineer_away(two_branches, "B")
            assert "A-T" not in await heard_until(second, "B-T")


async def test_a_reader_who_cannot_follow_is_told_to_look_at_everything() -> None:
    listener = Listener(None)
    for number in range(LONGEST_QUEUE + 1):
        listener.tell(Hint(service="orders", kind="order.changed", order_id=str(number)))
    assert await listener.next() == RESYNC
    assert listener.waiting == 0


@asynccontextmanager
async def stream(system: System, token: str) -> AsyncIterator[Sent]:
    """The raw ASGI messages of GET /console/v1/live; the HTTP client's own ASGI transport would wait for the end."""
    app = console_app.build(system.assembly.contexts["accounts"])
    sent: Sent = asyncio.Queue()
    gone = asyncio.Event()
    headers = [(b"authorization", f"Bearer {token}".encode())]
    scope = {"type": "http", "method": "GET", "path": "/console/v1/live", "query_string": b"", "headers": headers}

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async with app.router.lifespan_context(app):
        call = app(
            {**scope, "raw_path": b"/console/v1/live", "root_path": "", "http_version": "1.1"}, receive, sent.put
        )
        task = asyncio.ensure_future(call)
        yield sent
        gone.set()
        await asyncio.wait_for(task, WITHIN_S)


async def next_message(sent: Sent) -> MutableMapping[str, Any]:
    return await asyncio.wait_for(sent.get(), WITHIN_S)


async def text_until(sent: Sent, wanted: str) -> str:
    text = ""
    while wanted not in text:
        text += (await next_message(sent))["body"].decode()
    return text


def token_of(client: Any) -> str:
    return str(client.headers["Authorization"]).removeprefix("Bearer ")


async def test_the_stream_carries_hints_and_heartbeats(two_branches: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_app, "HEARTBEAT_S", 0.3)
    dispatcher = await two_branches.sign_in("dispatcher", branch_id="A")
    async with stream(two_branches, token_of(dispatcher)) as sent:
        start = await next_message(sent)
        kinds = dict(start["headers"])
        assert start["status"] == 200
        assert kinds[b"content-type"].startswith(b"text/event-stream")
        assert b"content-encoding" not in kinds
        await text_until(sent, "still here")
        await asyncio.sleep(1)
        await engineer_away(two_branches, "A")
        text = await text_until(sent, '"engineer.changed"')
        data = next(line for line in text.splitlines() if line.startswith("data: "))
        assert json.loads(data.removeprefix("data: "))["territory_id"] == "A-T"


@pytest.fixture
def attentive(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system made after this asks for withdrawn tokens every time, and its streams do so five times a second."""
    monkeypatch.setattr(console_app, "HEARTBEAT_S", 0.2)
    monkeypatch.setattr("kit.keys.REVOCATIONS_FRESH", timedelta(0))


@pytest.mark.usefixtures("attentive")
async def test_the_stream_ends_when_the_token_is_withdrawn(two_branches: System) -> None:
    dispatcher = await two_branches.sign_in("dispatcher", branch_id="A")
    me = body(await dispatcher.get("/accounts/v1/me"))
    async with stream(two_branches, token_of(dispatcher)) as sent:
        await text_until_started(sent)
        tokens = body(await two_branches.service.get(f"/accounts/v1/people/{me['subject']}/tokens"))["items"]
        gone = await two_branches.service.delete(f"/accounts/v1/tokens/{tokens[0]['token_id']}")
        assert gone.status_code == 204
        while (await next_message(sent)).get("more_body", False):
            continue


async def text_until_started(sent: Sent) -> None:
    assert (await next_message(sent))["type"] == "http.response.start"


@pytest.mark.parametrize("role", ["engineer", "system"])
async def test_who_has_no_board_gets_no_stream(two_branches: System, role: str) -> None:
    if role == "system":
        key = body(await two_branches.service.post("/accounts/v1/keys", json={"name": "crm"}), 201)["key"]
    else:
        key = token_of(await two_branches.sign_in("engineer", branch_id="A", station_id="A-S", engineer_id="A-E"))
    async with stream(two_branches, key) as sent:
        assert (await next_message(sent))["status"] == 403
