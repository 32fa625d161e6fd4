"""What others own, as far as parts needs it (from their feeds)."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Integer, Table
from sqlalchemy import Text as SqlText

from services.parts.tables.foundation import Moment, metadata

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

# Opening hours of a station (HH:MM), those of its shelf where that has none of its own.
station_hours = Table(
    "station_hours",
    metadata,
    Column("station_id", SqlText, primary_key=True),
    Column("opens", SqlText),
    Column("closes", SqlText),
)

# Clocks of orders that are broken as far as we know; a breach that turns out met is taken back.
broken_promise = Table(
    "broken_promise",
    metadata,
    Column("order_id", SqlText, primary_key=True),
    Column("clock", SqlText, primary_key=True),
    Column("due", Moment, nullable=False),
)
Index("broken_promise_due", broken_promise.c.due)

# What an order could not do without when no place had it, and since when; it stays when the part comes in later.
lacked = Table(
    "lacked",
    metadata,
    Column("order_id", SqlText, primary_key=True),
    Column("part", SqlText, primary_key=True),
    Column("quantity", Integer, nullable=False),
    Column("since", Moment, nullable=False),
    CheckConstraint("quantity > 0", name="lacked_quantity"),
)
Index("lacked_since", lacked.c.since)
