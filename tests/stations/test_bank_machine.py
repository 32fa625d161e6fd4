"""The bank under every kind of request, in any order: the database has what a model of two territories has."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from kit.ids import new_id
from services.stations.use_cases import bank, blocks
from tests.days import this_hour
from tests.running import body
from tests.stations.conftest import Stations, hour, line

TERRITORIES, VEHICLES, LINES = ("T1", "T2"), ("V1", "V2"), ("a", "b")
ACTS = st.one_of(
    st.tuples(
        st.just("hold"),
        st.sampled_from(TERRITORIES),
        st.sampled_from(LINES),
        st.sampled_from(VEHICLES),
        st.integers(1, 4),
        st.integers(1, 3),
    ),
    st.tuples(st.just("publish"), st.sampled_from(TERRITORIES)),
    st.tuples(st.just("depart"), st.sampled_from(TERRITORIES), st.sampled_from(LINES)),
    st.tuples(st.just("deliver"), st.sampled_from(TERRITORIES), st.sampled_from(LINES)),
    st.tuples(st.just("end"), st.sampled_from(TERRITORIES), st.sampled_from(LINES)),
    st.tuples(st.just("block"), st.sampled_from(VEHICLES), st.integers(1, 4), st.integers(1, 3)),
    st.tuples(st.just("unblock"), st.sampled_from(VEHICLES)),
    st.tuples(st.just("contract"), st.booleans()),
    st.tuples(
        st.just("hand_over"),
        st.sampled_from(TERRITORIES),
        st.sampled_from(LINES),
        st.sampled_from(VEHICLES),
        st.sampled_from(("out", "back")),
    ),
)
OUT_OF_USE = blocks.BLOCKED


@dataclass(frozen=True)
class Claim:
    """What the model believes: hours from now, `epoch` of a hold or None of a booking; of no order: out of use."""

    territory: str
    line: str
    order: str
    vehicle: str
    start: int
    end: int
    epoch: int | None
    underway: bool = False

    def overlaps(self, other: "Claim") -> bool:
        return self.vehicle == other.vehicle and self.start < other.end and other.start < self.end


@dataclass
class Machine:
    """Does the same to the service and to the model; each line of a territory is an order of its own."""

    stations: Stations
    claims: list[Claim] = field(default_factory=list)
    contracted: bool = True
    signed: set[tuple[str, str, str]] = field(default_factory=set)
    epochs: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TERRITORIES, 1))
    orders: dict[tuple[str, str], str] = field(
        default_factory=lambda: {(one, name): new_id() for one in TERRITORIES for name in LINES}
    )

    async def act(self, kind: str, *given: Any) -> None:
        await getattr(self, kind)(*given)
        assert await self._stored() == sorted(self._believed()), (kind, given)

    async def hold(self, territory: str, name: str, vehicle: str, start: int, length: int) -> None:
        order, epoch = self.orders[territory, name], self.epochs[territory]
        wanted = Claim(territory, name, order, vehicle, start, start + length, epoch)
        self.claims = [one for one in self.claims if (one.territory, one.line, one.epoch) != (territory, name, epoch)]
        refused = any(one.overlaps(wanted) and self._in_the_way(one, wanted) for one in self.claims)
        asked = line(name, order, vehicle, start, start + length)
        answer = await self.stations.hold(territory, epoch, asked)
        reason = "not_offered" if not self.contracted else "taken" if refused else None
        assert answer == {name: reason}, wanted
        if reason is None:
            self.claims.append(wanted)

    @staticmethod
    def _in_the_way(there: Claim, wanted: Claim) -> bool:
        if there.territory != wanted.territory:
            return True
        return there.order != wanted.order if there.underway else there.epoch is not None

    async def publish(self, territory: str) -> None:
        mine = [one for one in self.claims if one.territory == territory]
        held = [one for one in mine if one.epoch is not None]
        lines = [line(one.line, one.order, one.vehicle, one.start, one.end) for one in held]
        await self.stations.publish(territory, self.epochs[territory], *lines)
        self.epochs[territory] += 1
        underway = [one for one in mine if one.underway]
        gone = {(one.order, one.vehicle) for one in underway}
        left = [one for one in held if (one.order, one.vehicle) not in gone]
        # A vehicle that departed for another order since it was held is short for this one.
        free = [one for one in left if not any(one.overlaps(other) for other in underway)]
        booked = [replace(one, epoch=None) for one in free] if self.contracted else []
        self.claims = [one for one in self.claims if one.territory != territory] + underway + booked

    def _booking(self, territory: str, name: str) -> Claim | None:
        order = self.orders[territory, name]
        return next((one for one in self.claims if one.order == order and one.epoch is None), None)

    async def depart(self, territory: str, name: str) -> None:
        if (one := self._booking(territory, name)) is not None:
            await self.stations.step(one.order, one.vehicle, "at_truck", case_id=new_id())
            same = (one.order, one.vehicle, None)
            self.claims = [
                replace(other, underway=True) if (other.order, other.vehicle, other.epoch) == same else other
                for other in self.claims
            ]

    async def deliver(self, territory: str, name: str) -> None:
        if (one := self._booking(territory, name)) is not None:
            await self.stations.step(one.order, one.vehicle, "delivered", case_id=new_id(), kilometres=10)
            self.claims = [other for other in self.claims if (other.order, other.vehicle) != (one.order, one.vehicle)]

    async def end(self, territory: str, name: str) -> None:
        order = self.orders[territory, name]
        async with self.stations.context.db.transaction() as tx:
            await bank.end_order(tx, order, actor="service:orders")
        self.claims = [one for one in self.claims if one.order != order or one.underway]

    async def block(self, vehicle: str, start: int, length: int) -> None:
        there = [
            one for one in self.claims if one.vehicle == vehicle and start < one.end and one.start < start + length
        ]
        refused = any(one.underway for one in there)
        sent = {"start": hour(start), "end": hour(start + length), "reason": "repair"}
        made = body(
            await self.stations.service.post(f"/stations/v1/vehicles/{vehicle}/blocks", json=sent),
            409 if refused else 201,
        )
        if not refused:
            self.claims = [one for one in self.claims if one not in there]
            self.claims.append(Claim(OUT_OF_USE, made["id"], "", vehicle, start, start + length, None, True))

    async def unblock(self, vehicle: str) -> None:
        mine = [one for one in self.claims if one.vehicle == vehicle and one.territory == OUT_OF_USE]
        for one in mine[:1]:
            body(await self.stations.service.post(f"/stations/v1/vehicle-blocks/{one.line}/ended", json={}))
            self.claims.remove(one)

    async def contract(self, runs: bool) -> None:
        """What is booked stays; nothing new is held or booked once it is over."""
        until = None if runs else (this_hour() - timedelta(days=2)).date().isoformat()
        days = {"contract_from": None, "contract_until": until}
        answer = await self.stations.service.put("/stations/v1/partners/P1/contract", json=days)
        assert answer.status_code == 204
        self.contracted = runs

    async def hand_over(self, territory: str, name: str, vehicle: str, direction: str) -> None:
        """Once for each order, vehicle and direction."""
        key = self.orders[territory, name], vehicle, direction
        told = {"order_id": key[0], "vehicle_id": vehicle, "direction": direction, "at": hour(-1), "odometer_km": 9}
        told |= {"fuel_percent": 50, "given_by": "王", "taken_by": "赵"}
        answer = await self.stations.service.post("/stations/v1/handovers", json=told)
        assert answer.status_code == (409 if key in self.signed else 201)
        self.signed.add(key)

    def _believed(self) -> list[tuple[Any, ...]]:
        return [
            (one.territory, one.order, one.vehicle, one.start, one.end, one.epoch is None, one.underway)
            for one in self.claims
        ]

    async def _stored(self) -> list[tuple[Any, ...]]:
        query = text('SELECT *, lower("window") AS start, upper("window") AS until FROM vehicle_claim')
        async with self.stations.context.db.read() as tx:
            rows = (await tx.execute(query)).all()
        return sorted(
            (
                row.territory_id,
                row.order_id or "",
                row.vehicle_id,
                _hours(row.start),
                _hours(row.until),
                row.expires_at is None,
                row.underway,
            )
            for row in rows
        )


def _hours(at: datetime) -> int:
    return round((at - this_hour()).total_seconds() / 3600)


async def play(stations: Stations, acts: list[tuple[Any, ...]]) -> None:
    """From an empty bank, whatever was played before."""
    async with stations.context.db.transaction() as tx:
        for table in ("vehicle_claim", "vehicle_block", "handover", "published_plan"):
            await tx.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - names of ours
        await tx.execute(text("UPDATE partner SET contract_until = NULL"))
    machine = Machine(stations)
    for act in acts:
        await machine.act(*act)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(acts=st.lists(ACTS, min_size=4, max_size=12))
async def test_the_bank_is_that_of_the_model(stations: Stations, acts: list[tuple[Any, ...]]) -> None:
    await play(stations, acts)


@pytest.mark.parametrize("constrained", [True, False])
async def test_a_vehicle_given_twice_is_seen(
    stations: Stations, monkeypatch: pytest.MonkeyPatch, constrained: bool
) -> None:
    """The negative controls: nobody looks what is taken; the constraint stops it, and without it the model does."""
    acts = [("hold", "T1", "a", "V1", 1, 3), ("publish", "T1"), ("hold", "T2", "a", "V1", 2, 3)]
    await play(stations, acts)
    monkeypatch.setattr(bank, "stands_in_the_way", lambda there, wanted: False)
    if not constrained:
        async with stations.context.db.transaction() as tx:
            await tx.execute(text("ALTER TABLE vehicle_claim DROP CONSTRAINT claim_of_one_territory"))
    with pytest.raises(AssertionError):
        await play(stations, acts)


async def test_a_booking_that_makes_no_way_for_a_repair_is_seen(
    stations: Stations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of blocks: the constraint stops what nobody has cleared."""
    acts = [("hold", "T1", "a", "V1", 1, 3), ("publish", "T1"), ("block", "V1", 2, 3)]
    await play(stations, acts)

    async def nothing(*_: Any, **__: Any) -> None:
        return None

    monkeypatch.setattr(blocks, "make_way", nothing)
    with pytest.raises(AssertionError):
        await play(stations, acts)
