"""first"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "orders_0001"
down_revision = None
branch_labels = None
depends_on = None


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


def upgrade() -> None:
    _appointments()
    _customers()
    _foundation()
    _promise_templates()
    _route_reference()
    _timeline()
    _used_parts()
    _assets()
    _maintenance_plans()
    _orders()
    _indexes_of_orders()
    _asset_history()
    _cargos()
    _clocks()
    _due_at()
    _flagged_facts()
    _order_facts()
    _plan_dues()
    _replacement_cases()
    _waits()
    _replacement_steps()


def _appointments() -> None:
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


def _customers() -> None:
    op.create_table(
        "customers",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("customer_id"),
    )


def _foundation() -> None:
    op.create_table(
        "feed_cursor",
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("after", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("publisher"),
    )
    op.create_table(
        "feed_parked",
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("event", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("publisher", "seq"),
    )
    op.create_table(
        "idempotency",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("principal", "key"),
    )
    op.create_table(
        "journal",
        sa.Column("row", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("hash", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("id"),
        sa.UniqueConstraint("seq"),
    )
    op.create_index("journal_subject", "journal", ["subject"], unique=False)
    op.create_index("journal_unsealed", "journal", ["row"], unique=False, postgresql_where=sa.text("seq IS NULL"))


def _promise_templates() -> None:
    op.create_table(
        "promise_templates",
        sa.Column("template_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("template_id", "version"),
    )


def _route_reference() -> None:
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


def _timeline() -> None:
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


def _used_parts() -> None:
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


def _assets() -> None:
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


def _maintenance_plans() -> None:
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


def _orders() -> None:
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


def _indexes_of_orders() -> None:
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


def _asset_history() -> None:
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


def _cargos() -> None:
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


def _clocks() -> None:
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


def _due_at() -> None:
    op.create_table(
        "due_at",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("timer", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"]),
        sa.PrimaryKeyConstraint("order_id", "timer"),
    )
    op.create_index("timers_by_time", "due_at", ["at"], unique=False)


def _flagged_facts() -> None:
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


def _order_facts() -> None:
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


def _plan_dues() -> None:
    op.create_table(
        "plan_dues",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"]),
        sa.ForeignKeyConstraint(["plan_id"], ["maintenance_plans.plan_id"]),
        sa.PrimaryKeyConstraint("plan_id", "due_on"),
    )


def _replacement_cases() -> None:
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


def _waits() -> None:
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


def _replacement_steps() -> None:
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


def downgrade() -> None:
    op.drop_index(op.f("ix_replacement_steps_case_id"), table_name="replacement_steps")
    op.drop_table("replacement_steps")
    op.drop_index(op.f("ix_waits_order_id"), table_name="waits")
    op.drop_table("waits")
    op.drop_index(
        "one_running_case",
        table_name="replacement_cases",
        postgresql_where=sa.text("state NOT IN ('delivered', 'withdrawn')"),
    )
    op.drop_index(op.f("ix_replacement_cases_order_id"), table_name="replacement_cases")
    op.drop_table("replacement_cases")
    op.drop_table("plan_dues")
    op.drop_index(op.f("ix_order_facts_order_id"), table_name="order_facts")
    op.drop_table("order_facts")
    op.drop_index(op.f("ix_flagged_facts_order_id"), table_name="flagged_facts")
    op.drop_table("flagged_facts")
    op.drop_index("timers_by_time", table_name="due_at")
    op.drop_table("due_at")
    op.drop_table("clocks")
    op.drop_table("cargos")
    op.drop_index("history_of_asset", table_name="asset_history")
    op.drop_table("asset_history")
    op.drop_index("orders_of_station", table_name="orders")
    op.drop_index("orders_of_branch", table_name="orders")
    op.drop_index("orders_of_asset", table_name="orders")
    op.drop_index(
        "open_orders_of_territory",
        table_name="orders",
        postgresql_where=sa.text("state IN ('new', 'accepted', 'in_progress', 'waiting', 'restored')"),
    )
    op.drop_index(
        "open_orders_of_branch",
        table_name="orders",
        postgresql_where=sa.text("state IN ('new', 'accepted', 'in_progress', 'waiting', 'restored')"),
    )
    op.drop_table("orders")
    op.drop_index("plans_by_due", table_name="maintenance_plans")
    op.drop_index(op.f("ix_maintenance_plans_asset_id"), table_name="maintenance_plans")
    op.drop_table("maintenance_plans")
    op.drop_index(op.f("ix_assets_plate"), table_name="assets")
    op.drop_index("assets_of_station", table_name="assets")
    op.drop_index("assets_of_branch", table_name="assets")
    op.drop_table("assets")
    op.drop_index(op.f("ix_used_parts_order_id"), table_name="used_parts")
    op.drop_table("used_parts")
    op.drop_index(op.f("ix_timeline_order_id"), table_name="timeline")
    op.drop_table("timeline")
    op.drop_table("route_reference")
    op.drop_table("promise_templates")
    op.drop_index("journal_unsealed", table_name="journal", postgresql_where=sa.text("seq IS NULL"))
    op.drop_index("journal_subject", table_name="journal")
    op.drop_table("journal")
    op.drop_table("idempotency")
    op.drop_table("feed_parked")
    op.drop_table("feed_cursor")
    op.drop_table("customers")
    op.drop_index(op.f("ix_appointments_order_id"), table_name="appointments")
    op.drop_index("appointments_of_engineer", table_name="appointments")
    op.drop_table("appointments")
