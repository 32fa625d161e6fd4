"""Who may operate a machine: certificates on its record."""

from datetime import date
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.journal import append
from kit.problems import NotFound
from services.orders.context import Orders
from services.orders.facts import OperatorCertificateRemoved, OperatorCertified
from services.orders.store import assets as store


async def certify(
    context: Orders,
    caller: Principal,
    asset_id: str,
    operator_id: str,
    certificate: str,
    *,
    name: str,
    until: date | None,
) -> Row[Any]:
    """Put a certificate on the record, or renew it. Raises NotFound."""
    async with context.db.transaction() as tx:
        await _require(tx, caller, asset_id)
        row = await store.certify(tx, asset_id, operator_id, certificate, name=name, valid_until=until)
        told = OperatorCertified(asset_id=asset_id, operator_id=operator_id, certificate=certificate, valid_until=until)
        await append(tx, told, subject=asset_id, actor=caller.actor)
    return row


async def remove(context: Orders, caller: Principal, asset_id: str, operator_id: str, certificate: str) -> None:
    """Take a certificate off the record. Raises NotFound."""
    async with context.db.transaction() as tx:
        await _require(tx, caller, asset_id)
        if not await store.drop_certificate(tx, asset_id, operator_id, certificate):
            raise NotFound("there is no such certificate on this machine's record")
        told = OperatorCertificateRemoved(asset_id=asset_id, operator_id=operator_id, certificate=certificate)
        await append(tx, told, subject=asset_id, actor=caller.actor)


async def _require(tx: AsyncConnection, caller: Principal, asset_id: str) -> None:
    if await store.find(tx, asset_id, caller) is None:
        raise NotFound("there is no such machine, or it is not yours to see")
