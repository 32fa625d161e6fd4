"""kpis"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "orders_0003"
down_revision = "orders_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _kpi_months()
    _scorecard_weights()
    _kpi_adjustments()
    _kpi_snapshots()
    _changes()


def _kpi_months() -> None:
    op.create_table(
        "kpi_months",
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("frozen_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("month"),
    )


def _scorecard_weights() -> None:
    op.create_table(
        "scorecard_weights",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )


def _kpi_adjustments() -> None:
    op.create_table(
        "kpi_adjustments",
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kpi", sa.Text(), nullable=False),
        sa.Column("scope_kind", sa.Text(), nullable=False),
        sa.Column("scope_id", sa.Text(), nullable=False),
        sa.Column("branch_id", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("total", sa.Double(), nullable=False),
        sa.Column("p90", sa.Double(), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["month"], ["kpi_months.month"]),
        sa.PrimaryKeyConstraint("month", "number", "kpi", "scope_kind", "scope_id", "branch_id"),
    )


def _kpi_snapshots() -> None:
    op.create_table(
        "kpi_snapshots",
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("kpi", sa.Text(), nullable=False),
        sa.Column("scope_kind", sa.Text(), nullable=False),
        sa.Column("scope_id", sa.Text(), nullable=False),
        sa.Column("branch_id", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("total", sa.Double(), nullable=False),
        sa.Column("p90", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["month"], ["kpi_months.month"]),
        sa.PrimaryKeyConstraint("month", "kpi", "scope_kind", "scope_id", "branch_id"),
    )


def _changes() -> None:
    op.create_index("clocks_by_due", "clocks", ["due"], unique=False)
    op.create_index("orders_by_acceptance", "orders", ["accepted_at"], unique=False)
    op.create_index("orders_by_completion", "orders", ["completed_at"], unique=False)
    op.execute(
        """
        CREATE FUNCTION kpis_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'a frozen month never changes: add an adjustment line instead'
                USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in ("kpi_months", "kpi_snapshots", "kpi_adjustments"):
        op.execute(
            f"CREATE TRIGGER kpis_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION kpis_only_grow()"
        )


def downgrade() -> None:
    for table in ("kpi_months", "kpi_snapshots", "kpi_adjustments"):
        op.execute(f"DROP TRIGGER kpis_only_grow ON {table}")
    op.execute("DROP FUNCTION kpis_only_grow")
    op.drop_index("orders_by_completion", table_name="orders")
    op.drop_index("orders_by_acceptance", table_name="orders")
    op.drop_index("clocks_by_due", table_name="clocks")
    op.drop_table("kpi_snapshots")
    op.drop_table("kpi_adjustments")
    op.drop_table("scorecard_weights")
    op.drop_table("kpi_months")
