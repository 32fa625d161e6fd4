"""Customers, machines, when they are due, and where motorways lead."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def customers() -> None:
    op.create_table(
        "customers",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("customer_id"),
    )


def assets() -> None:
    op.create_table(
        "assets",
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("vin", sa.Text(), nullable=True),
        sa.Column("plate", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("configuration", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("software_level", sa.Text(), nullable=True),
        sa.Column("station_id", sa.Text(), nullable=True),
        sa.Column("territory_id", sa.Text(), nullable=True),
        sa.Column("branch_id", sa.Text(), nullable=True),
        sa.Column("in_service_on", sa.Date(), nullable=True),
        sa.Column("warranty_until", sa.Date(), nullable=True),
        sa.Column("meter_km", sa.Integer(), nullable=True),
        sa.Column("meter_h", sa.Integer(), nullable=True),
        sa.Column("meter_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        sa.PrimaryKeyConstraint("asset_id"),
        sa.UniqueConstraint("vin"),
    )
    op.create_index("assets_of_branch", "assets", ["branch_id", "asset_id"], unique=False)
    op.create_index("assets_of_station", "assets", ["station_id"], unique=False)
    op.create_index(op.f("ix_assets_plate"), "assets", ["plate"], unique=False)


def maintenance_plans() -> None:
    op.create_table(
        "maintenance_plans",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("work_type", sa.Text(), nullable=False),
        sa.Column("next_due_on", sa.Date(), nullable=False),
        sa.Column("every_days", sa.Integer(), nullable=False),
        sa.Column("tolerance_days", sa.Integer(), nullable=False),
        sa.CheckConstraint("every_days >= 1 AND tolerance_days >= 0", name="plan_recurs"),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.asset_id"]),
        sa.PrimaryKeyConstraint("plan_id"),
    )
    op.create_index(op.f("ix_maintenance_plans_asset_id"), "maintenance_plans", ["asset_id"], unique=False)
    op.create_index("plans_by_due", "maintenance_plans", ["next_due_on"], unique=False)


def asset_history() -> None:
    op.create_table(
        "asset_history",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("work_type", sa.Text(), nullable=False),
        sa.Column("faults", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("vmrs_system", sa.Text(), nullable=True),
        sa.Column("engineer_id", sa.Text(), nullable=False),
        sa.Column("meter_km", sa.Integer(), nullable=True),
        sa.Column("meter_h", sa.Integer(), nullable=True),
        sa.Column("meter_plausible", sa.Boolean(), nullable=False),
        sa.Column("checklist", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.asset_id"]),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"]),
        sa.PrimaryKeyConstraint("order_id"),
    )
    op.create_index("history_of_asset", "asset_history", ["asset_id", "at"], unique=False)


def plan_dues() -> None:
    op.create_table(
        "plan_dues",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"]),
        sa.ForeignKeyConstraint(["plan_id"], ["maintenance_plans.plan_id"]),
        sa.PrimaryKeyConstraint("plan_id", "due_on"),
    )


def route_reference() -> None:
    op.create_table(
        "route_reference",
        sa.Column("motorway", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("km", sa.Float(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("made", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("motorway", "line", "km"),
    )
