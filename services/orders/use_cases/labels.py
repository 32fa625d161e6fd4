"""The label on a machine (QR code): its link lets whoever stands beside it report a breakdown, without an account."""

import hmac
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal, signature
from kit.problems import NotFound, Problem
from services.orders.context import Orders
from services.orders.domain.intake import Report
from services.orders.store import assets as asset_store
from services.orders.store import orders as order_store
from services.orders.use_cases.identification import MachineName
from services.orders.use_cases.intake import Wanted, accept_all, rules
from services.orders.use_cases.tracking import link_token

LABEL_PURPOSE = "machine-label"
SIGNED = 32
"""Characters of the signature in a link: 128 bits."""
_NOWHERE = "this label is not ours, or its machine is not on record any more: call the service hotline"


def label_token(secret: str, asset_id: str) -> str:
    """The secret part of the link on a machine's label."""
    return f"{asset_id}.{signature(secret, LABEL_PURPOSE, asset_id)[:SIGNED]}"


async def machine_of_label(tx: AsyncConnection, secret: str, token: str) -> Row[Any]:
    """The machine that a label stands on. Raises NotFound for a link that is not ours."""
    asset_id = token.rpartition(".")[0]
    if not hmac.compare_digest(label_token(secret, asset_id).encode(), token.encode()):
        raise NotFound(_NOWHERE)
    row = next(iter(await asset_store.rows(tx, [asset_id])), None)
    if row is None:
        raise NotFound(_NOWHERE)
    return row


@dataclass(frozen=True, slots=True)
class Taken:
    """A report that became an order: what the caller is told, and the link by which to follow it."""

    order: Row[Any]
    tracking_token: str


async def report_by_label(context: Orders, token: str, report: Report) -> Taken:
    """Accept a report of the machine that the label stands on, by the same path as a call.

    Raises NotFound, and whatever intake refuses: PlaceMissing, PossibleDuplicate, NeighbourDown.
    """
    secret = context.settings.shared_secret
    async with context.db.read() as tx:
        asset_id = (await machine_of_label(tx, secret, token)).asset_id
    wanted = [Wanted(MachineName(serial=asset_id), report)]
    lists = await rules(context, wanted)
    caller = Principal(subject=asset_id, role="service", on_behalf_of=f"customer:{asset_id}")
    async with context.db.transaction() as tx:
        [result] = await accept_all(tx, wanted, rules=lists, now=context.clock.now(), caller=caller)
        if isinstance(result, Problem):
            raise result
        order = await order_store.lock(tx, result)
    assert order is not None  # noqa: S101 - written a line above
    return Taken(order, link_token(secret, result))
