"""Promises, their clocks, and the vehicles sent to keep them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def promise_templates() -> None:
    op.create_table(
        "promise_templates",
        sa.Column("template_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("template_id", "version"),
    )


def clocks() -> None:
    op.create_table(
        "clocks",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("clock", sa.Text(), nullable=False),
        sa.Column("rule", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("predicted", sa.DateTime(timezone=True), nullable=True),
        sa.Column("breach_raised", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("warned", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("late_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "state IN ('running', 'paused', 'met', 'at_risk', 'breached', 'waived', 'withdrawn')",
            name="clock_state_known",
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"]),
        sa.PrimaryKeyConstraint("order_id", "clock"),
    )


def due_at() -> None:
    op.create_table(
        "due_at",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("timer", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"]),
        sa.PrimaryKeyConstraint("order_id", "timer"),
    )
    op.create_index("timers_by_time", "due_at", ["at"], unique=False)


def waits() -> None:
    op.create_table(
        "waits",
        sa.Column("wait_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("reason IN ('parts', 'customer', 'expert', 'weather')", name="wait_reason_known"),
        sa.CheckConstraint("ended_at >= started_at", name="wait_takes_time"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"]),
        sa.PrimaryKeyConstraint("wait_id"),
    )
    op.create_index(op.f("ix_waits_order_id"), "waits", ["order_id"], unique=False)


def replacement_cases() -> None:
    op.create_table(
        "replacement_cases",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("territory_id", sa.Text(), nullable=False),
        sa.Column("vehicle_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decide_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned_at_truck", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned_delivered", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cost_fen", sa.BigInteger(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at_truck_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cargo_moving_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kilometres", sa.Integer(), nullable=True),
        sa.Column("over_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'accept', 'at_truck', 'cargo_moving', 'delivered', 'withdrawn')", name="case_state_known"
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"]),
        sa.PrimaryKeyConstraint("case_id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index(op.f("ix_replacement_cases_order_id"), "replacement_cases", ["order_id"], unique=False)
    op.create_index(
        "one_running_case",
        "replacement_cases",
        ["order_id"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('delivered', 'withdrawn')"),
    )


def replacement_steps() -> None:
    op.create_table(
        "replacement_steps",
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["replacement_cases.case_id"]),
        sa.PrimaryKeyConstraint("operation_id"),
        sa.UniqueConstraint("case_id", "step", name="step_taken_once"),
    )
    op.create_index(op.f("ix_replacement_steps_case_id"), "replacement_steps", ["case_id"], unique=False)
