"""What parts tells the others, in their words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from kit import journal
from services.messages import PartsReleased, PartsReserved, PartsShort, ShipmentMoved, StockChanged
from services.parts.domain.shelf import Claim, ShelfKey
from services.parts.store import catalogue


async def short(tx: AsyncConnection, lost: Iterable[tuple[ShelfKey, Claim]], *, actor: str) -> None:
    """These published lines cannot be kept."""
    for (place_id, part), claim in lost:
        if claim.quantity == 0:
            continue
        message = PartsShort(
            order_id=claim.order_id,
            territory_id=claim.territory_id,
            part=part,
            quantity=claim.quantity,
            place_id=place_id,
        )
        await journal.append(tx, message, subject=claim.order_id, actor=actor)


async def reserved(tx: AsyncConnection, key: ShelfKey, order_id: str, quantity: int, source: str, actor: str) -> None:
    place_id, part = key
    message = PartsReserved(order_id=order_id, part=part, quantity=quantity, place_id=place_id, source=source)
    await journal.append(tx, message, subject=order_id, actor=actor)


async def released(tx: AsyncConnection, key: ShelfKey, order_id: str, quantity: int, actor: str) -> None:
    place_id, part = key
    message = PartsReleased(order_id=order_id, part=part, quantity=quantity, place_id=place_id)
    await journal.append(tx, message, subject=order_id, actor=actor)


async def stock_changed(
    tx: AsyncConnection, changed: Iterable[ShelfKey], territories: dict[str, str | None], *, actor: str
) -> None:
    """One message per place; it names the part when only one changed."""
    by_place: dict[str, set[str]] = {}
    for place_id, part in changed:
        by_place.setdefault(place_id, set()).add(part)
    for place_id, parts in sorted(by_place.items()):
        only = next(iter(parts)) if len(parts) == 1 else None
        message = StockChanged(place_id=place_id, part=only, territory_id=territories.get(place_id))
        await journal.append(tx, message, subject=place_id, actor=actor)


async def shipments_moved(tx: AsyncConnection, moved: Sequence[Mapping[str, Any]], *, actor: str) -> None:
    """`moved`: parcels as they are stored now."""
    names = await catalogue.names_of(tx, {row["part"] for row in moved})
    for row in moved:
        name_zh, name_en = names[row["part"]]
        message = ShipmentMoved(
            order_id=row["order_id"],
            shipment_id=row["id"],
            part=row["part"],
            state=row["state"],
            eta=row["eta"],
            name_zh=name_zh,
            name_en=name_en,
            carrier=row.get("carrier"),
            waybill=row.get("waybill"),
        )
        await journal.append(tx, message, subject=message.order_id, actor=actor)
