"""Replacement cases and the steps of their drivers."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, Table, UniqueConstraint, text
from sqlalchemy import Float as Real
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import JSONB

from services.orders.domain.replacement import CASE_STATES
from services.orders.tables.foundation import Moment, metadata, one_of

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
    CheckConstraint(one_of("state", CASE_STATES), name="case_state_known"),
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
