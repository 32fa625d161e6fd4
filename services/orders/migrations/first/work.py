"""Work orders and what is told of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

_STAMPS = (
    "accepted_at",
    "responded_at",
    "assigned_at",
    "dispatched_at",
    "acknowledged_at",
    "departed_at",
    "arrived_at",
    "work_started_at",
    "diagnosed_at",
    "restored_at",
    "cargo_moving_at",
    "completed_at",
    "confirmed_at",
    "closed_at",
    "cancelled_at",
)


def orders() -> None:
    op.create_table(
        "orders",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("running_number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("waiting_reason", sa.Text(), nullable=True),
        sa.Column("work_type", sa.Text(), nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("branch_id", sa.Text(), nullable=False),
        sa.Column("territory_id", sa.Text(), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        *_what_was_told(),
        sa.Column("service_s", sa.Integer(), nullable=False),
        sa.Column("skills", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("certificates", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("kit", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("tasks_done", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("drop_fen", sa.BigInteger(), nullable=False),
        sa.Column("interruptible", sa.Boolean(), nullable=False),
        sa.Column("replacement_eligible", sa.Boolean(), nullable=False),
        sa.Column("warranty", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("template_id", sa.Text(), nullable=True),
        sa.Column("template_version", sa.Integer(), nullable=True),
        sa.Column("told", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("earliest_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("latest_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("plan_id", sa.Text(), nullable=True),
        sa.Column("follow_up_of", sa.Text(), nullable=True),
        sa.Column("appointment_id", sa.Text(), nullable=True),
        sa.Column("engineer_id", sa.Text(), nullable=True),
        sa.Column("unassigned_reason", sa.Text(), nullable=True),
        sa.Column("completion", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("risk_rank", sa.Integer(), server_default="3", nullable=False),
        sa.Column("risk_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in _STAMPS),
        sa.CheckConstraint(
            "(state = 'waiting') = (waiting_reason IS NOT NULL AND waiting_reason IN ('parts', 'customer', 'expert', 'weather'))",
            name="order_waits_for_a_reason",
        ),
        sa.CheckConstraint(
            "state IN ('new', 'accepted', 'in_progress', 'waiting', 'restored', 'completed', 'confirmed', 'closed', 'cancelled')",
            name="order_state_known",
        ),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.asset_id"]),
        sa.ForeignKeyConstraint(["follow_up_of"], ["orders.order_id"]),
        sa.PrimaryKeyConstraint("order_id"),
        sa.UniqueConstraint("external_id"),
        sa.UniqueConstraint("number"),
    )


def _what_was_told() -> list[sa.Column]:
    return [
        sa.Column("place_error_m", sa.Integer(), server_default="0", nullable=False),
        sa.Column("stake", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("contact_name", sa.Text(), nullable=True),
        sa.Column("contact_phone", sa.Text(), nullable=True),
        sa.Column("symptom", sa.Text(), nullable=True),
        sa.Column("fault_codes", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("faults", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("vmrs_system", sa.Text(), nullable=True),
    ]


def indexes_of_orders() -> None:
    op.create_index(
        "open_orders_of_branch",
        "orders",
        ["branch_id", "risk_rank", "risk_due"],
        unique=False,
        postgresql_where=sa.text("state IN ('new', 'accepted', 'in_progress', 'waiting', 'restored')"),
    )
    op.create_index(
        "open_orders_of_territory",
        "orders",
        ["territory_id"],
        unique=False,
        postgresql_where=sa.text("state IN ('new', 'accepted', 'in_progress', 'waiting', 'restored')"),
    )
    op.create_index("orders_of_asset", "orders", ["asset_id", "reported_at"], unique=False)
    op.create_index("orders_of_branch", "orders", ["branch_id", "order_id"], unique=False)
    op.create_index("orders_of_station", "orders", ["station_id", "order_id"], unique=False)


def appointments() -> None:
    op.create_table(
        "appointments",
        sa.Column("appointment_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("engineer_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("scheduled_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scheduled_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("appointment_id"),
    )
    op.create_index("appointments_of_engineer", "appointments", ["engineer_id", "order_id"], unique=False)
    op.create_index(op.f("ix_appointments_order_id"), "appointments", ["order_id"], unique=False)


def timeline() -> None:
    op.create_table(
        "timeline",
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("publisher", "seq"),
    )
    op.create_index(op.f("ix_timeline_order_id"), "timeline", ["order_id"], unique=False)


def used_parts() -> None:
    op.create_table(
        "used_parts",
        sa.Column("publisher_seq", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("cost_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("publisher_seq"),
    )
    op.create_index(op.f("ix_used_parts_order_id"), "used_parts", ["order_id"], unique=False)


def cargos() -> None:
    op.create_table(
        "cargos",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("cargo_class", sa.Text(), nullable=False),
        sa.Column("coupling", sa.Text(), nullable=True),
        sa.Column("mass_kg", sa.Integer(), nullable=False),
        sa.Column("destination_lon", sa.Float(), nullable=False),
        sa.Column("destination_lat", sa.Float(), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hazard", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"]),
        sa.PrimaryKeyConstraint("order_id"),
    )


def flagged_facts() -> None:
    op.create_table(
        "flagged_facts",
        sa.Column("fact_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("appointment_id", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"]),
        sa.PrimaryKeyConstraint("fact_id"),
    )
    op.create_index(op.f("ix_flagged_facts_order_id"), "flagged_facts", ["order_id"], unique=False)


def order_facts() -> None:
    op.create_table(
        "order_facts",
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("appointment_id", sa.Text(), nullable=False),
        sa.Column("engineer_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"]),
        sa.PrimaryKeyConstraint("operation_id"),
    )
    op.create_index(op.f("ix_order_facts_order_id"), "order_facts", ["order_id"], unique=False)
