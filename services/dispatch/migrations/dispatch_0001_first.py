"""first"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from kit import foundation

revision = "dispatch_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    foundation.create_feed_tables()
    foundation.create_idempotency()
    foundation.create_journal()
    _runs()
    _territories()
    _appointments()
    _indexes_of_appointments()
    _overrides()
    _plans()
    _predictions()
    _replacement_cases()
    _transitions()


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("progress", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("problem", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("cancel", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint("state IN ('queued', 'running', 'finished', 'failed', 'cancelled')", name="run_state_known"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("runs_of_owner", "runs", ["owner", "started_at"], unique=False)
    op.create_index("runs_waiting", "runs", ["asked_at"], unique=False, postgresql_where=sa.text("state = 'queued'"))


def _territories() -> None:
    op.create_table(
        "territories",
        sa.Column("territory_id", sa.Text(), nullable=False),
        sa.Column("branch_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("requested", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("covered", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("territory_id"),
    )


def _appointments() -> None:
    op.create_table(
        "appointments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("territory_id", sa.Text(), nullable=False),
        sa.Column("engineer_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("scheduled_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scheduled_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("sourcing", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("departed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("flagged", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("distance_m", sa.Integer(), nullable=True),
        sa.Column(
            "changed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        postgresql.ExcludeConstraint(
            (sa.column("engineer_id"), "="),
            (sa.text("tstzrange(scheduled_start, scheduled_end)"), "&&"),
            where=sa.text("state IN ('planned', 'dispatched', 'acknowledged', 'travelling', 'on_site')"),
            deferrable="True",
            initially="DEFERRED",
            using="gist",
            name="engineer_is_booked_once",
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'dispatched', 'acknowledged', 'travelling', 'on_site', 'done', 'declined', 'cancelled')",
            name="appointment_state_known",
        ),
        sa.CheckConstraint("scheduled_end > scheduled_start", name="appointment_takes_time"),
        sa.ForeignKeyConstraint(["territory_id"], ["territories.territory_id"]),
        sa.PrimaryKeyConstraint("id"),
    )


def _indexes_of_appointments() -> None:
    op.create_index(
        "active_in_territory",
        "appointments",
        ["territory_id"],
        unique=False,
        postgresql_where=sa.text("state IN ('planned', 'dispatched', 'acknowledged', 'travelling', 'on_site')"),
    )
    op.create_index("appointments_of_engineer", "appointments", ["engineer_id", "changed_at"], unique=False)
    op.create_index("appointments_of_order", "appointments", ["order_id"], unique=False)
    op.create_index(
        "declined_in_territory",
        "appointments",
        ["territory_id", "ended_at"],
        unique=False,
        postgresql_where=sa.text("state = 'declined'"),
    )
    op.create_index(
        "one_active_appointment",
        "appointments",
        ["order_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('planned', 'dispatched', 'acknowledged', 'travelling', 'on_site')"),
    )


def _overrides() -> None:
    op.create_table(
        "overrides",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("territory_id", sa.Text(), nullable=False),
        sa.Column("engineer_id", sa.Text(), nullable=False),
        sa.Column("pin", sa.Text(), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("counterfactual", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("difference_fen", sa.BigInteger(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(pin = 'resource') = (start IS NULL)", name="override_start_with_time"),
        sa.CheckConstraint("pin IN ('resource', 'time', 'both')", name="override_pin_known"),
        sa.ForeignKeyConstraint(["territory_id"], ["territories.territory_id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_override_in_force", "overrides", ["order_id"], unique=True, postgresql_where=sa.text("released_at IS NULL")
    )


def _plans() -> None:
    op.create_table(
        "plans",
        sa.Column("territory_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cost_fen", sa.BigInteger(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("travel_source", sa.Text(), nullable=False),
        sa.Column("degraded", sa.Boolean(), nullable=False),
        sa.Column("proposal", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["territory_id"], ["territories.territory_id"]),
        sa.PrimaryKeyConstraint("territory_id", "epoch"),
    )


def _predictions() -> None:
    op.create_table(
        "predictions",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("clock", sa.Text(), nullable=False),
        sa.Column("territory_id", sa.Text(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("predicted", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["territory_id"], ["territories.territory_id"]),
        sa.PrimaryKeyConstraint("order_id", "clock"),
    )


def _replacement_cases() -> None:
    op.create_table(
        "replacement_cases",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("territory_id", sa.Text(), nullable=False),
        sa.Column("vehicle_id", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("step", sa.Text(), server_default="decided", nullable=False),
        sa.Column("plan", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["territory_id"], ["territories.territory_id"]),
        sa.PrimaryKeyConstraint("order_id"),
    )


def _transitions() -> None:
    op.create_table(
        "transitions",
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("appointment_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"]),
        sa.PrimaryKeyConstraint("operation_id"),
    )


def downgrade() -> None:
    op.drop_table("transitions")
    op.drop_table("replacement_cases")
    op.drop_table("predictions")
    op.drop_table("plans")
    op.drop_index("one_override_in_force", table_name="overrides", postgresql_where=sa.text("released_at IS NULL"))
    op.drop_table("overrides")
    op.drop_index(
        "one_active_appointment",
        table_name="appointments",
        postgresql_where=sa.text("state IN ('planned', 'dispatched', 'acknowledged', 'travelling', 'on_site')"),
    )
    op.drop_index("declined_in_territory", table_name="appointments", postgresql_where=sa.text("state = 'declined'"))
    op.drop_index("appointments_of_order", table_name="appointments")
    op.drop_index("appointments_of_engineer", table_name="appointments")
    op.drop_index(
        "active_in_territory",
        table_name="appointments",
        postgresql_where=sa.text("state IN ('planned', 'dispatched', 'acknowledged', 'travelling', 'on_site')"),
    )
    op.drop_table("appointments")
    op.drop_table("territories")
    op.drop_index("runs_waiting", table_name="runs", postgresql_where=sa.text("state = 'queued'"))
    op.drop_index("runs_of_owner", table_name="runs")
    op.drop_table("runs")
    foundation.drop_journal()
    foundation.drop_idempotency()
    foundation.drop_feed_tables()
