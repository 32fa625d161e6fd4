"""Demand by month, its forecast, expected wear of guarantee plans, and plans of stock with their proposals."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Double, ForeignKey, Index, Integer, Table
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import JSONB

from services.parts.tables.foundation import Moment, metadata

# Pieces used for the orders of a station, at its shelf, wherever they came from, and pieces that were nowhere while the
# order has got none: an empty shelf hides no demand.
# `booked` comes from our ledger, `imported` from the system before us. `month` is a first day.
past_demand = Table(
    "past_demand",
    metadata,
    Column("place_id", SqlText, ForeignKey("place.place_id"), primary_key=True),
    Column("part", SqlText, ForeignKey("part.part"), primary_key=True),
    Column("month", Date, primary_key=True, index=True),
    Column("booked", Integer, nullable=False, server_default="0"),
    Column("imported", Integer, nullable=False, server_default="0"),
    CheckConstraint("imported >= 0", name="demand_imported"),
    CheckConstraint("extract(day FROM month) = 1", name="demand_month"),
)

# What a guarantee plan expects to wear out on which shelf's machines; both days belong to it.
wear_list = Table(
    "wear_list",
    metadata,
    Column("list_id", SqlText, primary_key=True),
    Column("title", SqlText, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("actor", SqlText, nullable=False),
    Column("changed_at", Moment, nullable=False),
    CheckConstraint("valid_until >= valid_from", name="wear_takes_time"),
)

wear_line = Table(
    "wear_line",
    metadata,
    Column("list_id", SqlText, ForeignKey("wear_list.list_id", ondelete="CASCADE"), primary_key=True),
    Column("place_id", SqlText, ForeignKey("place.place_id"), primary_key=True),
    Column("part", SqlText, ForeignKey("part.part"), primary_key=True),
    Column("pieces_per_month", Double, nullable=False),
    CheckConstraint("pieces_per_month > 0", name="wear_pieces"),
)

# What was expected for a month when it began, kept to be judged by what came.
forecast = Table(
    "forecast",
    metadata,
    Column("month", Date, primary_key=True),
    Column("place_id", SqlText, ForeignKey("place.place_id"), primary_key=True),
    Column("part", SqlText, ForeignKey("part.part"), primary_key=True),
    Column("method", SqlText, nullable=False),
    Column("rate", Double, nullable=False),  # pieces per month over the year, drivers and plans included
    Column("expected", Double, nullable=False),  # pieces in this month, by its season
    Column("dispersion", Double, nullable=False),
    CheckConstraint("method IN ('sba','tsb','imapa','mean','plan')", name="forecast_method"),
    CheckConstraint("rate >= 0 AND expected >= 0 AND dispersion >= 1", name="forecast_amounts"),
)

forecast_run = Table(
    "forecast_run",
    metadata,
    Column("month", Date, primary_key=True),
    Column("made_at", Moment, nullable=False),
    Column("result", JSONB, nullable=False),
)

stock_plan = Table(
    "stock_plan",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("branch_id", SqlText, index=True),  # none: the whole network
    Column("state", SqlText, nullable=False),
    Column("asked", JSONB, nullable=False),
    Column("result", JSONB),
    Column("problem", SqlText),
    Column("actor", SqlText, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("finished_at", Moment),
    CheckConstraint("state IN ('queued','done','failed')", name="plan_state"),
    CheckConstraint("(state = 'done') = (result IS NOT NULL)", name="plan_result"),
)

# Pieces that should be pushed to a shelf, or bought for a depot (`from_place_id` none).
proposal = Table(
    "proposal",
    metadata,
    Column("plan_id", SqlText, ForeignKey("stock_plan.id"), primary_key=True),
    Column("place_id", SqlText, ForeignKey("place.place_id"), primary_key=True),
    Column("part", SqlText, ForeignKey("part.part"), primary_key=True),
    Column("from_place_id", SqlText, ForeignKey("place.place_id")),
    Column("target", Integer, nullable=False),
    Column("position", Integer, nullable=False),  # free there and on the way there, when the plan was made
    Column("quantity", Integer, nullable=False),
    Column("value_fen", BigInteger, nullable=False),
    Column("state", SqlText, nullable=False, server_default="open"),
    Column("transfer_id", SqlText, ForeignKey("transfer.id")),
    CheckConstraint("quantity > 0", name="proposal_quantity"),
    CheckConstraint("state IN ('open','accepted','declined')", name="proposal_state"),
    CheckConstraint("(transfer_id IS NOT NULL) = (state = 'accepted')", name="proposal_transfer"),
)
Index("proposal_place", proposal.c.place_id)
