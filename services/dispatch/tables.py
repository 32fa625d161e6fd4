"""Tables of dispatch. The constraints here are the last word on double booking and stale plans."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    column,
    func,
    text,
)
from sqlalchemy import Float as Real
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint

from kit.feed import feed_tables
from kit.idempotency import idempotency_table
from kit.journal import journal_table

metadata = MetaData()
journal_table(metadata)
feed_tables(metadata)
idempotency_table(metadata)

Moment = DateTime(timezone=True)
_ACTIVE = text("state IN ('planned', 'dispatched', 'acknowledged', 'travelling', 'on_site')")

territories = Table(
    "territories",
    metadata,
    Column("territory_id", SqlText, primary_key=True),
    Column("branch_id", SqlText, nullable=False),
    # The published plan's number: a plan is published by raising it by one from the value that it was made on.
    Column("epoch", BigInteger, nullable=False, server_default="0"),
    # Counts what the plan must take into account; `covered` is its value when the published plan was gathered.
    Column("requested", BigInteger, nullable=False, server_default="0"),
    Column("covered", BigInteger, nullable=False, server_default="0"),
    # Orders tell what a plan may have read already: the newest event of theirs that was counted, the newest that the
    # plan knew when it was gathered, and the count at the last news that was not theirs.
    Column("orders_told", BigInteger, nullable=False, server_default="0"),
    Column("orders_known", BigInteger, nullable=False, server_default="0"),
    Column("requested_otherwise", BigInteger, nullable=False, server_default="0"),
    Column("requested_at", Moment),
    Column("unplanned_since", Moment),
    Column("failure", SqlText),
    Column("failed_at", Moment),
)

plans = Table(
    "plans",
    metadata,
    Column("territory_id", SqlText, ForeignKey("territories.territory_id"), primary_key=True),
    Column("epoch", BigInteger, primary_key=True),
    Column("published_at", Moment, nullable=False),
    Column("cost_fen", BigInteger, nullable=False),
    Column("engine", SqlText, nullable=False),
    Column("travel_source", SqlText, nullable=False),
    Column("degraded", Boolean, nullable=False),
    # domain.published.Proposal: routes, sourcing, replacement cases, unassigned orders with reasons, cost by rule.
    Column("proposal", JSONB, nullable=False),
)

# An improvement of a published plan while it runs, for the board; a worker's row, gone when it has ended.
improvements = Table(
    "improvements",
    metadata,
    Column("territory_id", SqlText, ForeignKey("territories.territory_id"), primary_key=True),
    Column("started_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("iterations", BigInteger, nullable=False, server_default="0"),
    Column("base_fen", BigInteger, nullable=False),
    Column("best_fen", BigInteger, nullable=False),
    Column("cancel", Boolean, nullable=False, server_default="false"),
)

appointments = Table(
    "appointments",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("order_id", SqlText, nullable=False),
    Column("territory_id", SqlText, ForeignKey("territories.territory_id"), nullable=False),
    Column("engineer_id", SqlText, nullable=False),
    Column("role", SqlText, nullable=False, server_default="lead"),
    Column("state", SqlText, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("epoch", BigInteger, nullable=False),
    Column("scheduled_start", Moment, nullable=False),
    Column("scheduled_end", Moment, nullable=False),
    Column("lon", Real, nullable=False),
    Column("lat", Real, nullable=False),
    Column("place_error_m", Integer, nullable=False, server_default="0"),  # how far from there the machine may be
    Column("station_id", SqlText),  # that answers for the order; what it keeps of its visits stands on its card
    Column("sourcing", JSONB, nullable=False, server_default="[]"),
    Column("expert_id", SqlText),  # who joins the lead from afar
    Column("dispatched_at", Moment),
    Column("reference_start", Moment),  # what changes are measured against: small ones add up
    Column("acknowledged_at", Moment),
    Column("departed_at", Moment),
    Column("expected_at", Moment),  # when the engineer says to arrive, later than planned
    Column("arrived_at", Moment),
    Column("ended_at", Moment),
    Column("reason", SqlText),
    Column("flagged", Boolean, nullable=False, server_default="false"),
    Column("distance_m", Integer),
    Column("changed_at", Moment, nullable=False, server_default=func.clock_timestamp()),
    CheckConstraint("scheduled_end > scheduled_start", name="appointment_takes_time"),
    CheckConstraint(
        "state IN ('planned', 'dispatched', 'acknowledged', 'travelling', 'on_site', 'done', 'declined', 'cancelled')",
        name="appointment_state_known",
    ),
    CheckConstraint("role IN ('lead', 'second')", name="appointment_role_known"),
    ExcludeConstraint(
        (column("engineer_id"), "="),
        (func.tstzrange(column("scheduled_start"), column("scheduled_end")), "&&"),
        where=_ACTIVE,
        using="gist",
        name="engineer_is_booked_once",
        deferrable=True,
        initially="DEFERRED",
    ),
)
Index("one_active_appointment", appointments.c.order_id, appointments.c.role, unique=True, postgresql_where=_ACTIVE)
Index("appointments_of_order", appointments.c.order_id)
Index("appointments_of_engineer", appointments.c.engineer_id, appointments.c.changed_at)
Index("active_in_territory", appointments.c.territory_id, postgresql_where=_ACTIVE)
Index(
    "declined_in_territory",
    appointments.c.territory_id,
    appointments.c.ended_at,
    postgresql_where=text("state = 'declined'"),
)

transitions = Table(
    "transitions",
    metadata,
    Column("operation_id", SqlText, primary_key=True),
    Column("appointment_id", SqlText, ForeignKey("appointments.id"), nullable=False),
    Column("fingerprint", SqlText, nullable=False),
    Column("answer", JSONB, nullable=False),
    Column("at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
)

overrides = Table(
    "overrides",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("order_id", SqlText, nullable=False),
    Column("territory_id", SqlText, ForeignKey("territories.territory_id"), nullable=False),
    Column("engineer_id", SqlText, nullable=False),
    Column("second_id", SqlText),  # who comes as the second of a crew
    Column("pin", SqlText, nullable=False),
    Column("start", Moment),
    Column("reason", SqlText, nullable=False),
    Column("actor", SqlText, nullable=False),
    Column("at", Moment, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    # What the optimiser would have done instead: {engineer_id, start, total_fen} or null when it left the order out.
    Column("counterfactual", JSONB),
    Column("difference_fen", BigInteger, nullable=False),
    Column("released_at", Moment),
    Column("released_by", SqlText),
    CheckConstraint("pin IN ('resource', 'time', 'both')", name="override_pin_known"),
    CheckConstraint("(pin = 'resource') = (start IS NULL)", name="override_start_with_time"),
)
Index("one_override_in_force", overrides.c.order_id, unique=True, postgresql_where=text("released_at IS NULL"))

replacement_cases = Table(
    "replacement_cases",
    metadata,
    Column("order_id", SqlText, primary_key=True),
    Column("territory_id", SqlText, ForeignKey("territories.territory_id"), nullable=False),
    Column("vehicle_id", SqlText, nullable=False),
    Column("decided_at", Moment, nullable=False),
    Column("step", SqlText, nullable=False, server_default="decided"),
    Column("plan", JSONB, nullable=False),  # domain.published.VehicleCase as decided
)

predictions = Table(
    "predictions",
    metadata,
    Column("order_id", SqlText, primary_key=True),
    Column("clock", SqlText, primary_key=True),
    Column("territory_id", SqlText, ForeignKey("territories.territory_id"), nullable=False),
    Column("due", Moment, nullable=False),
    Column("predicted", Moment, nullable=False),
    Column("chance", Real),
)

runs = Table(
    "runs",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("owner", SqlText, nullable=False),
    Column("state", SqlText, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("ended_at", Moment),
    Column("request", LargeBinary, nullable=False),  # zlib over JSON: problem, seed, seconds
    Column("progress", JSONB),
    Column("answer", JSONB),
    Column("problem", JSONB),  # why it failed, as a problem document
    Column("cancel", Boolean, nullable=False, server_default="false"),
    CheckConstraint("state IN ('queued', 'running', 'finished', 'failed', 'cancelled')", name="run_state_known"),
)
Index("runs_waiting", runs.c.asked_at, postgresql_where=text("state = 'queued'"))
Index("runs_of_owner", runs.c.owner, runs.c.started_at)
