"""Promise templates, business calendars, clocks, waits and timers."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, ForeignKey, Index, Integer, Table
from sqlalchemy import Float as Real
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import JSONB

from services.orders.domain.life import WAITING_REASONS
from services.orders.domain.promise import CLOCK_STATES
from services.orders.tables.foundation import Moment, metadata, one_of

promise_templates = Table(
    "promise_templates",
    metadata,
    Column("template_id", SqlText, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", JSONB, nullable=False),
    Column("made_by", SqlText, nullable=False),
    Column("made_at", Moment, nullable=False),
)

calendars = Table(  # the maker's own; orders count by them, so that a calendar never changes but for its days
    "calendars",
    metadata,
    Column("calendar", SqlText, primary_key=True),
    Column("document", JSONB, nullable=False),
    Column("made_by", SqlText, nullable=False),
    Column("made_at", Moment, nullable=False),
)

calendar_days = Table(  # beats weekday and public holiday
    "calendar_days",
    metadata,
    Column("calendar", SqlText, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("workday", Boolean, nullable=False),
    Column("note", SqlText, nullable=False),
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
    Column("chance", Real),  # that it is kept, as the plan told last, and as it told first: that one is judged
    Column("first_chance", Real),
    Column("breach_raised", Boolean, nullable=False, server_default="false"),
    Column("warned", Boolean, nullable=False, server_default="false"),
    Column("late_fen", BigInteger, nullable=False, server_default="0"),
    CheckConstraint(one_of("state", CLOCK_STATES), name="clock_state_known"),
)

Index("clocks_by_due", clocks.c.due)

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
    Column("proof", SqlText),  # the photo, document or recording that proves it
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    CheckConstraint(one_of("reason", WAITING_REASONS), name="wait_reason_known"),
    CheckConstraint("ended_at >= started_at", name="wait_takes_time"),
)
