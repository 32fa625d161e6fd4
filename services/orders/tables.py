"""The tables of orders. Names and phone numbers live here only; the journal carries ids and facts."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy import Float as Real
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import JSONB

from kit.feed import feed_tables
from kit.idempotency import idempotency_table
from kit.journal import journal_table
from services.orders.domain.life import STATES, WAITING_REASONS
from services.orders.domain.promise import CLOCK_STATES
from services.orders.domain.replacement import CASE_STATES

metadata = MetaData()
journal = journal_table(metadata)
feed_tables(metadata)
idempotency_table(metadata)

Moment = DateTime(timezone=True)

TIME_FIELDS = (
    "reported_at",
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
"""When what happened to an order, in the words of the glossary."""


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


customers = Table(
    "customers",
    metadata,
    Column("customer_id", SqlText, primary_key=True),
    Column("name", SqlText, nullable=False),
    Column("tier", SqlText, nullable=False),
    Column("phone", SqlText),
)

assets = Table(
    "assets",
    metadata,
    Column("asset_id", SqlText, primary_key=True),  # the serial number
    Column("vin", SqlText, unique=True),
    Column("plate", SqlText, index=True),  # two machines may wrongly carry one plate: intake then asks for the serial
    Column("customer_id", SqlText, ForeignKey("customers.customer_id"), nullable=False),
    Column("product", SqlText, nullable=False),
    Column("brand", SqlText, nullable=False),
    Column("model", SqlText, nullable=False),
    Column("configuration", JSONB, nullable=False, server_default="{}"),
    Column("software_level", SqlText),
    Column("station_id", SqlText),  # the named station
    Column("territory_id", SqlText),
    Column("branch_id", SqlText),
    Column("in_service_on", Date),
    Column("warranty_until", Date),
    Column("meter_km", Integer),
    Column("meter_h", Integer),
    Column("meter_at", Moment),
    Column("lon", Real),
    Column("lat", Real),
)
Index("assets_of_station", assets.c.station_id)
Index("assets_of_branch", assets.c.branch_id, assets.c.asset_id)

orders = Table(
    "orders",
    metadata,
    Column("order_id", SqlText, primary_key=True),
    Column("number", SqlText, nullable=False, unique=True),
    Column("running_number", BigInteger, Identity(), nullable=False),
    Column("external_id", SqlText, unique=True),
    Column("source", SqlText, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("state", SqlText, nullable=False),
    Column("waiting_reason", SqlText),
    Column("work_type", SqlText, nullable=False),
    Column("asset_id", SqlText, ForeignKey("assets.asset_id"), nullable=False),
    Column("branch_id", SqlText, nullable=False),
    Column("territory_id", SqlText, nullable=False),
    Column("station_id", SqlText, nullable=False),
    Column("lon", Real, nullable=False),
    Column("lat", Real, nullable=False),
    Column("place_error_m", Integer, nullable=False, server_default="0"),
    Column("stake", SqlText),
    Column("address", SqlText),
    Column("contact_name", SqlText),
    Column("contact_phone", SqlText),
    Column("symptom", SqlText),
    Column("fault_codes", JSONB, nullable=False, server_default="[]"),
    Column("faults", JSONB, nullable=False, server_default="[]"),
    Column("vmrs_system", SqlText),
    Column("service_s", Integer, nullable=False),
    Column("skills", JSONB, nullable=False, server_default="[]"),
    Column("certificates", JSONB, nullable=False, server_default="[]"),
    Column("kit", JSONB, nullable=False, server_default="[]"),
    Column("tasks_done", JSONB, nullable=False, server_default="[]"),
    Column("drop_fen", BigInteger, nullable=False),
    Column("interruptible", Boolean, nullable=False),
    Column("replacement_eligible", Boolean, nullable=False),
    Column("warranty", JSONB, nullable=False),
    Column("template_id", SqlText),
    Column("template_version", Integer),
    Column("told", JSONB, nullable=False),
    Column("earliest_start", Moment),
    Column("latest_start", Moment),
    Column("plan_id", SqlText),
    Column("follow_up_of", SqlText, ForeignKey("orders.order_id")),
    Column("appointment_id", SqlText),  # the appointment that is under way, or ended the work
    Column("engineer_id", SqlText),
    Column("unassigned_reason", SqlText),
    Column("completion", JSONB),
    Column("risk_rank", Integer, nullable=False, server_default="3"),  # 0 breached, 1 at risk, 2 running, 3 none
    Column("risk_due", Moment),  # when the next clock is due; with the rank the order of the queue
    *(Column(name, Moment, nullable=name != "reported_at") for name in TIME_FIELDS),
    CheckConstraint(_one_of("state", STATES), name="order_state_known"),
    CheckConstraint(
        f"(state = 'waiting') = (waiting_reason IS NOT NULL AND {_one_of('waiting_reason', WAITING_REASONS)})",
        name="order_waits_for_a_reason",
    ),
)
_OPEN = text("state IN ('new', 'accepted', 'in_progress', 'waiting', 'restored')")
Index("open_orders_of_territory", orders.c.territory_id, postgresql_where=_OPEN)
Index("open_orders_of_branch", orders.c.branch_id, orders.c.risk_rank, orders.c.risk_due, postgresql_where=_OPEN)
Index("orders_of_branch", orders.c.branch_id, orders.c.order_id)
Index("orders_of_station", orders.c.station_id, orders.c.order_id)
Index("orders_of_asset", orders.c.asset_id, orders.c.reported_at)

cargos = Table(
    "cargos",
    metadata,
    Column("order_id", SqlText, ForeignKey("orders.order_id"), primary_key=True),
    Column("cargo_class", SqlText, nullable=False),
    Column("coupling", SqlText),
    Column("mass_kg", Integer, nullable=False),
    Column("destination_lon", Real, nullable=False),
    Column("destination_lat", Real, nullable=False),
    Column("deadline", Moment),
    Column("hazard", Boolean, nullable=False),
)

promise_templates = Table(
    "promise_templates",
    metadata,
    Column("template_id", SqlText, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", JSONB, nullable=False),
    Column("made_by", SqlText, nullable=False),
    Column("made_at", Moment, nullable=False),
)

clocks = Table(
    "clocks",
    metadata,
    Column("order_id", SqlText, ForeignKey("orders.order_id"), primary_key=True),
    Column("clock", SqlText, primary_key=True),
    Column("rule", JSONB, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("state", SqlText, nullable=False),
    Column("due", Moment, nullable=False),
    Column("stopped_at", Moment),
    Column("predicted", Moment),
    Column("breach_raised", Boolean, nullable=False, server_default="false"),
    Column("warned", Boolean, nullable=False, server_default="false"),
    Column("late_fen", BigInteger, nullable=False, server_default="0"),
    CheckConstraint(_one_of("state", CLOCK_STATES), name="clock_state_known"),
)

due_at = Table(
    "due_at",
    metadata,
    Column("order_id", SqlText, ForeignKey("orders.order_id"), primary_key=True),
    Column("timer", SqlText, primary_key=True),  # "warn:restore", "breach:restore", "close"
    Column("at", Moment, nullable=False),
)
Index("timers_by_time", due_at.c.at)

waits = Table(
    "waits",
    metadata,
    Column("wait_id", SqlText, primary_key=True),
    Column("order_id", SqlText, ForeignKey("orders.order_id"), nullable=False, index=True),
    Column("reason", SqlText, nullable=False),
    Column("note", SqlText),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    CheckConstraint(_one_of("reason", WAITING_REASONS), name="wait_reason_known"),
    CheckConstraint("ended_at >= started_at", name="wait_takes_time"),
)

order_facts = Table(
    "order_facts",
    metadata,
    Column("operation_id", SqlText, primary_key=True),
    Column("order_id", SqlText, ForeignKey("orders.order_id"), nullable=False, index=True),
    Column("appointment_id", SqlText, nullable=False),
    Column("engineer_id", SqlText, nullable=False),
    Column("kind", SqlText, nullable=False),
    Column("at", Moment, nullable=False),  # as the device told it
    Column("effective_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("fingerprint", SqlText, nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("answer", JSONB, nullable=False),
)

flagged_facts = Table(
    "flagged_facts",
    metadata,
    Column("fact_id", SqlText, primary_key=True),
    Column("order_id", SqlText, ForeignKey("orders.order_id"), nullable=False, index=True),
    Column("appointment_id", SqlText, nullable=False),
    Column("field", SqlText, nullable=False),  # the time field that it would set
    Column("effective_at", Moment, nullable=False),
    Column("accepted", Boolean),  # null: waits for a person
    Column("decided_by", SqlText),
    Column("decided_at", Moment),
)

appointments = Table(  # projection of dispatch's appointments: who may see the order, and since when
    "appointments",
    metadata,
    Column("appointment_id", SqlText, primary_key=True),
    Column("order_id", SqlText, nullable=False, index=True),
    Column("engineer_id", SqlText, nullable=False),
    Column("state", SqlText, nullable=False),
    Column("scheduled_start", Moment),
    Column("scheduled_end", Moment),
    Column("dispatched_at", Moment),
    Column("reason", SqlText),
)
Index("appointments_of_engineer", appointments.c.engineer_id, appointments.c.order_id)

timeline = Table(  # what the other services told about an order; orders' own facts lie in its journal
    "timeline",
    metadata,
    Column("publisher", SqlText),
    Column("seq", BigInteger),
    Column("event_id", SqlText, nullable=False),
    Column("order_id", SqlText, nullable=False, index=True),
    Column("kind", SqlText, nullable=False),
    Column("actor", SqlText, nullable=False),
    Column("effective_at", Moment, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("facts", JSONB, nullable=False),
    PrimaryKeyConstraint("publisher", "seq"),
)

used_parts = Table(  # projection of what parts booked on the order
    "used_parts",
    metadata,
    Column("publisher_seq", BigInteger, primary_key=True),
    Column("order_id", SqlText, nullable=False, index=True),
    Column("part", SqlText, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("cost_fen", BigInteger, nullable=False),
)

replacement_cases = Table(
    "replacement_cases",
    metadata,
    Column("case_id", SqlText, primary_key=True),
    Column("order_id", SqlText, ForeignKey("orders.order_id"), nullable=False, index=True),
    Column("territory_id", SqlText, nullable=False),
    Column("vehicle_id", SqlText, nullable=False),
    Column("state", SqlText, nullable=False),
    Column("token_hash", SqlText, nullable=False, unique=True),
    Column("opened_at", Moment, nullable=False),
    Column("decide_by", Moment, nullable=False),
    Column("planned_at_truck", Moment, nullable=False),
    Column("planned_delivered", Moment, nullable=False),
    Column("cost_fen", BigInteger, nullable=False),
    Column("accepted_at", Moment),
    Column("at_truck_at", Moment),
    Column("cargo_moving_at", Moment),
    Column("delivered_at", Moment),
    Column("kilometres", Integer),
    Column("over_at", Moment),
    CheckConstraint(_one_of("state", CASE_STATES), name="case_state_known"),
)
Index(
    "one_running_case",
    replacement_cases.c.order_id,
    unique=True,
    postgresql_where=text("state NOT IN ('delivered', 'withdrawn')"),
)

replacement_steps = Table(
    "replacement_steps",
    metadata,
    Column("operation_id", SqlText, primary_key=True),
    Column("case_id", SqlText, ForeignKey("replacement_cases.case_id"), nullable=False, index=True),
    Column("step", SqlText, nullable=False),
    Column("at", Moment, nullable=False),
    Column("effective_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("lon", Real),
    Column("lat", Real),
    Column("fingerprint", SqlText, nullable=False),
    Column("answer", JSONB, nullable=False),
    UniqueConstraint("case_id", "step", name="step_taken_once"),
)

asset_history = Table(
    "asset_history",
    metadata,
    Column("order_id", SqlText, ForeignKey("orders.order_id"), primary_key=True),
    Column("asset_id", SqlText, ForeignKey("assets.asset_id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("work_type", SqlText, nullable=False),
    Column("faults", JSONB, nullable=False),
    Column("vmrs_system", SqlText),
    Column("engineer_id", SqlText, nullable=False),
    Column("meter_km", Integer),
    Column("meter_h", Integer),
    Column("meter_plausible", Boolean, nullable=False),
    Column("checklist", JSONB, nullable=False),
)
Index("history_of_asset", asset_history.c.asset_id, asset_history.c.at)

maintenance_plans = Table(
    "maintenance_plans",
    metadata,
    Column("plan_id", SqlText, primary_key=True),
    Column("asset_id", SqlText, ForeignKey("assets.asset_id"), nullable=False, index=True),
    Column("work_type", SqlText, nullable=False),
    Column("next_due_on", Date, nullable=False),
    Column("every_days", Integer, nullable=False),
    Column("tolerance_days", Integer, nullable=False),
    CheckConstraint("every_days >= 1 AND tolerance_days >= 0", name="plan_recurs"),
)
Index("plans_by_due", maintenance_plans.c.next_due_on)

plan_dues = Table(  # each due point of a plan gives at most one order
    "plan_dues",
    metadata,
    Column("plan_id", SqlText, ForeignKey("maintenance_plans.plan_id"), primary_key=True),
    Column("due_on", Date, primary_key=True),
    Column("order_id", SqlText, ForeignKey("orders.order_id"), nullable=False),
)

route_reference = Table(
    "route_reference",
    metadata,
    Column("motorway", SqlText, primary_key=True),
    Column("line", SqlText, primary_key=True),
    Column("km", Real, primary_key=True),
    Column("name", SqlText, nullable=False),
    Column("lon", Real, nullable=False),
    Column("lat", Real, nullable=False),
    Column("made", Boolean, nullable=False),
)
