"""calendars contracts and proofs"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "orders_0002"
down_revision = "orders_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _changes()
    _calendar_days()
    _calendars()
    _service_contracts()
    _rules_of_pauses()


def _changes() -> None:
    # A pause was a bare reason.
    op.execute(
        """
        UPDATE clocks SET rule = rule || jsonb_build_object('pauses', (
            SELECT coalesce(jsonb_agg(jsonb_build_object('reason', reason)), '[]') FROM jsonb_array_elements(rule -> 'pauses') reason
        )) WHERE rule ? 'pauses'
        """
    )
    op.execute(
        """
        UPDATE promise_templates SET document = document || jsonb_build_object('clocks', (
            SELECT jsonb_agg(clock || jsonb_build_object('pauses', (
                SELECT coalesce(jsonb_agg(jsonb_build_object('reason', reason)), '[]') FROM jsonb_array_elements(clock -> 'pauses') reason
            )) ORDER BY place) FROM jsonb_array_elements(document -> 'clocks') WITH ORDINALITY given(clock, place)
        ))
        """
    )


def _calendar_days() -> None:
    op.create_table(
        "calendar_days",
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("workday", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("calendar", "day"),
    )


def _calendars() -> None:
    op.create_table(
        "calendars",
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("calendar"),
    )


def _service_contracts() -> None:
    op.create_table(
        "service_contracts",
        sa.Column("contract_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.CheckConstraint("valid_until >= valid_from", name="contract_takes_time"),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.asset_id"]),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        sa.PrimaryKeyConstraint("contract_id"),
    )
    op.create_index("contracts_of_customer", "service_contracts", ["customer_id"], unique=False)
    op.create_index(op.f("ix_service_contracts_asset_id"), "service_contracts", ["asset_id"], unique=False)


def _rules_of_pauses() -> None:
    op.add_column(
        "orders", sa.Column("contracts", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False)
    )
    op.add_column(
        "orders",
        sa.Column("clocks_to_come", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
    )
    op.create_index("orders_by_report", "orders", ["reported_at", "order_id"], unique=False)
    op.add_column("waits", sa.Column("proof", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("waits", "proof")
    op.drop_index("orders_by_report", table_name="orders")
    op.drop_column("orders", "clocks_to_come")
    op.drop_column("orders", "contracts")
    op.drop_index(op.f("ix_service_contracts_asset_id"), table_name="service_contracts")
    op.drop_index("contracts_of_customer", table_name="service_contracts")
    op.drop_table("service_contracts")
    op.drop_table("calendars")
    op.drop_table("calendar_days")
