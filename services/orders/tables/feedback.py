"""What customers say: surveys, complaints, call-backs."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, Table
from sqlalchemy import Float as Real
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import JSONB

from services.orders.domain import callbacks as callback_rules
from services.orders.domain import complaints as complaint_rules
from services.orders.tables.foundation import Moment, metadata, one_of

surveys = Table(
    "surveys",
    metadata,
    Column("order_id", SqlText, ForeignKey("orders.order_id"), primary_key=True),
    Column("rating", Integer, nullable=False),
    Column("comment", SqlText, nullable=False),
    Column("language", SqlText, nullable=False),
    Column("answered_at", Moment, nullable=False),
    CheckConstraint("rating BETWEEN 1 AND 5", name="rating_from_one_to_five"),
)
Index("surveys_by_answer", surveys.c.answered_at)

complaints = Table(
    "complaints",
    metadata,
    Column("complaint_id", SqlText, primary_key=True),
    Column("order_id", SqlText, ForeignKey("orders.order_id"), nullable=False, index=True),
    Column("source", SqlText, nullable=False),
    Column("said", SqlText, nullable=False),
    Column("category", SqlText, nullable=False),
    Column("severity", SqlText, nullable=False),
    Column("state", SqlText, nullable=False),
    Column("round", Integer, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("began_at", Moment, nullable=False),  # of this round
    Column("due", Moment),  # of the next step
    Column("closed_at", Moment),
    CheckConstraint(one_of("state", complaint_rules.STATES), name="complaint_state_known"),
    CheckConstraint(one_of("category", complaint_rules.CATEGORIES), name="complaint_category_known"),
    CheckConstraint(one_of("severity", complaint_rules.SEVERITIES), name="complaint_severity_known"),
    CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_complaints_have_their_time"),
)
Index("complaints_by_due", complaints.c.due)
Index("complaints_by_receipt", complaints.c.received_at)

complaint_steps = Table(  # only grows
    "complaint_steps",
    metadata,
    Column("complaint_id", SqlText, ForeignKey("complaints.complaint_id")),
    Column("round", Integer),
    Column("step", SqlText),
    Column("at", Moment, nullable=False),
    Column("due", Moment, nullable=False),
    Column("by", SqlText, nullable=False),
    Column("note", SqlText, nullable=False),
    Column("effective", Boolean),
    PrimaryKeyConstraint("complaint_id", "round", "step"),
)

callbacks = Table(
    "callbacks",
    metadata,
    Column("order_id", SqlText, ForeignKey("orders.order_id")),
    Column("level", SqlText),
    Column("share", Real, nullable=False),  # the chance with which it was drawn
    Column("risks", JSONB, nullable=False),
    Column("drawn_at", Moment, nullable=False),
    Column("due", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("ended_at", Moment),
    Column("reached", Boolean),
    Column("checks", JSONB),
    Column("compliant", Boolean),
    Column("note", SqlText),
    Column("called_by", SqlText),
    PrimaryKeyConstraint("order_id", "level"),
    CheckConstraint(one_of("level", callback_rules.LEVELS), name="callback_level_known"),
    CheckConstraint("(ended_at IS NULL) = (reached IS NULL)", name="ended_callbacks_say_how"),
)
Index("callbacks_by_due", callbacks.c.due)
