"""The customer's link: what it shows, and the survey that it ends with."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import signature
from kit.journal import append
from kit.problems import Conflict, NotFound
from services.orders.context import Orders
from services.orders.domain.callbacks import LOW_RATING
from services.orders.domain.tracking import TRACKED_FOR, Eta, eta
from services.orders.facts import SurveyAnswered
from services.orders.store import orders as order_store
from services.orders.store.feedback import tracking as store
from services.orders.use_cases.complaints import NewComplaint, open_complaint

LINK_PURPOSE = "tracking-link"
SIGNED = 32
"""Characters of the signature in a link: 128 bits."""
LEARN_FROM = timedelta(days=90)
ON_THE_WAY = ("ordered", "picked", "shipped")


def link_token(secret: str, order_id: str) -> str:
    """The secret part of the customer's link."""
    return f"{order_id}.{signature(secret, LINK_PURPOSE, order_id)[:SIGNED]}"


def order_of_link(secret: str, token: str) -> str:
    """The order that a link belongs to. Raises NotFound for a link that is not ours."""
    order_id = token.partition(".")[0]
    if not hmac.compare_digest(link_token(secret, order_id).encode(), token.encode()):
        raise NotFound(_NOWHERE)
    return order_id


_NOWHERE = "this link leads nowhere any more: call the service hotline"


@dataclass(frozen=True, slots=True)
class PartComing:
    """A part that is on its way; `eta` None when nobody knows."""

    part: str
    name_zh: str
    name_en: str
    state: str
    eta: datetime | None


@dataclass(frozen=True, slots=True)
class Tracked:
    """What the customer sees. `engineer` is a name, None while nobody is assigned or it cannot be asked."""

    order: Row[Any]
    eta: Eta | None
    engineer: str | None
    parts: tuple[PartComing, ...]


async def track(context: Orders, token: str) -> Tracked:
    """The order behind a link. Raises NotFound for a foreign link, or 30 days after the order is over."""
    order_id = order_of_link(context.settings.shared_secret, token)
    now = context.clock.now()
    async with context.db.read() as tx:
        order = await _order(tx, order_id, now=now)
        expected = await _eta(tx, order, now=now)
        shipments = await store.told(tx, order_id, "shipment.moved")
    engineer = await context.stations.engineer_name(order.engineer_id) if order.engineer_id else None
    return Tracked(order, expected, engineer, _coming(shipments))


async def _order(tx: AsyncConnection, order_id: str, *, now: datetime) -> Row[Any]:
    order = await store.order(tx, order_id)
    over = order and (order.completed_at or order.cancelled_at)
    if order is None or (over and over + TRACKED_FOR < now):
        raise NotFound(_NOWHERE)
    return order


async def _eta(tx: AsyncConnection, order: Row[Any], *, now: datetime) -> Eta | None:
    if order.arrived_at or order.completed_at or order.cancelled_at or order.scheduled_start is None:
        return None
    late = await store.told(tx, order.order_id, "delay.reported")
    mine = [row.facts for row in late if row.facts["appointment_id"] == order.appointment_id]
    expected = datetime.fromisoformat(mine[-1]["expected_at"]) if mine else None
    history = await store.deviations(tx, order.branch_id, since=now - LEARN_FROM)
    return eta(order.scheduled_start, expected, history, now=now)


def _coming(shipments: Any) -> tuple[PartComing, ...]:
    """The last word on each shipment, as far as it is still under way."""
    last = {row.facts["shipment_id"]: row.facts for row in shipments}
    return tuple(
        PartComing(
            part=told["part"],
            name_zh=told.get("name_zh") or told["part"],
            name_en=told.get("name_en") or told["part"],
            state=told["state"],
            eta=datetime.fromisoformat(told["eta"]) if told.get("eta") else None,
        )
        for told in last.values()
        if told["state"] in ON_THE_WAY
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """The customer's word on the service: `rating` from 1 to 5."""

    rating: int
    comment: str
    language: str


async def answer_survey(tx: AsyncConnection, context: Orders, token: str, answer: Answer) -> None:
    """Keep the customer's answer; a low rating opens a complaint. The same answer again changes nothing.

    Raises NotFound, Conflict when the work is not done yet or another answer was given.
    """
    order_id, now = order_of_link(context.settings.shared_secret, token), context.clock.now()
    order = await order_store.lock(tx, order_id)
    if order is None:
        raise NotFound(_NOWHERE)
    await _order(tx, order_id, now=now)
    if order.completed_at is None:
        raise Conflict("the work is not done yet: rate it when it is")
    known = await store.survey(tx, order_id)
    if known is not None:
        if (known.rating, known.comment) == (answer.rating, answer.comment):
            return
        raise Conflict("you have answered already, thank you", rating=known.rating)
    await store.add_survey(
        tx,
        order_id=order_id,
        rating=answer.rating,
        comment=answer.comment,
        language=answer.language,
        answered_at=now,
    )
    told = SurveyAnswered(order_id=order_id, territory_id=order.territory_id, rating=answer.rating)
    await append(tx, told, subject=order_id, actor=f"customer:{order_id}")
    if answer.rating <= LOW_RATING:
        said = NewComplaint("survey", answer.comment or f"rated {answer.rating} of 5", "other", "normal")
        await open_complaint(tx, context, order, said, actor=f"customer:{order_id}")
