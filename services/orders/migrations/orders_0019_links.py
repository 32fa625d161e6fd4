"""which order's work begins after which other's"""

import sqlalchemy as sa
from alembic import op

revision = "orders_0019"
down_revision = "orders_0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "order_links",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("after_order_id", sa.Text(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("gap_s", sa.Integer(), nullable=False),
        sa.CheckConstraint("relation IN ('finish_start', 'start_start')", name="link_relation_known"),
        sa.CheckConstraint("gap_s >= 0", name="link_gap_is_time"),
        sa.CheckConstraint("order_id <> after_order_id", name="link_to_another_order"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"]),
        sa.ForeignKeyConstraint(["after_order_id"], ["orders.order_id"]),
        sa.PrimaryKeyConstraint("order_id", "after_order_id"),
    )
    op.create_index(op.f("ix_order_links_after_order_id"), "order_links", ["after_order_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_order_links_after_order_id"), table_name="order_links")
    op.drop_table("order_links")
