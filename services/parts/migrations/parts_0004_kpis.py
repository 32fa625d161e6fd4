"""What the stock KPIs need: broken promises as orders tell them, spares that are kept for the rare case."""

import sqlalchemy as sa
from alembic import op

revision = "parts_0004"
down_revision = "parts_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "broken_promise",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("clock", sa.Text(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "clock"),
    )
    op.create_index("broken_promise_due", "broken_promise", ["due"], unique=False)
    op.add_column("part", sa.Column("insurance_spare", sa.Boolean(), server_default="false", nullable=False))


def downgrade() -> None:
    op.drop_column("part", "insurance_spare")
    op.drop_index("broken_promise_due", table_name="broken_promise")
    op.drop_table("broken_promise")
