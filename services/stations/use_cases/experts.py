"""Experts who join from afar: offered to plans by the seat, held while a plan is on its way, booked once published."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit import journal
from kit.auth import Principal
from kit.context import Context
from kit.ids import new_id
from kit.problems import NotFound
from services.messages import ExpertBooked, ExpertLine, ExpertShort, PlanPublished
from services.stations.domain import Span, without
from services.stations.store import experts as store
from services.stations.store import network
from services.stations.use_cases.epochs import refuse_published

Refusal = Literal["taken", "unknown_expert"]
DISPATCH = "service:dispatch"


@dataclass(frozen=True)
class OfferedExpert:
    """An expert with the spans in which a new plan of the territory may have each seat."""

    row: Row[Any]
    seats: list[list[Span]]


async def offered(context: Context, caller: Principal, *, territory_id: str, within: Span) -> list[OfferedExpert]:
    """Head office's experts and those of the territory's branch. What the territory's own plan has booked is free for
    its next one. Raises NotFound for a territory outside of the caller's scope.
    """
    async with context.db.read() as tx:
        territory = await network.territory_with_branch(tx, territory_id, network.visible_territories(caller))
        if territory is None:
            raise NotFound(f"there is no territory {territory_id}")
        rows = await store.experts_of(tx, territory.branch_id)
        names, now = [row.resource_id for row in rows], context.clock.now()
        claims = await store.others_claims(tx, names, territory_id=territory_id, within=within, now=now)
    taken: dict[tuple[str, int], list[Span]] = {}
    for one in claims:
        taken.setdefault((one.resource_id, one.seat), []).append(Span(one.window.lower, one.window.upper))
    return [
        OfferedExpert(row, [without(within, taken.get((row.resource_id, seat), [])) for seat in range(row.seats)])
        for row in rows
    ]


async def hold(
    context: Context, *, territory_id: str, epoch: int, lines: Sequence[ExpertLine], lifetime: timedelta
) -> dict[str, Refusal | None]:
    """Hold a seat for each line of the plan (territory, epoch); why not, by line. A line asked for again is held anew.

    Raises StaleEpoch when this epoch, or a later one, is published.
    """
    now = context.clock.now()
    async with context.db.transaction() as tx:
        await refuse_published(tx, territory_id, epoch)
        experts = await store.lock_experts(tx, {line.expert_id for line in lines})
        await store.drop_expired(tx, now, experts=list(experts))
        await store.drop_holds(tx, [(territory_id, epoch, line.line) for line in lines])
        claims = _Claims(tx, territory_id, epoch, now)
        return {line.line: await claims.claim(experts, line, until=now + lifetime) for line in lines}


@dataclass(frozen=True)
class _Claims:
    """Seats for the lines of one plan."""

    tx: AsyncConnection
    territory_id: str
    epoch: int
    now: datetime

    async def claim(self, experts: dict[str, Row[Any]], line: ExpertLine, *, until: datetime | None) -> Refusal | None:
        """Hold a seat up to `until`, book it when that is None; why not."""
        if line.expert_id not in experts:
            return "unknown_expert"
        span = Span(line.start, line.end)
        seat = await store.free_seat(
            self.tx, experts[line.expert_id], territory_id=self.territory_id, epoch=self.epoch, span=span, now=self.now
        )
        if seat is None:
            return "taken"
        values = {"id": new_id(), "resource_id": line.expert_id, "seat": seat, "order_id": line.order_id}
        values |= {
            "territory_id": self.territory_id,
            "epoch": self.epoch,
            "line": line.line,
            "purpose": "plan",
            "actor": DISPATCH,
            "created_at": self.now,
            "expires_at": until,
        }
        await store.add(self.tx, values, span)
        return None


async def publish(tx: AsyncConnection, plan: PlanPublished, *, now: datetime, actor: str) -> None:
    """Holds of a published plan become bookings, what it no longer lists is freed; lines without a hold are booked
    where a seat is left, and told short where none is."""
    mine = await store.claims_of_territory(tx, plan.territory_id, up_to_epoch=plan.epoch)
    experts = await store.lock_experts(
        tx, {line.expert_id for line in plan.experts} | {claim.resource_id for claim in mine}
    )
    held = {_session(claim): claim for claim in mine if claim.epoch == plan.epoch}
    kept = {held[line].id for line in map(_asked, plan.experts) if line in held}
    await store.free(tx, [claim.id for claim in mine if claim.id not in kept], now=now)
    await store.drop_expired(tx, now, experts=list(experts))
    before = {_session(claim) for claim in mine if claim.expires_at is None}
    claims = _Claims(tx, plan.territory_id, plan.epoch, now)
    for line in plan.experts:
        if (there := held.get(_asked(line))) is not None:
            await store.confirm(tx, there.id)
        elif await claims.claim(experts, line, until=None) is not None:
            named = {"order_id": line.order_id, "expert_id": line.expert_id, "territory_id": plan.territory_id}
            await journal.append(tx, ExpertShort.model_validate(named), subject=line.order_id, actor=actor)
            continue
        if _asked(line) not in before:
            await _tell_booked(tx, line, plan.territory_id, actor)


_Session = tuple[str, str, datetime, datetime]


def _session(claim: Row[Any]) -> _Session:
    return claim.order_id, claim.resource_id, claim.window.lower, claim.window.upper


def _asked(line: ExpertLine) -> _Session:
    return line.order_id, line.expert_id, line.start, line.end


async def _tell_booked(tx: AsyncConnection, line: ExpertLine, territory_id: str, actor: str) -> None:
    message = ExpertBooked(
        order_id=line.order_id, expert_id=line.expert_id, territory_id=territory_id, start=line.start, end=line.end
    )
    await journal.append(tx, message, subject=line.order_id, actor=actor)
