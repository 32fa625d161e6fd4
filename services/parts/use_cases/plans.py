"""Holds for a plan on its way, their confirmation when it is published, their end when it is not."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.clock import Clock
from kit.context import Context
from kit.problems import Problem
from services.messages import PlanPublished, StockLine
from services.parts.domain.shelf import Claim, ShelfKey, Source, less_what_has_moved
from services.parts.store import catalogue, claims, records, shelves
from services.parts.use_cases import shipments, telling

SWEEP_BATCH = 500
RefusalReason = Literal["no_stock", "unknown_part", "unknown_place"]


class StaleEpoch(Problem):
    """A newer plan of this territory is published already"""

    status = 409


@dataclass(frozen=True, slots=True)
class HoldLine:
    """A line that a plan would like to have."""

    line: str
    order_id: str
    part: str
    quantity: int
    place_id: str
    source: Source


@dataclass(frozen=True, slots=True)
class HoldAnswer:
    """`reason` is None for a line that is held."""

    line: str
    reason: RefusalReason | None


async def hold(
    context: Context, *, territory_id: str, epoch: int, lines: Sequence[HoldLine], lifetime: timedelta
) -> list[HoldAnswer]:
    """Hold stock for the plan (territory, epoch). A line asked for again keeps its hold; other lines stay untouched.

    Raises StaleEpoch when this epoch, or a later one, is published.
    """
    now = context.clock.now()
    wanted = {
        line.line: Claim(
            territory_id=territory_id,
            epoch=epoch,
            line=line.line,
            order_id=line.order_id,
            quantity=line.quantity,
            source=line.source,
            expires_at=now + lifetime,
        )
        for line in lines
    }
    at = {line.line: (line.place_id, line.part) for line in lines}
    async with context.db.transaction() as tx:
        published = await claims.lock_territory(tx, territory_id)
        if epoch <= published:
            raise StaleEpoch(f"epoch {published} of {territory_id} is published", published_epoch=published)
        earlier = await claims.shelves_of_lines(tx, territory_id, epoch, list(wanted))
        locked = await shelves.lock(tx, {*at.values(), *earlier.values()}, now=now)
        for name, key in earlier.items():
            if key != at[name]:
                locked.by_key[key].drop([wanted[name].key])
        moved = await claims.moved_by_order(tx, {line.order_id for line in lines})
        asked = less_what_has_moved([(at[name], claim) for name, claim in wanted.items()], moved)
        refused = [
            claim.line
            for claim in asked
            if (shelf := locked.by_key.get(at[claim.line])) is None or not shelf.hold(claim)
        ]
        await shelves.save(tx, locked)
        reasons = await _reasons(tx, {name: at[name] for name in refused})
    return [HoldAnswer(line.line, reasons.get(line.line)) for line in lines]


async def _reasons(tx: AsyncConnection, refused: dict[str, ShelfKey]) -> dict[str, RefusalReason]:
    places = await catalogue.known_places(tx, {place for place, _ in refused.values()})
    parts = await catalogue.known_parts(tx, {part for _, part in refused.values()})
    reasons: dict[str, RefusalReason] = {}
    for name, (place, part) in refused.items():
        known: RefusalReason = "no_stock" if part in parts else "unknown_part"
        reasons[name] = known if place in places else "unknown_place"
    return reasons


async def publish(tx: AsyncConnection, plan: PlanPublished, *, clock: Clock, actor: str) -> None:
    """The plan is published: its holds become reservations, whatever it no longer lists is freed, in one step."""
    published = await claims.lock_territory(tx, plan.territory_id)
    if plan.epoch <= published:
        return
    await claims.set_published_epoch(tx, plan.territory_id, plan.epoch)
    since = clock.now()
    await claims.add_lacked(tx, [{**line.model_dump(), "since": since} for line in plan.lacked])
    listed = await _listed(tx, plan)
    underway = await records.open_shipments(tx, territory_id=plan.territory_id)
    keys = await claims.shelves_of_territory(tx, plan.territory_id, up_to_epoch=plan.epoch)
    locked = await shelves.lock(tx, keys | listed.keys(), now=clock.now())
    short: list[tuple[ShelfKey, Claim]] = []
    for key, shelf in sorted(locked.by_key.items()):
        lines = listed.get(key, [])
        change = shelf.publish(plan.territory_id, plan.epoch, lines)
        short += [(key, line) for line in change.short]
        sources = {line.order_id: line.source for line in lines}
        for order_id, pieces in sorted(change.reserved.items()):
            await telling.reserved(tx, key, order_id, pieces, sources[order_id], actor)
        for order_id, pieces in sorted(change.released.items()):
            await telling.released(tx, key, order_id, pieces, actor)
    short += [(key, line) for key in listed.keys() - locked.by_key.keys() for line in listed[key]]
    await shelves.save(tx, locked)
    await telling.short(tx, short, actor=actor)
    sent = _sent_by_courier(locked, plan)
    await shipments.follow_plan(tx, plan, underway, sent, now=clock.now(), actor=actor)


def _sent_by_courier(locked: shelves.Shelves, plan: PlanPublished) -> Counter[shipments.CourierKey]:
    """Pieces that the plan has just reserved to be sent, by order, part and place."""
    sent: Counter[shipments.CourierKey] = Counter()
    for (place_id, part), shelf in locked.by_key.items():
        for claim in shelf.claims:
            if claim.key[:2] == (plan.territory_id, plan.epoch) and claim.source == "courier":
                sent[claim.order_id, part, place_id] += claim.quantity
    return sent


async def _listed(tx: AsyncConnection, plan: PlanPublished) -> dict[ShelfKey, list[Claim]]:
    """The plan's lines by shelf, without pieces that have left for their order since it was computed."""
    moved = await claims.moved_by_order(tx, {line.order_id for line in plan.stock})
    lines = [((line.place_id, line.part), _claim(plan, line)) for line in plan.stock]
    listed: defaultdict[ShelfKey, list[Claim]] = defaultdict(list)
    for (key, _), claim in zip(lines, less_what_has_moved(lines, moved), strict=True):
        listed[key].append(claim)
    return listed


def _claim(plan: PlanPublished, line: StockLine) -> Claim:
    return Claim(
        territory_id=plan.territory_id,
        epoch=plan.epoch,
        line=line.line,
        order_id=line.order_id,
        quantity=line.quantity,
        source=line.source,
        engineer_id=line.engineer_id,
    )


async def end_order(tx: AsyncConnection, order_id: str, *, clock: Clock, actor: str) -> None:
    """An order ended: its claims are freed, picked-up pieces stay in the van as free stock."""
    await claims.end_order(tx, order_id)
    await shipments.cancel_of_order(tx, order_id, actor=actor)
    locked = await shelves.lock(tx, await claims.shelves_of_order(tx, order_id), now=clock.now())
    for key, shelf in sorted(locked.by_key.items()):
        if pieces := shelf.release(order_id).total():
            await telling.released(tx, key, order_id, pieces, actor)
    await shelves.save(tx, locked)


async def sweep(context: Context) -> int:
    """Free holds whose plan was never published; how many shelves were touched."""
    now = context.clock.now()
    async with context.db.transaction() as tx:
        keys = await claims.shelves_with_expired_holds(tx, now, limit=SWEEP_BATCH)
        await shelves.save(tx, await shelves.lock(tx, keys, now=now))  # locking forgets what has expired
    return len(keys)
