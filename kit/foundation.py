"""The kit's tables as every service's first migration makes them.

They stay as they are here: whatever is changed later is a new migration of each service.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def create_feed_tables() -> None:
    """Cursors and parked events of those who follow others."""
    op.create_table(
        "feed_cursor",
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("after", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("publisher"),
    )
    op.create_table(
        "feed_parked",
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("event", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("publisher", "seq"),
    )


def create_idempotency() -> None:
    """Answers by key, for those whose callers may ask twice."""
    op.create_table(
        "idempotency",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("principal", "key"),
    )


def create_journal() -> None:
    """Audit trail, timeline and outbox at once."""
    op.create_table(
        "journal",
        sa.Column("row", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("hash", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("id"),
        sa.UniqueConstraint("seq"),
    )
    op.create_index("journal_subject", "journal", ["subject"], unique=False)
    op.create_index("journal_unsealed", "journal", ["row"], unique=False, postgresql_where=sa.text("seq IS NULL"))


def drop_feed_tables() -> None:
    op.drop_table("feed_parked")
    op.drop_table("feed_cursor")


def drop_idempotency() -> None:
    op.drop_table("idempotency")


def drop_journal() -> None:
    op.drop_index("journal_unsealed", table_name="journal", postgresql_where=sa.text("seq IS NULL"))
    op.drop_index("journal_subject", table_name="journal")
    op.drop_table("journal")
