"""Which order waits for which: said at intake, or changed by a person."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.problems import Invalid
from services.orders.domain.links import Link, LinkAsked, circle
from services.orders.domain.problems import LinksInACircle
from services.orders.store import links as store
from services.orders.store import orders as order_store
from services.orders.use_cases.life import before_the_work, tell_changed


async def links_of(
    tx: AsyncConnection, caller: Principal, asked: Sequence[LinkAsked], news: Mapping[str, str] | None = None
) -> tuple[Link, ...]:
    """The links that a caller asks for. `news`: ids of orders of this very transaction, by any of their names.

    Raises Invalid for an order that is unknown to the caller, cancelled, or named twice.
    """
    if not asked:
        return ()
    known = await store.named(tx, caller, {one.order for one in asked})
    found: dict[str, Link] = {}
    for one in asked:
        row = known.get(one.order)
        if row is not None and row.state == "cancelled":
            raise Invalid(f"order {row.number} is cancelled: there is nothing to wait for", pointer=one.pointer)
        order_id = row.order_id if row is not None else (news or {}).get(one.order)
        if order_id is None:
            raise Invalid(
                f"there is no order {one.order[:60]!r}, or it is not yours: name it by id, number or external_id; in a "
                "file it stands before those that wait for it",
                pointer=one.pointer,
            )
        if order_id in found:
            raise Invalid("this order is named twice: leave one out", pointer=one.pointer)
        found[order_id] = Link(order_id, one.relation, one.gap_s)
    return tuple(found.values())


async def put_links(
    tx: AsyncConnection, caller: Principal, order_id: str, asked: Sequence[LinkAsked], *, version: int
) -> None:
    """The order waits for these orders from now on, and for no others.

    Raises NotFound, Stale, NotPossibleNow (its work has begun or is over), Invalid, LinksInACircle.
    """
    await before_the_work(tx, caller, order_id, version=version)
    await store.one_at_a_time(tx)
    links = await links_of(tx, caller, asked)
    await _refuse_circle(tx, order_id, links)
    await store.replace(tx, order_id, links)
    changed = await order_store.change(tx, order_id)
    await tell_changed(
        tx, changed, what="waits for other orders" if links else "waits for no order", actor=caller.actor
    )


async def _refuse_circle(tx: AsyncConnection, order_id: str, links: Sequence[Link]) -> None:
    others = [link.after_order_id for link in links]
    way = circle(await store.waits(tx, others) | {order_id: others}, order_id)
    if way is None:
        return
    numbers = {row.order_id: row.number for row in await order_store.rows(tx, way)}
    told = [numbers[one] for one in way]
    raise LinksInACircle(f"each would wait for the next: {' → '.join(told)}", pointer="/links", circle=told)
