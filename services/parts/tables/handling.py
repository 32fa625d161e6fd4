"""Transfers between places, sheets of counted stock, and cores that are owed."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, ForeignKey, Index, Integer, Table, text
from sqlalchemy import Text as SqlText

from services.parts.tables.foundation import Moment, metadata

# Two steps: what has been shipped has left its shelf and lies on no other one until it is received.
transfer = Table(
    "transfer",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("from_place_id", SqlText, ForeignKey("place.place_id"), nullable=False, index=True),
    Column("to_place_id", SqlText, ForeignKey("place.place_id"), nullable=False, index=True),
    Column("state", SqlText, nullable=False),
    Column("reason", SqlText, nullable=False),
    Column("actor", SqlText, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("shipped_at", Moment),
    Column("expected_at", Moment),
    Column("closed_at", Moment),
    Column("told_late_at", Moment),
    CheckConstraint("from_place_id <> to_place_id", name="transfer_elsewhere"),
    CheckConstraint("state IN ('ordered','shipped','received','cancelled')", name="transfer_state"),
    CheckConstraint("state NOT IN ('shipped','received') OR shipped_at IS NOT NULL", name="transfer_shipped"),
)
Index("transfer_in_transit", transfer.c.expected_at, postgresql_where=text("state = 'shipped'"))

transfer_line = Table(
    "transfer_line",
    metadata,
    Column("transfer_id", SqlText, ForeignKey("transfer.id"), primary_key=True),
    Column("part", SqlText, ForeignKey("part.part"), primary_key=True),
    Column("quantity", Integer, nullable=False),
    Column("received", Integer),  # none until the transfer is received; less than `quantity`: lost on the way
    CheckConstraint("quantity > 0", name="transfer_quantity"),
    CheckConstraint("received >= 0 AND received <= quantity", name="transfer_received"),
)

count_sheet = Table(
    "count_sheet",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("place_id", SqlText, ForeignKey("place.place_id"), nullable=False, index=True),
    Column("day", Date, nullable=False),
    Column("state", SqlText, nullable=False),
    Column("actor", SqlText, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("posted_at", Moment),
    Column("posted_by", SqlText),
    CheckConstraint("state IN ('open','posted','cancelled')", name="sheet_state"),
)
Index("one_open_sheet", count_sheet.c.place_id, unique=True, postgresql_where=text("state = 'open'"))

# `recorded` is what the shelf had on record in the moment in which `counted` was written down: movements between
# counting and posting stay what they are.
count_line = Table(
    "count_line",
    metadata,
    Column("sheet_id", SqlText, ForeignKey("count_sheet.id"), primary_key=True),
    Column("part", SqlText, ForeignKey("part.part"), primary_key=True),
    Column("counted", Integer),
    Column("recorded", Integer),
    Column("counted_at", Moment),
    Column("unit_cost_fen", BigInteger),
    CheckConstraint("counted >= 0 AND recorded >= 0", name="count_amounts"),
    CheckConstraint("(counted IS NULL) = (recorded IS NULL)", name="count_both"),
)

# The worn piece that comes out of the machine when a part with a deposit goes in, owed to the maker.
core = Table(
    "core",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("order_id", SqlText, nullable=False, index=True),
    Column("part", SqlText, ForeignKey("part.part"), nullable=False),
    Column("engineer_id", SqlText, nullable=False),
    Column("van_place_id", SqlText, nullable=False, index=True),
    Column("owed", Integer, nullable=False),
    Column("returned", Integer, nullable=False, server_default="0"),
    Column("deposit_fen", BigInteger, nullable=False),  # for each piece, at the day of use
    Column("used_at", Moment, nullable=False),
    CheckConstraint("owed >= 0 AND returned >= 0 AND returned <= owed", name="core_returned"),
)
Index("core_open", core.c.van_place_id, postgresql_where=text("returned < owed"))

core_return = Table(
    "core_return",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("core_id", SqlText, ForeignKey("core.id"), nullable=False, index=True),
    Column("place_id", SqlText, ForeignKey("place.place_id"), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("condition", SqlText, nullable=False),
    Column("actor", SqlText, nullable=False),
    Column("at", Moment, nullable=False),
    CheckConstraint("quantity > 0", name="core_return_quantity"),
    CheckConstraint("condition IN ('rebuildable','scrap')", name="core_condition"),
)
