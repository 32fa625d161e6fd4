"""Territories as dispatch sees them: the epoch of the published plan, and whether it still covers everything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, false, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.appointments import ACTIVE
from ..tables import appointments, plans, territories

LEFT_LYING = timedelta(minutes=5)
"""News that is unplanned for so long has lost its job."""


_covered = territories.c.covered >= territories.c.requested
_one_more: dict[str, Any] = {
    "requested": territories.c.requested + 1,
    "requested_at": func.clock_timestamp(),
    "unplanned_since": case((_covered, func.clock_timestamp()), else_=territories.c.unplanned_since),
}


@dataclass(frozen=True, slots=True)
class Territory:
    """`requested` > `covered`: something happened that the published plan does not know yet."""

    territory_id: str
    branch_id: str
    epoch: int
    requested: int
    covered: int
    orders_told: int
    orders_known: int
    requested_otherwise: int
    requested_at: datetime | None
    unplanned_since: datetime | None
    failure: str | None
    failed_at: datetime | None

    @property
    def is_covered(self) -> bool:
        """Whether the published plan knows all that was requested."""
        return self.covered >= self.requested


@dataclass(frozen=True, slots=True)
class Basis:
    """What a plan knows: news until the count `requested`, and orders' events until `known_seq`, both included."""

    requested: int
    known_seq: int


async def find(tx: AsyncConnection, territory_id: str) -> Territory | None:
    row = (await tx.execute(select(territories).where(territories.c.territory_id == territory_id))).first()
    return None if row is None else Territory(**row._mapping)


async def lock(tx: AsyncConnection, territory_id: str) -> Territory | None:
    """The territory, held against every other publisher until the transaction ends."""
    query = select(territories).where(territories.c.territory_id == territory_id).with_for_update()
    row = (await tx.execute(query)).first()
    return None if row is None else Territory(**row._mapping)


async def hold_of(
    tx: AsyncConnection, appointment_ids: Sequence[str], *, order_id: str | None = None, wait: bool = True
) -> set[str]:
    """Lock the territories of these appointments and of the order's active one; the ids of those appointments.

    Whoever asks for a plan because of an appointment does this before it touches the appointment: publishers take
    them in this order too. Without `wait` the appointments of territories that somebody else has locked are left out.
    """
    of_order = (appointments.c.order_id == order_id) & appointments.c.state.in_(sorted(ACTIVE))
    wanted = or_(appointments.c.id.in_(appointment_ids), of_order)
    query = select(appointments.c.id).join(territories).where(wanted).order_by(territories.c.territory_id)
    held = await tx.scalars(query.with_for_update(of=territories, key_share=True, skip_locked=not wait))
    return set(held)


async def know(tx: AsyncConnection, *, territory_id: str, branch_id: str) -> None:
    """Remember which branch a territory belongs to."""
    row = insert(territories).values(territory_id=territory_id, branch_id=branch_id)
    other = territories.c.branch_id != branch_id
    await tx.execute(
        row.on_conflict_do_update(
            index_elements=["territory_id"], set_={"branch_id": row.excluded.branch_id}, where=other
        )
    )


async def request(tx: AsyncConnection, territory_id: str) -> bool:
    """Something happened that the plan must take into account; False for a territory that dispatch never planned."""
    here = territories.c.territory_id == territory_id
    asked = update(territories).where(here).values(**_one_more, requested_otherwise=territories.c.requested + 1)
    return (await tx.execute(asked)).rowcount > 0


async def request_of_orders(tx: AsyncConnection, territory_id: str, *, seq: int) -> bool:
    """Orders told something, by its event `seq`; False where the plan knows that already, or was never made."""
    news = (territories.c.territory_id == territory_id) & (territories.c.orders_known < seq)
    newest = func.greatest(territories.c.orders_told, seq)
    return (await tx.execute(update(territories).where(news).values(**_one_more, orders_told=newest))).rowcount > 0


async def flood_pauses_in(
    tx: AsyncConnection, territory_id: str, *, pieces: int, pause: timedelta, longest: timedelta
) -> timedelta | None:
    """When at the earliest a flood will have paused: at least so many pieces of news are unplanned, the last of them
    newer than `pause`, the first newer than `longest`. None where there is none. All by the database's clock; where
    that was put back, nothing is a flood."""
    now = func.clock_timestamp()
    flood = and_(
        territories.c.requested - territories.c.covered >= pieces,
        territories.c.requested_at.between(now - pause, now),
        territories.c.unplanned_since.between(now - longest, now),
    )
    query = select(territories.c.requested_at + pause - now).where(territories.c.territory_id == territory_id, flood)
    rest: timedelta | None = (await tx.execute(query)).scalar_one_or_none()
    return rest


async def raise_epoch(tx: AsyncConnection, *, territory_id: str, epoch: int, basis: Basis) -> bool:
    """Compare and set: from `epoch` to the next one; False when somebody else was faster."""
    here = (territories.c.territory_id == territory_id) & (territories.c.epoch == epoch)
    raised = update(territories).where(here).values(epoch=epoch + 1, **_covers(basis))
    return (await tx.execute(raised)).rowcount == 1


async def catch_up(tx: AsyncConnection, *, territory_id: str, epoch: int) -> None:
    """The neighbours have seen a later epoch than we know (we were restored from a backup): go on from there."""
    here = (territories.c.territory_id == territory_id) & (territories.c.epoch < epoch)
    await tx.execute(update(territories).where(here).values(epoch=epoch))


async def cover(tx: AsyncConnection, *, territory_id: str, basis: Basis) -> None:
    """The published plan, left as it is, knows what another would have been made on."""
    here = territories.c.territory_id == territory_id
    await tx.execute(update(territories).where(here).values(_covers(basis)))


async def fail(tx: AsyncConnection, *, territory_id: str, failure: str, at: datetime) -> None:
    """Planning failed; the last good plan stays."""
    here = territories.c.territory_id == territory_id
    await tx.execute(update(territories).where(here).values(failure=failure, failed_at=at))


async def are_behind(tx: AsyncConnection, *, at_once: int) -> bool:
    """Whether a territory with news has no plan at all yet, or more than `at_once` wait for their next one. Those whose
    planning failed, or whose news has been lying for so long that its job is lost, do not count."""
    fresh = territories.c.unplanned_since > func.clock_timestamp() - LEFT_LYING
    waits = and_(~_covered, territories.c.failure.is_(None), fresh)
    query = select(func.count(), func.coalesce(func.bool_or(territories.c.epoch == 0), false())).where(waits)
    count, no_plan_yet = (await tx.execute(query)).one()
    return bool(no_plan_yet or count > at_once)


async def lacking_parts(tx: AsyncConnection) -> list[str]:
    """Territories whose published plan leaves an order without its parts."""
    here = and_(plans.c.territory_id == territories.c.territory_id, plans.c.epoch == territories.c.epoch)
    lacks = plans.c.proposal["unassigned"].contains([{"reason": "part_missing"}])
    return list((await tx.execute(select(territories.c.territory_id).join(plans, here).where(lacks))).scalars())


async def all_ids(tx: AsyncConnection) -> list[str]:
    return list((await tx.execute(select(territories.c.territory_id))).scalars())


async def at_rest_ids(tx: AsyncConnection) -> list[str]:
    """Territories that nobody is about to plan: their plan knows everything, or could not be made, or the job that was
    to make it is lost."""
    lost = or_(territories.c.requested_at.is_(None), territories.c.requested_at < func.clock_timestamp() - LEFT_LYING)
    at_rest = or_(_covered, territories.c.failure.is_not(None), lost)
    return list((await tx.execute(select(territories.c.territory_id).where(at_rest))).scalars())


def _covers(basis: Basis) -> dict[str, Any]:
    """What is still unplanned then counts from now. News that came while the plan was made is in it, too, when it was
    all of orders and the plan had read them later."""
    had_read = and_(territories.c.requested_otherwise <= basis.requested, territories.c.orders_told <= basis.known_seq)
    counted = func.greatest(territories.c.covered, basis.requested)
    return {
        "covered": case((had_read, territories.c.requested), else_=counted),
        "orders_known": func.greatest(territories.c.orders_known, basis.known_seq),
        "unplanned_since": func.clock_timestamp(),
        "failure": None,
        "failed_at": None,
    }
