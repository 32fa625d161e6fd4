"""first"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from kit import foundation

revision = "mobile_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _copies()
    foundation.create_feed_tables()
    foundation.create_journal()
    _lanes()
    _photos()
    _operations()
    _photo_ties()
    _visits()


def _copies() -> None:
    op.create_table(
        "copies",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("path"),
    )


def _lanes() -> None:
    op.create_table(
        "lanes",
        sa.Column("engineer_id", sa.Text(), nullable=False),
        sa.Column("changes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("engineer_id"),
    )
    op.create_index("lanes_due", "lanes", ["due_at"], unique=False, postgresql_where=sa.text("due_at IS NOT NULL"))


def _photos() -> None:
    op.create_table(
        "photos",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.Text(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )


def _operations() -> None:
    op.create_table(
        "operations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("engineer_id", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("appointment_id", sa.Text(), nullable=True),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("device_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("skew_ms", sa.BigInteger(), nullable=True),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("problem", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("change", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(status = 'received') = (change IS NULL)", name="operations_final_is_told"),
        sa.CheckConstraint("status IN ('received','applied','rejected','superseded')", name="operations_status"),
        sa.ForeignKeyConstraint(["engineer_id"], ["lanes.engineer_id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("engineer_id", "device_id", "seq", name="operations_sequence"),
    )
    op.create_index("operations_told", "operations", ["engineer_id", "change"], unique=False)
    op.create_index(
        "operations_waiting",
        "operations",
        ["engineer_id", "device_id", "seq"],
        unique=False,
        postgresql_where=sa.text("status = 'received'"),
    )


def _photo_ties() -> None:
    op.create_table(
        "photo_ties",
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("engineer_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("tied_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["photos.sha256"]),
        sa.PrimaryKeyConstraint("operation_id"),
    )
    op.create_index(op.f("ix_photo_ties_order_id"), "photo_ties", ["order_id"], unique=False)
    op.create_index(op.f("ix_photo_ties_sha256"), "photo_ties", ["sha256"], unique=False)


def _visits() -> None:
    op.create_table(
        "visits",
        sa.Column("engineer_id", sa.Text(), nullable=False),
        sa.Column("appointment_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("scheduled_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scheduled_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["engineer_id"], ["lanes.engineer_id"]),
        sa.PrimaryKeyConstraint("engineer_id", "appointment_id"),
    )
    op.create_index("visits_of_appointment", "visits", ["appointment_id"], unique=False)
    op.create_index("visits_of_order", "visits", ["order_id"], unique=False)
    op.create_index("visits_told", "visits", ["engineer_id", "change"], unique=False)


def downgrade() -> None:
    op.drop_index("visits_told", table_name="visits")
    op.drop_index("visits_of_order", table_name="visits")
    op.drop_index("visits_of_appointment", table_name="visits")
    op.drop_table("visits")
    op.drop_index(op.f("ix_photo_ties_sha256"), table_name="photo_ties")
    op.drop_index(op.f("ix_photo_ties_order_id"), table_name="photo_ties")
    op.drop_table("photo_ties")
    op.drop_index("operations_waiting", table_name="operations", postgresql_where=sa.text("status = 'received'"))
    op.drop_index("operations_told", table_name="operations")
    op.drop_table("operations")
    op.drop_table("photos")
    op.drop_index("lanes_due", table_name="lanes", postgresql_where=sa.text("due_at IS NOT NULL"))
    op.drop_table("lanes")
    foundation.drop_journal()
    foundation.drop_feed_tables()
    op.drop_table("copies")
