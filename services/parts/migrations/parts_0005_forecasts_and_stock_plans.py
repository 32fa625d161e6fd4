"""Demand by month, its forecasts, expected wear, and plans of stock with their proposals."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "parts_0005"
down_revision = "parts_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _forecast_run()
    _stock_plan()
    _wear_list()
    _forecast()
    _past_demand()
    _wear_line()
    _proposal()
    _changes()


def _forecast_run() -> None:
    op.create_table(
        "forecast_run",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("month"),
    )


def _stock_plan() -> None:
    op.create_table(
        "stock_plan",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("branch_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'done') = (result IS NOT NULL)", name="plan_result"),
        sa.CheckConstraint("state IN ('queued','done','failed')", name="plan_state"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_stock_plan_branch_id"), "stock_plan", ["branch_id"], unique=False)


def _wear_list() -> None:
    op.create_table(
        "wear_list",
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("valid_until >= valid_from", name="wear_takes_time"),
        sa.PrimaryKeyConstraint("list_id"),
    )


def _forecast() -> None:
    op.create_table(
        "forecast",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("rate", sa.Double(), nullable=False),
        sa.Column("expected", sa.Double(), nullable=False),
        sa.Column("dispersion", sa.Double(), nullable=False),
        sa.CheckConstraint("method IN ('sba','tsb','imapa','mean','plan')", name="forecast_method"),
        sa.CheckConstraint("rate >= 0 AND expected >= 0 AND dispersion >= 1", name="forecast_amounts"),
        sa.ForeignKeyConstraint(["part"], ["part.part"]),
        sa.ForeignKeyConstraint(["place_id"], ["place.place_id"]),
        sa.PrimaryKeyConstraint("month", "place_id", "part"),
    )


def _past_demand() -> None:
    op.create_table(
        "past_demand",
        sa.Column("place_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("booked", sa.Integer(), server_default="0", nullable=False),
        sa.Column("imported", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("extract(day FROM month) = 1", name="demand_month"),
        sa.CheckConstraint("imported >= 0", name="demand_imported"),
        sa.ForeignKeyConstraint(["part"], ["part.part"]),
        sa.ForeignKeyConstraint(["place_id"], ["place.place_id"]),
        sa.PrimaryKeyConstraint("place_id", "part", "month"),
    )
    op.create_index(op.f("ix_past_demand_month"), "past_demand", ["month"], unique=False)


def _wear_line() -> None:
    op.create_table(
        "wear_line",
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("pieces_per_month", sa.Double(), nullable=False),
        sa.CheckConstraint("pieces_per_month > 0", name="wear_pieces"),
        sa.ForeignKeyConstraint(["list_id"], ["wear_list.list_id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["part"], ["part.part"]),
        sa.ForeignKeyConstraint(["place_id"], ["place.place_id"]),
        sa.PrimaryKeyConstraint("list_id", "place_id", "part"),
    )


def _proposal() -> None:
    op.create_table(
        "proposal",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("from_place_id", sa.Text(), nullable=True),
        sa.Column("target", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("value_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("transfer_id", sa.Text(), nullable=True),
        sa.CheckConstraint("(transfer_id IS NOT NULL) = (state = 'accepted')", name="proposal_transfer"),
        sa.CheckConstraint("state IN ('open','accepted','declined')", name="proposal_state"),
        sa.CheckConstraint("quantity > 0", name="proposal_quantity"),
        sa.ForeignKeyConstraint(["from_place_id"], ["place.place_id"]),
        sa.ForeignKeyConstraint(["part"], ["part.part"]),
        sa.ForeignKeyConstraint(["place_id"], ["place.place_id"]),
        sa.ForeignKeyConstraint(["plan_id"], ["stock_plan.id"]),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfer.id"]),
        sa.PrimaryKeyConstraint("plan_id", "place_id", "part"),
    )
    op.create_index("proposal_place", "proposal", ["place_id"], unique=False)


def _changes() -> None:
    op.create_index("movement_time", "movement", ["effective_at"], unique=False)


def downgrade() -> None:

    op.drop_index("movement_time", table_name="movement")
    op.drop_index("proposal_place", table_name="proposal")
    op.drop_table("proposal")
    op.drop_table("wear_line")
    op.drop_index(op.f("ix_past_demand_month"), table_name="past_demand")
    op.drop_table("past_demand")
    op.drop_table("forecast")
    op.drop_table("wear_list")
    op.drop_index(op.f("ix_stock_plan_branch_id"), table_name="stock_plan")
    op.drop_table("stock_plan")
    op.drop_table("forecast_run")
