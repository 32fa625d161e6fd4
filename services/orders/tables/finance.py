"""Work sheets, and scores that others gave."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, Table
from sqlalchemy import Double as Real
from sqlalchemy import Text as SqlText

from services.orders.domain.work_sheets import DUTIES, INTENTS
from services.orders.tables.foundation import metadata, one_of

work_sheets = Table(
    "work_sheets",
    metadata,
    Column("order_id", SqlText, ForeignKey("orders.order_id"), primary_key=True),
    Column("duty", SqlText),
    Column("hours_per_day", Real),
    Column("km_per_month", Integer),
    Column("usage_note", SqlText, nullable=False),
    Column("purchase_intent", SqlText),
    Column("intended_product", SqlText),
    Column("intended_quantity", Integer),
    Column("intent_note", SqlText, nullable=False),
    CheckConstraint(f"duty IS NULL OR {one_of('duty', DUTIES)}", name="duty_known"),
    CheckConstraint(f"purchase_intent IS NULL OR {one_of('purchase_intent', INTENTS)}", name="intent_known"),
)

outside_scores = Table(
    "outside_scores",
    metadata,
    Column("evaluator", SqlText, primary_key=True),
    Column("of", SqlText, primary_key=True),  # station or engineer
    Column("scope_id", SqlText, primary_key=True),
    Column("period", SqlText, primary_key=True),  # 2026-11 or 2026-Q4
    Column("score", Real, nullable=False),
    Column("note", SqlText, nullable=False),
    CheckConstraint("score BETWEEN 0 AND 100", name="outside_score_out_of_a_hundred"),
    CheckConstraint(one_of("of", ("station", "engineer")), name="outside_score_of_known"),
)
