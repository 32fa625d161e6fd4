"""The ledger `movement` is the truth; `stock` is its balance, guarded by constraints; claims compete for it."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    func,
)
from sqlalchemy import Text as SqlText

from services.parts.tables.foundation import Moment, metadata

# `on_hand` is the sum of the shelf's movements, `claimed` what holds, reservations and picked-up pieces need of it.
# Every writer locks this row first, in the order of the key, so that writers of one shelf queue and never deadlock.
stock = Table(
    "stock",
    metadata,
    Column("place_id", SqlText, ForeignKey("place.place_id"), primary_key=True),
    Column("part", SqlText, ForeignKey("part.part"), primary_key=True),
    Column("on_hand", Integer, nullable=False, server_default="0"),
    Column("claimed", Integer, nullable=False, server_default="0"),
    CheckConstraint("on_hand >= 0", name="stock_on_hand"),
    CheckConstraint("claimed >= 0 AND claimed <= on_hand", name="stock_claimed"),
)
Index("stock_part", stock.c.part)

movement = Table(
    "movement",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("kind", SqlText, nullable=False),
    Column("place_id", SqlText, nullable=False),
    Column("part", SqlText, nullable=False),
    Column("quantity", Integer, nullable=False),  # signed: what it adds to the shelf
    Column("unit_cost_fen", BigInteger, nullable=False),
    Column("order_id", SqlText, index=True),
    Column("appointment_id", SqlText),
    Column("engineer_id", SqlText),
    Column("shipment_id", SqlText),
    Column("transfer_id", SqlText, index=True),
    Column("sheet_id", SqlText),
    Column("actor", SqlText, nullable=False),
    Column("effective_at", Moment, nullable=False),
    Column("recorded_at", Moment, nullable=False, server_default=func.clock_timestamp()),
    ForeignKeyConstraint(["place_id", "part"], ["stock.place_id", "stock.part"]),
    CheckConstraint("kind IN ('count','found','issue','return','transfer_out','transfer_in')", name="movement_kind"),
    CheckConstraint("kind NOT IN ('issue','transfer_out') OR quantity < 0", name="movement_out"),
    CheckConstraint("kind NOT IN ('found','return','transfer_in') OR quantity > 0", name="movement_in"),
    CheckConstraint("quantity <> 0", name="movement_quantity"),
)
Index("movement_shelf", movement.c.place_id, movement.c.part, movement.c.id)
Index("movement_time", movement.c.effective_at)

# A claim is a hold while it has an expiry, and a reservation once it has none.
claim = Table(
    "claim",
    metadata,
    Column("territory_id", SqlText, primary_key=True),
    Column("epoch", BigInteger, primary_key=True),
    Column("line", SqlText, primary_key=True),
    Column("order_id", SqlText, nullable=False, index=True),
    Column("place_id", SqlText, nullable=False),
    Column("part", SqlText, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("source", SqlText, nullable=False),
    Column("engineer_id", SqlText),
    Column("expires_at", Moment, index=True),
    ForeignKeyConstraint(["place_id", "part"], ["stock.place_id", "stock.part"]),
    CheckConstraint("quantity >= 0 AND taken >= 0 AND quantity + taken > 0", name="claim_quantity"),
    CheckConstraint("source IN ('van','pickup','courier','transfer')", name="claim_source"),
)
Index("claim_shelf", claim.c.place_id, claim.c.part)

# Pieces that lie in a van for one order: picked up or received for it, not used yet.
picked = Table(
    "picked",
    metadata,
    Column("place_id", SqlText, primary_key=True),
    Column("part", SqlText, primary_key=True),
    Column("order_id", SqlText, primary_key=True, index=True),
    Column("quantity", Integer, nullable=False),
    ForeignKeyConstraint(["place_id", "part"], ["stock.place_id", "stock.part"]),
    CheckConstraint("quantity > 0", name="picked_quantity"),
)

# What a phone reported and the records contradict: a person settles it, the fact is kept.
discrepancy = Table(
    "discrepancy",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("reason", SqlText, nullable=False),
    Column("act", SqlText, nullable=False),
    Column("place_id", SqlText, nullable=False, index=True),
    Column("part", SqlText, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("order_id", SqlText, nullable=False, index=True),
    Column("engineer_id", SqlText, nullable=False),
    Column("at", Moment, nullable=False),
    CheckConstraint(
        "reason IN ('not_on_record','unknown_part','unknown_place','no_van','not_issued')",
        name="discrepancy_reason",
    ),
    CheckConstraint("act IN ('pickup','use','return')", name="discrepancy_act"),
)
