"""Replacement cases and the steps of their drivers."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.tables import assets, cargos, orders, replacement_cases, replacement_steps

_RUNNING = replacement_cases.c.state.not_in(("delivered", "withdrawn"))


async def add(tx: AsyncConnection, **values: Any) -> None:
    await tx.execute(insert(replacement_cases).values(values))


async def change(tx: AsyncConnection, case_id: str, **values: Any) -> None:
    await tx.execute(update(replacement_cases).where(replacement_cases.c.case_id == case_id).values(values))


async def running_case(tx: AsyncConnection, order_id: str) -> Row[Any] | None:
    return (
        await tx.execute(select(replacement_cases).where(replacement_cases.c.order_id == order_id, _RUNNING))
    ).first()


async def running_cases(tx: AsyncConnection, order_ids: Sequence[str]) -> dict[str, Row[Any]]:
    found = await tx.execute(select(replacement_cases).where(replacement_cases.c.order_id.in_(order_ids), _RUNNING))
    return {row.order_id: row for row in found}


async def latest_case(tx: AsyncConnection, order_id: str) -> Row[Any] | None:
    query = select(replacement_cases).where(replacement_cases.c.order_id == order_id)
    return (await tx.execute(query.order_by(replacement_cases.c.case_id.desc()).limit(1))).first()


async def by_token(tx: AsyncConnection, token_hash: str) -> Row[Any] | None:
    """The case of a link with what its driver needs to know: the order, the truck, the cargo."""
    query = (
        select(
            replacement_cases,
            orders.c.number,
            orders.c.lon,
            orders.c.lat,
            orders.c.stake,
            orders.c.address,
            orders.c.contact_name,
            orders.c.contact_phone,
            assets.c.plate,
            assets.c.product,
            assets.c.model,
            *(column.label(f"cargo_{column.name}") for column in cargos.c if column.name != "order_id"),
        )
        .join_from(replacement_cases, orders, replacement_cases.c.order_id == orders.c.order_id)
        .join(assets, assets.c.asset_id == orders.c.asset_id)
        .outerjoin(cargos, cargos.c.order_id == orders.c.order_id)
        .where(replacement_cases.c.token_hash == token_hash)
    )
    return (await tx.execute(query)).first()


async def kept_step(tx: AsyncConnection, operation_id: str) -> Row[Any] | None:
    query = select(replacement_steps).where(replacement_steps.c.operation_id == operation_id)
    return (await tx.execute(query)).first()


async def keep_step(tx: AsyncConnection, **values: Any) -> None:
    await tx.execute(insert(replacement_steps).values(values))
