"""What others own, as far as parts needs it (from their feeds)."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Table
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

# Clocks of orders that are broken as far as we know; a breach that turns out met is taken back.
broken_promise = Table(
    "broken_promise",
    metadata,
    Column("order_id", SqlText, primary_key=True),
    Column("clock", SqlText, primary_key=True),
    Column("due", Moment, nullable=False),
)
Index("broken_promise_due", broken_promise.c.due)
