"""feedback"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "orders_0004"
down_revision = "orders_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _callbacks()
    _complaints()
    _surveys()
    _complaint_steps()


def _callbacks() -> None:
    op.create_table(
        "callbacks",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("risks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reached", sa.Boolean(), nullable=True),
        sa.Column("checks", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("compliant", sa.Boolean(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("called_by", sa.Text(), nullable=True),
        sa.CheckConstraint("level IN ('station', 'branch', 'head_office')", name="callback_level_known"),
        sa.CheckConstraint("(ended_at IS NULL) = (reached IS NULL)", name="ended_callbacks_say_how"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"]),
        sa.PrimaryKeyConstraint("order_id", "level"),
    )
    op.create_index("callbacks_by_due", "callbacks", ["due"], unique=False)


def _complaints() -> None:
    op.create_table(
        "complaints",
        sa.Column("complaint_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_complaints_have_their_time"),
        sa.CheckConstraint(
            "category IN ('quality', 'timeliness', 'manner', 'parts', 'price', 'other')",
            name="complaint_category_known",
        ),
        sa.CheckConstraint("severity IN ('critical', 'serious', 'normal')", name="complaint_severity_known"),
        sa.CheckConstraint(
            "state IN ('received', 'classified', 'acted', 'told', 'analysed', 'closed')", name="complaint_state_known"
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"]),
        sa.PrimaryKeyConstraint("complaint_id"),
    )
    op.create_index("complaints_by_due", "complaints", ["due"], unique=False)
    op.create_index("complaints_by_receipt", "complaints", ["received_at"], unique=False)
    op.create_index(op.f("ix_complaints_order_id"), "complaints", ["order_id"], unique=False)


def _surveys() -> None:
    op.create_table(
        "surveys",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name="rating_from_one_to_five"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"]),
        sa.PrimaryKeyConstraint("order_id"),
    )
    op.create_index("surveys_by_answer", "surveys", ["answered_at"], unique=False)


def _complaint_steps() -> None:
    op.create_table(
        "complaint_steps",
        sa.Column("complaint_id", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("effective", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaints.complaint_id"]),
        sa.PrimaryKeyConstraint("complaint_id", "round", "step"),
    )


def downgrade() -> None:
    op.drop_table("complaint_steps")
    op.drop_index("surveys_by_answer", table_name="surveys")
    op.drop_table("surveys")
    op.drop_index(op.f("ix_complaints_order_id"), table_name="complaints")
    op.drop_index("complaints_by_receipt", table_name="complaints")
    op.drop_index("complaints_by_due", table_name="complaints")
    op.drop_table("complaints")
    op.drop_index("callbacks_by_due", table_name="callbacks")
    op.drop_table("callbacks")
