"""A model of three shelves and of what moves between them, by the reference, and what does the same to the service."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from kit.ids import new_id
from tests.days import today
from tests.parts.conftest import Parts
from tests.running import body

VAN = "VAN-E1"
DEPOTS = ("CENTRAL", "D-T1")
PLACES = (*DEPOTS, VAN)
RANK = {"ordered": 0, "picked": 1, "shipped": 2, "received": 3}
Act = tuple[str, Any, int]
"""What is done, where or to which, and with how many pieces."""


@dataclass
class Parcel:
    place: str
    pieces: int
    state: str = "ordered"


@dataclass
class Model:
    """One part with a core, one order whose engineer drives the van, and a rival that holds pieces for another order.

    `picked` pieces in the van are the order's; `reserved` and `held` are (place, pieces) of the published plan and of
    the rival; `carts` are goals and pieces on their way by transfer; `cores` are [owed, returned] by use; `sheets` are
    differences that were counted and not posted, by place.
    """

    on_hand: Counter[str] = field(default_factory=Counter)
    picked: int = 0
    reserved: tuple[str, int] | None = None
    held: tuple[str, int] | None = None
    carts: dict[str, tuple[str, int]] = field(default_factory=dict)
    parcels: list[Parcel] = field(default_factory=list)
    cores: list[list[int]] = field(default_factory=list)
    sheets: dict[str, int] = field(default_factory=dict)

    def claimed(self, place: str) -> int:
        claims = [one[1] for one in (self.reserved, self.held) if one is not None and one[0] == place]
        return sum(claims) + (self.picked if place == VAN else 0)

    def free(self, place: str) -> int:
        return self.on_hand[place] - self.claimed(place)

    def set(self, place: str, pieces: int) -> None:
        """So many lie there now; claims that find none any more end, the rival's first, those in the van last."""
        self.on_hand[place] = max(0, pieces)
        for name in ("held", "reserved"):
            claim = getattr(self, name)
            if self.free(place) < 0 and claim is not None and claim[0] == place:
                setattr(self, name, None)
        if self.free(place) < 0:
            self.picked = self.on_hand[place]

    def take(self, place: str, pieces: int) -> None:
        """For the order, out of what it has there first; what was not on record is found."""
        if self.reserved is not None and self.reserved[0] == place:
            left = self.reserved[1] - pieces
            self.reserved = (place, left) if left > 0 else None
        if place == VAN:
            self.picked = max(0, self.picked - pieces)
        self.set(place, self.on_hand[place] - pieces)

    def bring(self, pieces: int) -> None:
        """Into the van, for the order."""
        self.on_hand[VAN] += pieces
        self.picked += pieces

    def plan(self, place: str, pieces: int, *, courier: bool) -> None:
        """A plan wants pieces from a place. What is in the van or on its way already is not wanted again."""
        travelling = sum(one.pieces for one in self.parcels if one.state in ("picked", "shipped"))
        wanted = max(0, pieces - self.picked - travelling)
        self.reserved = None
        if 0 < wanted <= self.free(place):
            self.reserved = (place, wanted)
        waiting = next((one for one in self.parcels if one.state == "ordered"), None)
        if waiting is not None and not (courier and self.reserved and waiting.place == place):
            self.parcels.remove(waiting)
            waiting = None
        if courier and self.reserved:
            if waiting is None:
                self.parcels.append(Parcel(place, wanted))
            else:
                waiting.pieces = wanted

    def owe_less(self, pieces: int) -> None:
        for core in reversed(self.cores):
            less = min(pieces, core[0] - core[1])
            core[0] -= less
            pieces -= less


class Machine:
    """Does the same to the service and to the model."""

    def __init__(self, parts: Parts, part: str):
        self.model = Model()
        self._parts, self._part, self._order, self._rival = parts, part, new_id(), new_id()
        self._epoch = 0
        self._sheets: dict[str, str] = {}

    async def act(self, kind: str, where: Any, pieces: int) -> None:
        await getattr(self, kind.replace(" ", "_"))(where, pieces)
        query = "SELECT place_id, on_hand, claimed FROM stock WHERE part = :part"
        owed = "SELECT coalesce(sum(owed), 0) AS owed, coalesce(sum(returned), 0) AS back FROM core WHERE part = :part"
        async with self._parts.context.db.read() as tx:
            rows = (await tx.execute(text(query), {"part": self._part})).all()
            [cores] = (await tx.execute(text(owed), {"part": self._part})).all()
        found = {row.place_id: (row.on_hand, row.claimed) for row in rows}
        wanted = {place: (self.model.on_hand[place], self.model.claimed(place)) for place in PLACES}
        assert {place: found.get(place, (0, 0)) for place in PLACES} == wanted, (kind, where, pieces)
        assert tuple(cores) == tuple(sum(core[end] for core in self.model.cores) for end in (0, 1)), (kind, pieces)

    async def close(self) -> None:
        """Nothing stays open that the next machine would meet."""
        for sheet in self._sheets.values():
            await self._post(f"count-sheets/{sheet}/cancelled", {}, 200)

    # --- counting -----------------------------------------------------------------------------------------------------

    async def count(self, place: str, pieces: int) -> None:
        await self._parts.stock(place, self._part, pieces)
        self.model.set(place, pieces)

    async def write_down(self, place: str, pieces: int) -> None:
        if place not in self._sheets:
            asked = {"place_id": place, "day": today().isoformat(), "parts": [self._part]}
            self._sheets[place] = (await self._post("count-sheets", asked, 201))["id"]
        where = f"/parts/v1/count-sheets/{self._sheets[place]}/lines"
        body(await self._parts.service.put(where, json={"lines": [self._pieces(pieces)]}))
        self.model.sheets[place] = pieces - self.model.on_hand[place]

    async def post(self, place: str, _: int) -> None:
        if place not in self._sheets:
            return
        after = self.model.on_hand[place] + self.model.sheets[place]
        await self._post(f"count-sheets/{self._sheets[place]}/posted", {}, 200 if after >= 0 else 409)
        if after >= 0:
            self.model.set(place, after)
            del self._sheets[place], self.model.sheets[place]

    # --- transfers ----------------------------------------------------------------------------------------------------

    async def ship(self, ends: tuple[str, str], pieces: int) -> None:
        sent: dict[str, Any] = {"from_place_id": ends[0], "to_place_id": ends[1], "lines": [self._pieces(pieces)]}
        made = await self._post("transfers", sent, 201 if pieces else 422)
        if not pieces:
            return
        enough = pieces <= self.model.free(ends[0])
        soon = (datetime.now(UTC) + timedelta(hours=6)).isoformat()
        await self._post(f"transfers/{made['id']}/shipped", {"expected_at": soon}, 200 if enough else 409)
        if enough:
            self.model.on_hand[ends[0]] -= pieces
            self.model.carts[made["id"]] = (ends[1], pieces)

    async def receive(self, index: int, pieces: int) -> None:
        if index >= len(self.model.carts):
            return
        transfer = list(self.model.carts)[index]
        goal, shipped = self.model.carts[transfer]
        good = pieces <= shipped
        sent = {"lines": [self._pieces(pieces)]}
        await self._post(f"transfers/{transfer}/received", sent, 200 if good else 422)
        if good:
            self.model.on_hand[goal] += pieces
            del self.model.carts[transfer]
            again = await self._post(f"transfers/{transfer}/received", sent, 409)
            assert again["state"] == "received"

    # --- plans, parcels and the rival ---------------------------------------------------------------------------------

    async def hold(self, place: str, pieces: int) -> None:
        if not pieces:
            return
        wanted = {"line": "a", "order_id": self._rival, **self._pieces(pieces), "place_id": place}
        answer = await self._parts.hold(f"RIVAL-{self._part}", 1, wanted)
        if self.model.held != (place, pieces):
            self.model.held = None
            if pieces <= self.model.free(place):
                self.model.held = (place, pieces)
        assert answer == {"a": None if self.model.held else "no_stock"}

    async def plan(self, where: tuple[str, str], pieces: int) -> None:
        place, source = where
        self._epoch += 1
        line = {"line": "a", "order_id": self._order, **self._pieces(pieces), "place_id": place, "source": source}
        await self._parts.publish(f"OWN-{self._part}", self._epoch, *([line] if pieces else []))
        self.model.plan(place, pieces, courier=source == "courier")

    async def carry(self, kind: str, index: int) -> None:
        if index >= len(self.model.parcels):
            return
        listed = body(await self._parts.service.get(f"/parts/v1/orders/{self._order}/parts"))["shipments"]
        under_way = [one for one in listed if one["state"] in ("ordered", "picked", "shipped")]
        parcel = self.model.parcels[index]
        assert [one["quantity"] for one in under_way] == [one.pieces for one in self.model.parcels]
        said = {"event_id": new_id(), "kind": kind, "at": datetime.now(UTC).isoformat()}
        await self._post(f"shipments/{under_way[index]['id']}/events", said, 200)
        if RANK[kind] <= RANK[parcel.state]:
            return
        if parcel.state == "ordered":
            self.model.take(parcel.place, parcel.pieces)
        parcel.state = kind
        if kind == "received":
            self.model.parcels.remove(parcel)
            self.model.bring(parcel.pieces)

    # --- facts --------------------------------------------------------------------------------------------------------

    async def pick_up(self, place: str, pieces: int) -> None:
        if pieces:
            fact = {"appointment_id": new_id(), "order_id": self._order, "engineer_id": "E1", "place_id": place}
            await self._post("pickups", fact | {"lines": [self._pieces(pieces)]}, 200)
            self.model.take(place, pieces)
            self.model.bring(pieces)

    async def use(self, _: str, pieces: int) -> None:
        await self._usage(pieces, 0)
        self.model.take(VAN, pieces)
        self.model.cores.append([pieces, 0])

    async def bring_back(self, _: str, pieces: int) -> None:
        await self._usage(0, pieces)
        self.model.on_hand[VAN] += pieces
        self.model.owe_less(pieces)

    async def hand_in(self, _: str, pieces: int) -> None:
        """Cores of the oldest use that still owes any."""
        core = next((one for one in self.model.cores if one[1] < one[0]), None)
        if core is None or not pieces:
            return
        query = "SELECT id FROM core WHERE part = :part AND returned < owed ORDER BY id LIMIT 1"
        async with self._parts.context.db.read() as tx:
            core_id = (await tx.execute(text(query), {"part": self._part})).scalar_one()
        good = pieces <= core[0] - core[1]
        handed = {"place_id": "SHELF-S1", "quantity": pieces, "condition": "scrap"}
        await self._post(f"cores/{core_id}/returns", handed, 200 if good else 422)
        core[1] += pieces if good else 0

    async def _usage(self, used: int, unused: int) -> None:
        fact: dict[str, Any] = {"order_id": self._order, "engineer_id": "E1", "van_place_id": VAN}
        fact["lines"] = [self._pieces(used)] if used else []
        fact["returns"] = [self._pieces(unused)] if unused else []
        await self._post("usage", fact, 200)

    def _pieces(self, quantity: int) -> dict[str, Any]:
        return {"part": self._part, "quantity": quantity}

    async def _post(self, path: str, sent: dict[str, Any], status: int) -> Any:
        return body(await self._parts.service.post(f"/parts/v1/{path}", json=sent), status)
