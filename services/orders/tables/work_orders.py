"""Work orders with what phones and other services told about them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    text,
)
from sqlalchemy import Float as Real
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import JSONB

from services.orders.domain.life import STATES, WAITING_REASONS
from services.orders.domain.links import RELATIONS
from services.orders.tables.foundation import Moment, metadata, one_of

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
    Column("station_authorised", Boolean, nullable=False, server_default="true"),  # for the machine's brand
    Column("lon", Real, nullable=False),
    Column("lat", Real, nullable=False),
    Column("place_error_m", Integer, nullable=False, server_default="0"),
    Column("place_source", SqlText, nullable=False, server_default="coordinates"),
    Column("place_matched", SqlText),  # the names by which an address was found
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
    Column("crew_size", Integer, nullable=False, server_default="1"),
    Column("second_skills", JSONB, nullable=False, server_default="[]"),  # asked of the second of a crew
    Column("expert", JSONB(none_as_null=True)),  # {skill, level}: somebody who joins from afar; null: nobody has to
    Column("kit", JSONB, nullable=False, server_default="[]"),
    Column("fix_chance", Real),  # of the kit, when the order was accepted; none where no causes are known
    Column("open_gates", Integer),  # of dispatch, that nobody has decided; null: it never stood before one
    Column("tasks_done", JSONB, nullable=False, server_default="[]"),
    Column("control_points", JSONB),  # since completion: which tasks were skipped, and whether their order was kept
    Column("drop_fen", BigInteger, nullable=False),
    Column("interruptible", Boolean, nullable=False),
    Column("replacement_eligible", Boolean, nullable=False),
    Column("warranty", JSONB, nullable=False),
    Column("template_id", SqlText),
    Column("template_version", Integer),
    Column("contracts", JSONB, nullable=False, server_default="[]"),
    Column("clocks_to_come", JSONB, nullable=False, server_default="[]"),  # rules whose start event has not happened
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
    CheckConstraint(one_of("state", STATES), name="order_state_known"),
    CheckConstraint(
        f"(state = 'waiting') = (waiting_reason IS NOT NULL AND {one_of('waiting_reason', WAITING_REASONS)})",
        name="order_waits_for_a_reason",
    ),
    CheckConstraint("crew_size BETWEEN 1 AND 2", name="order_crew_of_two_at_most"),
)

_OPEN = text("state IN ('new', 'accepted', 'in_progress', 'waiting', 'restored')")
Index("open_orders_of_territory", orders.c.territory_id, postgresql_where=_OPEN)
Index("open_orders_of_branch", orders.c.branch_id, orders.c.risk_rank, orders.c.risk_due, postgresql_where=_OPEN)
Index("orders_of_branch", orders.c.branch_id, orders.c.order_id)
Index("orders_of_station", orders.c.station_id, orders.c.order_id)
Index("orders_by_report", orders.c.reported_at, orders.c.order_id)
Index("orders_by_completion", orders.c.completed_at)
Index("orders_by_acceptance", orders.c.accepted_at)
Index("open_orders_by_place", orders.c.lat, orders.c.lon, postgresql_where=_OPEN)
Index("orders_of_asset", orders.c.asset_id, orders.c.reported_at)

order_links = Table(  # this order's work begins after the other one's
    "order_links",
    metadata,
    Column("order_id", SqlText, ForeignKey("orders.order_id"), primary_key=True),
    Column("after_order_id", SqlText, ForeignKey("orders.order_id"), primary_key=True, index=True),
    Column("relation", SqlText, nullable=False),
    Column("gap_s", Integer, nullable=False),
    CheckConstraint(one_of("relation", RELATIONS), name="link_relation_known"),
    CheckConstraint("gap_s >= 0", name="link_gap_is_time"),
    CheckConstraint("order_id <> after_order_id", name="link_to_another_order"),
)

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
    Column("role", SqlText, nullable=False, server_default="lead"),
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
