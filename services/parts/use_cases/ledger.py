"""Lines of the ledger while they are made."""

from datetime import datetime
from typing import Any, Literal

from kit.ids import new_id
from services.parts.domain.shelf import ShelfKey

Kind = Literal["count", "found", "issue", "return", "transfer_out", "transfer_in"]


def entry(
    kind: Kind, key: ShelfKey, quantity: int, *, unit_cost_fen: int, actor: str, at: datetime, **about: str | None
) -> dict[str, Any]:
    """A line that adds `quantity` (signed, in the part's unit) to a shelf.

    `about` names what it belongs to: order_id, appointment_id, engineer_id, shipment_id, transfer_id, sheet_id.
    """
    place_id, part = key
    nothing = dict.fromkeys(("order_id", "appointment_id", "engineer_id", "shipment_id", "transfer_id", "sheet_id"))
    line = {"id": new_id(), "kind": kind, "place_id": place_id, "part": part, "quantity": quantity}
    return nothing | about | line | {"unit_cost_fen": unit_cost_fen, "actor": actor, "effective_at": at}
