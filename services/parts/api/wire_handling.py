"""Transfers, count sheets and cores over HTTP."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field
from sqlalchemy import Row

from kit.problems import Invalid
from kit.values import Code, Instant, Quantity, Text, Wire
from services.parts.api.wire import FromRow
from services.parts.use_cases.cores import Condition

TransferState = Literal["ordered", "shipped", "received", "cancelled"]
SheetState = Literal["open", "posted", "cancelled"]
Counted = Annotated[int, Field(strict=True, ge=0, le=10**6)]


class TransferLineIn(Wire):
    part: Code
    quantity: Quantity


class CountedLine(Wire):
    """So many pieces, perhaps none."""

    part: Code
    quantity: Counted


def quantities(lines: Sequence[TransferLineIn | CountedLine]) -> dict[str, int]:
    """Pieces by part, in the order sent. Raises Invalid for a part that stands twice."""
    found: dict[str, int] = {}
    for index, line in enumerate(lines):
        if line.part in found:
            raise Invalid(f"part {line.part} stands twice", pointer=f"/lines/{index}/part")
        found[line.part] = line.quantity
    return found


# --- transfers ------------------------------------------------------------------------------------------------------


class TransferIn(Wire):
    from_place_id: Code
    to_place_id: Code
    lines: Annotated[list[TransferLineIn], Field(min_length=1, max_length=1000)]
    reason: Text = ""
    expected_at: Instant | None = None


class ShipIn(Wire):
    """`expected_at` is when it should be there; later it counts as late."""

    expected_at: Instant


class ReceiveIn(Wire):
    """What arrived; without `lines` everything that was shipped. A part left out has not arrived."""

    lines: Annotated[list[CountedLine], Field(max_length=1000)] | None = None


class TransferLineOut(FromRow):
    """`received` is none until the transfer is received; what is less than `quantity` was lost on the way."""

    part: str
    quantity: int
    received: int | None


class TransferOut(BaseModel):
    """Pieces between two places. `in_transit_s` is how long they have been on their way, none when they are not."""

    id: str
    from_place_id: str
    to_place_id: str
    state: TransferState
    reason: str
    actor: str
    created_at: datetime
    shipped_at: datetime | None
    expected_at: datetime | None
    closed_at: datetime | None
    in_transit_s: int | None
    late: bool
    lines: list[TransferLineOut]

    @classmethod
    def at(cls, row: Row[Any], lines: Sequence[Row[Any]], now: datetime) -> Self:
        """As it looks at `now`."""
        on_its_way = row.state == "shipped"
        columns = {name: value for name, value in row._mapping.items() if name in cls.model_fields}
        return cls(
            **columns,
            in_transit_s=int((now - row.shipped_at).total_seconds()) if on_its_way else None,
            late=on_its_way and row.expected_at is not None and row.expected_at < now,
            lines=[TransferLineOut.of(line) for line in lines],
        )


class TransferPage(BaseModel):
    items: list[TransferOut]
    next: str | None


# --- count sheets ---------------------------------------------------------------------------------------------------


class SheetIn(Wire):
    """`day` is a day in Asia/Shanghai."""

    place_id: Code
    day: date
    parts: Annotated[list[Code], Field(max_length=5000)] | None = None


class CountIn(Wire):
    lines: Annotated[list[CountedLine], Field(min_length=1, max_length=5000)]


class CountLineOut(FromRow):
    """`recorded` is what the shelf had on record when `counted` was written down."""

    part: str
    counted: int | None
    recorded: int | None
    counted_at: datetime | None


class SheetOut(FromRow):
    id: str
    place_id: str
    day: date
    state: SheetState
    actor: str
    created_at: datetime
    posted_at: datetime | None
    posted_by: str | None


class SheetDetail(SheetOut):
    lines: list[CountLineOut]


class SheetPage(BaseModel):
    items: list[SheetOut]
    next: str | None


# --- cores ----------------------------------------------------------------------------------------------------------


class CoreReturnIn(Wire):
    place_id: Code
    quantity: Quantity
    condition: Condition


class CoreOut(FromRow):
    """Worn pieces owed for an order; `deposit_fen` is per piece, at the day of use."""

    id: str
    order_id: str
    part: str
    engineer_id: str
    van_place_id: str
    owed: int
    returned: int
    deposit_fen: int
    used_at: datetime


class CorePage(BaseModel):
    items: list[CoreOut]
    next: str | None
