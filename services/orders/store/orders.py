"""Work orders."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Interval,
    Row,
    Select,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    text,
    true,
    tuple_,
    update,
)
from sqlalchemy import Float as Real
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.rows import among_ids, as_rows, given_rows, types_of
from services.orders.domain.faults import UNKNOWN_FAULT
from services.orders.domain.life import OPEN
from services.orders.store.scope import visible_orders
from services.orders.tables import appointments, assets, cargos, customers, orders

_NUMBERS = text(
    "SELECT nextval(pg_get_serial_sequence('orders', 'running_number')) FROM generate_series(1, :count) ORDER BY 1"
)
METRES_PER_DEGREE = 111_195.0
MOST_SIMILAR = 5
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Sorts orders without a running clock behind all others."""


async def next_numbers(tx: AsyncConnection, count: int) -> list[int]:
    """Running numbers that nobody else gets."""
    return [int(number) for number in (await tx.execute(_NUMBERS, {"count": count})).scalars()]


async def add(tx: AsyncConnection, rows: Sequence[dict[str, Any]], cargo_rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        await tx.execute(insert(orders), list(rows))
    if cargo_rows:
        await tx.execute(insert(cargos), list(cargo_rows))


async def lock(tx: AsyncConnection, order_id: str) -> Row[Any] | None:
    """The order, held until the transaction ends: every change of an order begins with this."""
    return (await tx.execute(select(orders).where(orders.c.order_id == order_id).with_for_update())).first()


_LOCK_ALL = select(orders).where(among_ids(orders.c.order_id)).order_by(orders.c.order_id).with_for_update()


async def lock_all(tx: AsyncConnection, order_ids: Iterable[str]) -> list[Row[Any]]:
    """Orders by their ids, held until the transaction ends."""
    return list(await tx.execute(_LOCK_ALL, {"ids": list(order_ids)}))


async def lock_visible(tx: AsyncConnection, order_id: str, principal: Principal) -> Row[Any] | None:
    query = select(orders).where(orders.c.order_id == order_id, visible_orders(principal)).with_for_update()
    return (await tx.execute(query)).first()


async def change(tx: AsyncConnection, order_id: str, **values: Any) -> Row[Any]:
    """Set columns and raise the version; the row as it is then."""
    changed = update(orders).where(orders.c.order_id == order_id).values(version=orders.c.version + 1, **values)
    row: Row[Any] = (await tx.execute(changed.returning(orders))).one()
    return row


_FOLLOWED = (
    "appointment_id",
    "engineer_id",
    "assigned_at",
    "unassigned_reason",
    "dispatched_at",
    "acknowledged_at",
    "responded_at",
    "departed_at",
    "arrived_at",
    "state",
    "waiting_reason",
)
"""What dispatch's feed may change."""
_followed = given_rows(types_of(orders, ("order_id", *_FOLLOWED)))
_FOLLOW = (
    update(orders)
    .where(orders.c.order_id == _followed.c.order_id)
    .values(version=orders.c.version + 1, **{name: _followed.c[name] for name in _FOLLOWED})
    .returning(orders)
)


async def follow(tx: AsyncConnection, changed: Sequence[Mapping[str, Any]]) -> Sequence[Row[Any]]:
    """Write what dispatch's feed changed in locked orders, given whole, and raise their versions; the rows then."""
    if not changed:
        return []
    rows = [{name: order[name] for name in ("order_id", *_FOLLOWED)} for order in changed]
    return list(await tx.execute(_FOLLOW, as_rows(rows)))


_judged = given_rows(types_of(orders, ("order_id", "risk_rank", "risk_due")))
_SAVE_RISKS = (
    update(orders)
    .where(orders.c.order_id == _judged.c.order_id)
    .values(risk_rank=_judged.c.risk_rank, risk_due=_judged.c.risk_due)
)


async def save_risks(tx: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Each order's place in the queue; not a change that a person has to know of, so the version stays."""
    if rows:
        await tx.execute(_SAVE_RISKS, as_rows(rows))


async def rows(tx: AsyncConnection, order_ids: Sequence[str]) -> Sequence[Row[Any]]:
    return (await tx.execute(select(orders).where(orders.c.order_id.in_(order_ids)))).all()


_WITH_MACHINE: tuple[Any, ...] = (
    orders,
    assets.c.vin,
    assets.c.plate,
    assets.c.product,
    assets.c.brand,
    assets.c.model,
    customers.c.customer_id,
    customers.c.name.label("customer_name"),
    customers.c.tier,
)
_CARGO = tuple(column.label(f"cargo_{column.name}") for column in cargos.c if column.name != "order_id")


_PAGE = (
    select(*_WITH_MACHINE, *_CARGO)
    .join_from(orders, assets)
    .join(customers, customers.c.customer_id == assets.c.customer_id)
    .outerjoin(cargos, cargos.c.order_id == orders.c.order_id)
)


async def find(tx: AsyncConnection, order_id: str, principal: Principal) -> Row[Any] | None:
    """A visible order with its machine, customer and cargo."""
    return (await tx.execute(_PAGE.where(orders.c.order_id == order_id, visible_orders(principal)))).first()


async def pages(tx: AsyncConnection, order_ids: Sequence[str]) -> dict[str, Row[Any]]:
    """Orders with their machines, customers and cargo, whoever asks."""
    return {row.order_id: row for row in await tx.execute(_PAGE.where(orders.c.order_id.in_(order_ids)))}


async def page(
    tx: AsyncConnection,
    principal: Principal,
    *,
    states: Sequence[str],
    filters: dict[str, str],
    by_risk: bool,
    after: tuple[Any, ...] | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Visible orders: newest first, or by risk (worst clock, then soonest due). `after` is the last row's key."""
    wanted: list[ColumnElement[bool]] = [visible_orders(principal)]
    wanted += [orders.c[column] == value for column, value in filters.items()]
    if states:
        wanted.append(orders.c.state.in_(states))
    query = (
        select(*_WITH_MACHINE)
        .join_from(orders, assets)
        .join(customers, customers.c.customer_id == assets.c.customer_id)
    )
    if by_risk:
        due = func.coalesce(orders.c.risk_due, NEVER)
        if after is not None:
            wanted.append(tuple_(orders.c.risk_rank, due, orders.c.order_id) > tuple_(*after))
        query = query.order_by(orders.c.risk_rank, due, orders.c.order_id)
    else:
        if after is not None:
            wanted.append(orders.c.order_id < after[0])
        query = query.order_by(orders.c.order_id.desc())
    return (await tx.execute(query.where(*wanted).limit(limit))).all()


async def first_report(tx: AsyncConnection) -> datetime | None:
    """When the oldest order was reported."""
    first: datetime | None = (await tx.execute(select(func.min(orders.c.reported_at)))).scalar_one_or_none()
    return first


async def reported_between(
    tx: AsyncConnection, principal: Principal, *, after: tuple[datetime, str], until: datetime, limit: int
) -> Sequence[Row[Any]]:
    """Visible orders that were not cancelled, by (reported_at, order_id) after `after` and before `until`."""
    key = tuple_(orders.c.reported_at, orders.c.order_id)
    query = (
        select(*_WITH_MACHINE)
        .join_from(orders, assets)
        .join(customers, customers.c.customer_id == assets.c.customer_id)
        .where(visible_orders(principal), key > tuple_(*after), orders.c.reported_at < until)
        .where(orders.c.state != "cancelled")
        .order_by(orders.c.reported_at, orders.c.order_id)
        .limit(limit)
    )
    return (await tx.execute(query)).all()


async def open_of_assets(tx: AsyncConnection, asset_ids: Sequence[str]) -> Sequence[Row[Any]]:
    columns: list[Any] = [orders.c[name] for name in ("order_id", "number", "work_type", "reported_at", "asset_id")]
    query = select(*columns)
    return (await tx.execute(query.where(orders.c.asset_id.in_(asset_ids), orders.c.state.in_(OPEN)))).all()


def _similar() -> Select[Any]:
    """For some orders the open ones of other machines near the place, about the same time, and with the same fault or
    the same words. Parameters: `order_ids`, `within` (interval), `degrees` of latitude."""
    other = orders.alias("other")
    lat: ColumnElement[float] = bindparam("degrees", type_=Real)
    lon = lat / func.greatest(func.cos(func.radians(orders.c.lat)), 0.1)
    within: ColumnElement[timedelta] = bindparam("within", type_=Interval)
    fault = orders.c.faults[0]["fault"].astext
    same_fault = and_(fault != UNKNOWN_FAULT, other.c.faults[0]["fault"].astext == fault)
    columns: list[Any] = [other.c[name] for name in ("order_id", "number", "asset_id", "reported_at")]
    query = select(*columns).where(
        other.c.state.in_(OPEN),
        other.c.lat.between(orders.c.lat - lat, orders.c.lat + lat),
        other.c.lon.between(orders.c.lon - lon, orders.c.lon + lon),
        other.c.reported_at.between(orders.c.reported_at - within, orders.c.reported_at + within),
        other.c.asset_id != orders.c.asset_id,
        or_(other.c.symptom == func.nullif(orders.c.symptom, ""), same_fault),
    )
    near = query.order_by(other.c.reported_at).limit(MOST_SIMILAR).lateral("near")
    asked = orders.c.order_id.in_(bindparam("order_ids", expanding=True))
    return (
        select(orders.c.order_id.label("to_order"), near)
        .join_from(orders, near, true())
        .where(asked)
        .order_by(near.c.reported_at)
    )


_SIMILAR = _similar()


async def similar(
    tx: AsyncConnection, order_ids: Sequence[str], *, within: timedelta, metres: float
) -> dict[str, list[Row[Any]]]:
    """Open orders of other machines that may be the same breakdown; by order, at most `MOST_SIMILAR` each."""
    given = {"order_ids": list(order_ids), "within": within, "degrees": metres / METRES_PER_DEGREE}
    found: dict[str, list[Row[Any]]] = {}
    for row in await tx.execute(_SIMILAR, given):
        found.setdefault(row.to_order, []).append(row)
    return found


async def by_external_ids(tx: AsyncConnection, external_ids: Sequence[str]) -> dict[str, str]:
    """Order ids of what was imported before."""
    query = select(orders.c.external_id, orders.c.order_id).where(orders.c.external_id.in_(external_ids))
    return {row.external_id: row.order_id for row in await tx.execute(query)}


async def plannable(
    tx: AsyncConnection, principal: Principal, territory_id: str, planned_waits: Sequence[str]
) -> Sequence[Row[Any]]:
    """Visible open orders of a territory that a plan should serve, with machine and cargo."""
    waits = or_(orders.c.state != "waiting", orders.c.waiting_reason.in_(planned_waits))
    # Whoever is at work stays so: a gate keeps the next visit, not this one.
    through = or_(func.coalesce(orders.c.open_gates, 0) == 0, orders.c.state.in_(("in_progress", "restored")))
    query = (
        select(orders, assets.c.product, assets.c.brand, assets.c.model, assets.c.configuration, *_CARGO)
        .join_from(orders, assets)
        .outerjoin(cargos, cargos.c.order_id == orders.c.order_id)
        .where(visible_orders(principal), orders.c.territory_id == territory_id, orders.c.state.in_(OPEN), waits)
        .where(through)
        .order_by(orders.c.order_id)
    )
    return (await tx.execute(query)).all()


async def declined_by(tx: AsyncConnection, order_ids: Sequence[str]) -> dict[str, list[str]]:
    """Engineers who declined, by order."""
    query = select(appointments.c.order_id, appointments.c.engineer_id).distinct()
    found: dict[str, list[str]] = {}
    for row in await tx.execute(
        query.where(appointments.c.order_id.in_(order_ids), appointments.c.state == "declined")
    ):
        found.setdefault(row.order_id, []).append(row.engineer_id)
    return found
