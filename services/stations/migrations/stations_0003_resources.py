"""Experts, trainers and tools with their bookings and calibrations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "stations_0003"
down_revision = "stations_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _resource()
    _calibration()
    _resource_booking()


def _resource() -> None:
    op.create_table(
        "resource",
        sa.Column("resource_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("branch_id", sa.Text(), nullable=True),
        sa.Column("station_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("skills", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("calibrated_until", sa.Date(), nullable=True),
        sa.CheckConstraint("calibrated_until IS NULL OR kind = 'tool'", name="resource_calibrated"),
        sa.CheckConstraint("kind IN ('expert','trainer','tool')", name="resource_kind"),
        sa.CheckConstraint("seats BETWEEN 1 AND 50", name="resource_seats"),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.branch_id"]),
        sa.ForeignKeyConstraint(["station_id"], ["station.station_id"]),
        sa.PrimaryKeyConstraint("resource_id"),
    )
    op.create_index(op.f("ix_resource_branch_id"), "resource", ["branch_id"], unique=False)
    op.create_index(op.f("ix_resource_station_id"), "resource", ["station_id"], unique=False)


def _calibration() -> None:
    op.create_table(
        "calibration",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("resource_id", sa.Text(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("valid_until >= done_on", name="calibration_order"),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.resource_id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_calibration_resource_id"), "calibration", ["resource_id"], unique=False)


def _resource_booking() -> None:
    op.create_table(
        "resource_booking",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("resource_id", sa.Text(), nullable=False),
        sa.Column("seat", sa.Integer(), nullable=False),
        sa.Column("window", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("resource_id"), "="),
            (sa.column("seat"), "="),
            (sa.column("window"), "&&"),
            where=sa.text("released_at IS NULL"),
            using="gist",
            name="seat_once",
        ),
        sa.CheckConstraint(
            'NOT isempty("window") AND NOT lower_inf("window") AND NOT upper_inf("window")', name="resource_window"
        ),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.resource_id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_resource_booking_order_id"), "resource_booking", ["order_id"], unique=False)
    op.create_index(op.f("ix_resource_booking_resource_id"), "resource_booking", ["resource_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_resource_booking_resource_id"), table_name="resource_booking")
    op.drop_index(op.f("ix_resource_booking_order_id"), table_name="resource_booking")
    op.drop_table("resource_booking")
    op.drop_index(op.f("ix_calibration_resource_id"), table_name="calibration")
    op.drop_table("calibration")
    op.drop_index(op.f("ix_resource_station_id"), table_name="resource")
    op.drop_index(op.f("ix_resource_branch_id"), table_name="resource")
    op.drop_table("resource")
