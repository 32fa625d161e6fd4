"""Frozen months of KPIs, adjustment lines, and the weights of scorecards."""

from sqlalchemy import Column, Date, ForeignKey, Integer, Table
from sqlalchemy import Double as Real
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import JSONB

from services.orders.tables.foundation import Moment, metadata

kpi_months = Table(
    "kpi_months",
    metadata,
    Column("month", SqlText, primary_key=True),  # 2026-11
    Column("frozen_at", Moment, nullable=False),
    Column("frozen_by", SqlText, nullable=False),
)

kpi_snapshots = Table(
    "kpi_snapshots",
    metadata,
    Column("month", SqlText, ForeignKey("kpi_months.month"), primary_key=True),
    Column("kpi", SqlText, primary_key=True),
    Column("scope_kind", SqlText, primary_key=True),
    Column("scope_id", SqlText, primary_key=True),
    Column("branch_id", SqlText, primary_key=True),
    Column("n", Integer, nullable=False),
    Column("total", Real, nullable=False),
    Column("p90", Real),
)

kpi_adjustments = Table(
    "kpi_adjustments",
    metadata,
    Column("month", SqlText, ForeignKey("kpi_months.month"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kpi", SqlText, primary_key=True),
    Column("scope_kind", SqlText, primary_key=True),
    Column("scope_id", SqlText, primary_key=True),
    Column("branch_id", SqlText, primary_key=True),
    Column("n", Integer, nullable=False),
    Column("total", Real, nullable=False),
    Column("p90", Real),
    Column("found_at", Moment, nullable=False),
)

scorecard_weights = Table(
    "scorecard_weights",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("valid_from", Date, nullable=False),
    Column("document", JSONB, nullable=False),
    Column("made_by", SqlText, nullable=False),
    Column("made_at", Moment, nullable=False),
)
