"""The tables of parts. The ledger `movement` is the truth; `stock` is its balance, guarded by constraints."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    func,
)
from sqlalchemy import Text as SqlText

from kit.feed import feed_tables
from kit.idempotency import idempotency_table
from kit.journal import journal_table

metadata = MetaData()
journal_table(metadata)
feed_tables(metadata)
idempotency_table(metadata)

# --- catalogue and places -----------------------------------------------------------------------------------------

part = Table(
    "part",
    metadata,
    Column("part", SqlText, primary_key=True),
    Column("name_zh", SqlText, nullable=False),
    Column("name_en", SqlText, nullable=False),
    Column("unit_cost_fen", BigInteger, nullable=False),
    Column("weight_g", Integer, nullable=False),
    Column("vmrs_system", SqlText),
    CheckConstraint("unit_cost_fen >= 0 AND weight_g >= 0", name="part_amounts"),
)

substitute = Table(
    "substitute",
    metadata,
    Column("part", SqlText, ForeignKey("part.part"), primary_key=True),
    Column("substitute", SqlText, ForeignKey("part.part"), primary_key=True),
    Column("approved", Boolean, nullable=False),
    CheckConstraint("part <> substitute", name="substitute_other"),
)

place = Table(
    "place",
    metadata,
    Column("place_id", SqlText, primary_key=True),
    Column("kind", SqlText, nullable=False),
    Column("territory_id", SqlText, index=True),  # none: a central depot, open to every territory
    Column("station_id", SqlText, index=True),
    Column("engineer_id", SqlText, index=True),
    Column("name", SqlText, nullable=False),
    Column("lon", Double, nullable=False),
    Column("lat", Double, nullable=False),
    Column("opens", SqlText),
    Column("closes", SqlText),
    CheckConstraint("kind IN ('depot','station','van')", name="place_kind"),
    CheckConstraint("kind <> 'van' OR engineer_id IS NOT NULL", name="place_van_engineer"),
)

courier_lane = Table(
    "courier_lane",
    metadata,
    Column("place_id", SqlText, ForeignKey("place.place_id"), primary_key=True),
    Column("fee_fen", BigInteger, nullable=False),
    Column("fen_per_km", BigInteger, nullable=False),
    Column("km_per_hour", Integer, nullable=False),
    Column("cutoff", SqlText),
    Column("ready_s", BigInteger, nullable=False),
    CheckConstraint("km_per_hour > 0 AND fee_fen >= 0 AND fen_per_km >= 0 AND ready_s >= 0", name="lane_amounts"),
)

# --- stock --------------------------------------------------------------------------------------------------------

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
    Column("actor", SqlText, nullable=False),
    Column("effective_at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    ForeignKeyConstraint(["place_id", "part"], ["stock.place_id", "stock.part"]),
    CheckConstraint("kind IN ('count','found','issue','return','transfer_out','transfer_in')", name="movement_kind"),
    CheckConstraint("kind NOT IN ('issue','transfer_out') OR quantity < 0", name="movement_out"),
    CheckConstraint("kind NOT IN ('found','return','transfer_in') OR quantity > 0", name="movement_in"),
    CheckConstraint("quantity <> 0", name="movement_quantity"),
)
Index("movement_shelf", movement.c.place_id, movement.c.part, movement.c.id)

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
    Column("expires_at", DateTime(timezone=True), index=True),
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

shipment = Table(
    "shipment",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("order_id", SqlText, nullable=False, index=True),
    Column("territory_id", SqlText, nullable=False, index=True),
    Column("part", SqlText, ForeignKey("part.part"), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("from_place_id", SqlText, ForeignKey("place.place_id"), nullable=False),
    Column("to_place_id", SqlText, ForeignKey("place.place_id")),
    Column("engineer_id", SqlText),
    Column("state", SqlText, nullable=False),
    Column("fee_fen", BigInteger, nullable=False),
    Column("eta", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("state IN ('ordered','picked','shipped','received','cancelled')", name="shipment_state"),
    CheckConstraint("quantity > 0", name="shipment_quantity"),
)

shipment_event = Table(
    "shipment_event",
    metadata,
    Column("shipment_id", SqlText, ForeignKey("shipment.id"), primary_key=True),
    Column("event_id", SqlText, primary_key=True),
    Column("kind", SqlText, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("eta", DateTime(timezone=True)),
    Column("actor", SqlText, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
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
    Column("at", DateTime(timezone=True), nullable=False),
    CheckConstraint(
        "reason IN ('not_on_record','unknown_part','unknown_place','no_van','not_issued')",
        name="discrepancy_reason",
    ),
    CheckConstraint("act IN ('pickup','use','return')", name="discrepancy_act"),
)

# --- what others own, as far as parts needs it (from their feeds) ---------------------------------------------------

territory = Table(
    "territory",
    metadata,
    Column("territory_id", SqlText, primary_key=True),
    Column("branch_id", SqlText),  # unknown until stations tells
    Column("published_epoch", BigInteger, nullable=False, server_default="0"),
)

work_order = Table(
    "work_order",
    metadata,
    Column("order_id", SqlText, primary_key=True),
    Column("territory_id", SqlText, nullable=False),
    Column("branch_id", SqlText, nullable=False),
    Column("station_id", SqlText, nullable=False),
    Column("ended", Boolean, nullable=False, server_default="false"),
)
