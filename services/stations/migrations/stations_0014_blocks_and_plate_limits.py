"""Vehicles out of use, and plates that may not set out."""

import sqlalchemy as sa
from alembic import op

revision = "stations_0014"
down_revision = "stations_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _block()
    _plate_limit()
    op.alter_column("vehicle_claim", "order_id", nullable=True)
    op.create_check_constraint("claim_of_order", "vehicle_claim", "(order_id IS NULL) = (territory_id = 'block')")


def _block() -> None:
    op.create_table(
        "vehicle_block",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("vehicle_id", sa.Text(), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint('"end" > "start"', name="block_takes_time"),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicle.vehicle_id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_vehicle_block_vehicle_id"), "vehicle_block", ["vehicle_id"], unique=False)


def _plate_limit() -> None:
    op.create_table(
        "plate_limit",
        sa.Column("limit_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("radius_km", sa.Double(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("digits", sa.Text(), nullable=False),
        sa.Column("opens", sa.Text(), nullable=False),
        sa.Column("closes", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name="limit_weekday"),
        sa.CheckConstraint("closes > opens AND valid_until >= valid_from", name="limit_order"),
        sa.PrimaryKeyConstraint("limit_id"),
    )


def downgrade() -> None:
    op.drop_constraint("claim_of_order", "vehicle_claim")
    op.execute("DELETE FROM vehicle_claim WHERE order_id IS NULL")
    op.alter_column("vehicle_claim", "order_id", nullable=False)
    op.drop_table("plate_limit")
    op.drop_index(op.f("ix_vehicle_block_vehicle_id"), table_name="vehicle_block")
    op.drop_table("vehicle_block")
