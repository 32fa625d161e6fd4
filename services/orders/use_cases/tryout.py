"""Trying a promise template against the orders of a past time, before it is published."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.problems import Invalid
from services.orders.context import Orders
from services.orders.domain.templates import Template, Traits
from services.orders.domain.tryout import PastOrder, Tried, take
from services.orders.store import clocks as clock_store
from services.orders.store import orders as store
from services.orders.use_cases.calendars import calendars_of
from services.orders.use_cases.promise_lists import all_templates
from services.orders.use_cases.promises import stamps_of
from services.orders.use_cases.templates import require_calendars

ORDERS_AT_ONCE = 500


async def try_out(context: Orders, caller: Principal, template: Template, *, begin: datetime, until: datetime) -> Tried:
    """The account over the caller's orders reported in [begin, until) that were not cancelled.

    Raises Invalid when the template could not be published for its own faults; that another one may always be taken
    instead is part of the account. Tier and station grade are those of today.
    """
    if faults := template.faults():
        raise Invalid("; ".join(faults), faults=faults)
    grades = {station.station_id: station.grade for station in await context.stations.all()}
    candidate = replace(template, valid_from=None, valid_until=None)
    now, tried, after = context.clock.now(), Tried(), (begin, "")
    async with context.db.read() as tx:
        await require_calendars(tx, template)
        known = await all_templates(tx, context.catalogue)
        others = [other for other in known if other.template_id != template.template_id]
        calendars = await calendars_of(tx, template.clocks)
        while True:
            rows = await store.reported_between(tx, caller, after=after, until=until, limit=ORDERS_AT_ONCE)
            past = await _past(tx, rows, grades)
            await asyncio.to_thread(take, tried, past, candidate, others=others, calendars=calendars, now=now)
            if len(rows) < ORDERS_AT_ONCE:
                return tried
            after = (rows[-1].reported_at, rows[-1].order_id)


async def _past(tx: AsyncConnection, rows: Sequence[Row[Any]], grades: dict[str, str | None]) -> list[PastOrder]:
    ids = [row.order_id for row in rows]
    clocks, waits = await clock_store.of_orders(tx, ids), await clock_store.waits_of(tx, ids)
    past = []
    for row in rows:
        own = clocks.get(row.order_id, [])
        window = {"window_end": row.latest_start} if row.latest_start else {}
        traits = Traits(
            tier=row.tier,
            product=row.product,
            work_type=row.work_type,
            branch_id=row.branch_id,
            grade=grades.get(row.station_id),
            contracts=frozenset(one["kind"] for one in row.contracts if one.get("holds", True)),
        )
        past.append(
            PastOrder(
                order_id=row.order_id,
                number=row.number,
                traits=traits,
                reported_at=row.reported_at,
                stamps=stamps_of(row) | window,
                waits=waits.get(row.order_id, []),
                broken=any(clock.state == "breached" for clock in own),
                late_fen=sum(clock.late_fen for clock in own),
            )
        )
    return past
