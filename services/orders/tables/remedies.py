"""What broken promises lead to, and the money that branches may spend on it."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Table, text
from sqlalchemy import Text as SqlText

from services.orders.tables.foundation import Moment, metadata, one_of

STATES = ("proposed", "approved", "refused", "withdrawn")
KINDS = ("compensation", "recovery_order", "goodwill")

remedies = Table(
    "remedies",
    metadata,
    Column("remedy_id", SqlText, primary_key=True),
    Column("order_id", SqlText, ForeignKey("orders.order_id"), nullable=False, index=True),
    Column("clock", SqlText),  # null: goodwill that a person asked for
    Column("kind", SqlText, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("work_type", SqlText),
    Column("state", SqlText, nullable=False),
    Column("reason", SqlText, nullable=False),
    Column("proposed_at", Moment, nullable=False),
    Column("decided_at", Moment),
    Column("decided_by", SqlText),
    Column("note", SqlText),
    Column("month", SqlText),  # whose budget paid
    Column("opened_order_id", SqlText, ForeignKey("orders.order_id")),
    CheckConstraint(one_of("state", STATES), name="remedy_state_known"),
    CheckConstraint(one_of("kind", KINDS), name="remedy_kind_known"),
    CheckConstraint("amount_fen >= 0", name="remedy_costs_nothing_or_more"),
)
Index(
    "one_remedy_per_clock",
    remedies.c.order_id,
    remedies.c.clock,
    remedies.c.kind,
    unique=True,
    postgresql_where=text("clock IS NOT NULL"),
)

goodwill_budgets = Table(
    "goodwill_budgets",
    metadata,
    Column("branch_id", SqlText, primary_key=True),
    Column("month", SqlText, primary_key=True),
    Column("amount_fen", BigInteger, nullable=False),
    Column("set_by", SqlText, nullable=False),
    Column("set_at", Moment, nullable=False),
    CheckConstraint("amount_fen >= 0", name="budget_is_money"),
)
