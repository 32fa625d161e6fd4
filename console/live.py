"""Live changes for the pages: every service's new journal rows become hints "look at this again".

A hint carries ids only; what they name is fetched through the services, where the reader's own rights apply. Wake-ups
come over Redis; without it the journals are looked at every second. Nothing is followed while nobody looks.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from kit.client import Clients, NeighbourDown, NeighbourProblem
from kit.loops import Loop
from kit.values import Wire
from kit.wake import Wakeups, feed_channel

PUBLISHERS = ("orders", "dispatch", "parts", "stations")
POSITIONS_CHANNEL = "live:positions"
POSITIONS_EVERY_S = 1.0
RETRY_S = 2.0
BATCH = 200
LONGEST_QUEUE = 200
MOST_REMEMBERED = 20_000
NEVER = 2**62
"""A number beyond every journal's head: such a page has no rows, only the head."""


class Hint(Wire):
    """Something changed: `kind` of `service`, about `subject`, of this order and territory as far as it has them."""

    service: str
    kind: str
    subject: str | None = None
    order_id: str | None = None
    territory_id: str | None = None


RESYNC = Hint(service="console", kind="resync")
"""More happened than can be told: look at everything."""


class Listener:
    """One reader. `branch_id` None sees the whole network."""

    def __init__(self, branch_id: str | None):
        self.branch_id = branch_id
        self._waiting: asyncio.Queue[Hint] = asyncio.Queue(LONGEST_QUEUE)

    def tell(self, hint: Hint) -> None:
        """Hand a hint over; a reader that is too slow loses them all and is told to look at everything."""
        if self._waiting.full():
            while not self._waiting.empty():
                self._waiting.get_nowait()
            hint = RESYNC
        self._waiting.put_nowait(hint)

    async def next(self) -> Hint:
        return await self._waiting.get()

    @property
    def waiting(self) -> int:
        """How many hints are not read yet."""
        return self._waiting.qsize()


class Whereabouts:
    """Which territory an order is in and which branch a territory belongs to, remembered as it is learned."""

    def __init__(self, clients: Clients):
        self._clients = clients
        self._territory_of: OrderedDict[str, str] = OrderedDict()
        self._branch_of: dict[str, str] = {}

    async def of_event(self, row: Mapping[str, Any]) -> tuple[str | None, str | None]:
        """Territory and branch of a journal row, None where it has none. Raises NeighbourDown, NeighbourProblem."""
        order_id = row["order_id"]
        territory_id = row["payload"].get("territory_id")
        if order_id is not None:
            territory_id = territory_id or await self._territory_of_order(order_id)
            self._remember(order_id, territory_id)
        branch_id = row["payload"].get("branch_id")
        if branch_id is None and territory_id is not None:
            branch_id = await self._branch_of_territory(territory_id)
        return territory_id, branch_id

    async def _territory_of_order(self, order_id: str) -> str | None:
        if order_id not in self._territory_of:
            try:
                order = await self._clients.orders.get(f"/orders/v1/orders/{order_id}")
            except NeighbourProblem:
                return None
            return str(order["territory_id"])
        return self._territory_of[order_id]

    def _remember(self, order_id: str, territory_id: str | None) -> None:
        if territory_id is None:
            return
        self._territory_of[order_id] = territory_id
        self._territory_of.move_to_end(order_id)
        if len(self._territory_of) > MOST_REMEMBERED:
            self._territory_of.popitem(last=False)

    async def _branch_of_territory(self, territory_id: str) -> str | None:
        if territory_id not in self._branch_of:
            cursor = None
            while True:
                page = await self._clients.stations.get(
                    "/stations/v1/territories", params={"limit": 200, "cursor": cursor}
                )
                self._branch_of |= {row["id"]: row["branch_id"] for row in page["items"]}
                if (cursor := page["next"]) is None:
                    break
        return self._branch_of.get(territory_id)


class LiveHub:
    """Follows the journals for all readers of this process."""

    def __init__(self, *, clients: Clients, wakeups: Wakeups, publishers: Sequence[str] = PUBLISHERS):
        self._clients = clients
        self._wakeups = wakeups
        self._publishers = publishers
        self._whereabouts = Whereabouts(clients)
        self._listeners: set[Listener] = set()
        self._after: dict[str, int] = {}
        self._somebody = asyncio.Event()

    @property
    def follows_all(self) -> bool:
        """Whether from now on nothing is missed: the head of every journal is known."""
        return set(self._after) == set(self._publishers)

    @property
    def loops(self) -> list[Loop]:
        """What has to run beside the requests."""
        return [*(partial(self._follow, name) for name in self._publishers), self._follow_positions]

    @asynccontextmanager
    async def listening(self, branch_id: str | None) -> AsyncIterator[Listener]:
        """A listener that hears of everything from now on, within its branch."""
        listener = Listener(branch_id)
        self._listeners.add(listener)
        self._somebody.set()
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            if not self._listeners:
                self._somebody.clear()

    async def _follow(self, publisher: str) -> None:
        """Pass a publisher's new rows on while somebody listens, until cancelled."""
        woken = self._wakeups.listen(feed_channel(publisher))
        try:
            while True:
                await self._somebody.wait()
                await self._follow_on(publisher, woken)
        finally:
            self._wakeups.forget(feed_channel(publisher), woken)

    async def _follow_on(self, publisher: str, woken: asyncio.Event) -> None:
        while self._listeners:
            woken.clear()
            try:
                await self._pass_on(publisher)
            except (NeighbourDown, NeighbourProblem):
                await asyncio.sleep(RETRY_S)
            await self._wakeups.wait(woken)
        # Whoever looks next starts with a look at everything: what happens meanwhile is no news.
        self._after.pop(publisher, None)

    async def _pass_on(self, publisher: str) -> None:
        """Tell what is new since the last time; the first time nothing is."""
        while True:
            after = self._after.get(publisher, NEVER)
            page = await getattr(self._clients, publisher).get(
                f"/{publisher}/v1/journal", params={"after": after, "limit": BATCH}
            )
            if after == NEVER:
                self._after[publisher] = int(page["head"])
                return
            for row in page["items"]:
                await self._tell(publisher, row)
                self._after[publisher] = int(row["seq"])
            if len(page["items"]) < BATCH:
                return

    async def _follow_positions(self) -> None:
        """Pass on that engineers have moved, until cancelled. Positions are in no journal."""
        moved = self._wakeups.listen(POSITIONS_CHANNEL)
        try:
            while True:
                await moved.wait()
                moved.clear()
                for listener in list(self._listeners):
                    listener.tell(Hint(service="stations", kind="position"))
                await asyncio.sleep(POSITIONS_EVERY_S)
        finally:
            self._wakeups.forget(POSITIONS_CHANNEL, moved)

    async def _tell(self, publisher: str, row: Mapping[str, Any]) -> None:
        territory_id, branch_id = await self._whereabouts.of_event(row)
        hint = Hint(
            service=publisher,
            kind=row["kind"],
            subject=row["subject"],
            order_id=row["order_id"],
            territory_id=territory_id,
        )
        for listener in list(self._listeners):
            if listener.branch_id is None or listener.branch_id == branch_id:
                listener.tell(hint)
