"""Prices of vehicles by day, vehicles on rent, protocols of hand-overs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "stations_0006"
down_revision = "stations_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _handover()
    _rental()
    _vehicle_price()


def _handover() -> None:
    op.create_table(
        "handover",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("vehicle_id", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("odometer_km", sa.Integer(), nullable=False),
        sa.Column("fuel_percent", sa.Integer(), nullable=False),
        sa.Column("cargo_seal", sa.Text(), nullable=True),
        sa.Column("damages", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("photos", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint("direction IN ('out','back')", name="handover_direction"),
        sa.CheckConstraint("odometer_km >= 0 AND fuel_percent BETWEEN 0 AND 100", name="handover_readings"),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicle.vehicle_id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("order_id", "vehicle_id", "direction", name="handover_once"),
    )
    op.create_index(op.f("ix_handover_vehicle_id"), "handover", ["vehicle_id"], unique=False)


def _rental() -> None:
    op.create_table(
        "rental",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("vehicle_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cost_fen", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint("(state = 'returned') = (cost_fen IS NOT NULL)", name="rental_cost"),
        sa.CheckConstraint("state IN ('booked','returned','cancelled')", name="rental_state"),
        sa.CheckConstraint('"end" > "start"', name="rental_takes_time"),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicle.vehicle_id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_rental_order_id"), "rental", ["order_id"], unique=False)
    op.create_index(op.f("ix_rental_vehicle_id"), "rental", ["vehicle_id"], unique=False)


def _vehicle_price() -> None:
    op.create_table(
        "vehicle_price",
        sa.Column("vehicle_id", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("base_fen", sa.BigInteger(), nullable=False),
        sa.Column("fen_per_km", sa.BigInteger(), nullable=False),
        sa.Column("day_fen", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint("base_fen >= 0 AND fen_per_km >= 0 AND day_fen >= 0", name="price_amounts"),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicle.vehicle_id"]),
        sa.PrimaryKeyConstraint("vehicle_id", "valid_from"),
    )


def downgrade() -> None:

    op.drop_table("vehicle_price")
    op.drop_index(op.f("ix_rental_vehicle_id"), table_name="rental")
    op.drop_index(op.f("ix_rental_order_id"), table_name="rental")
    op.drop_table("rental")
    op.drop_index(op.f("ix_handover_vehicle_id"), table_name="handover")
    op.drop_table("handover")
