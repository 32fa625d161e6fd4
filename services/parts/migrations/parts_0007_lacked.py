"""What orders needed while no place had it."""

import sqlalchemy as sa
from alembic import op

revision = "parts_0007"
down_revision = "parts_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lacked",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity > 0", name="lacked_quantity"),
        sa.PrimaryKeyConstraint("order_id", "part"),
    )
    op.create_index("lacked_since", "lacked", ["since"], unique=False)


def downgrade() -> None:
    op.drop_index("lacked_since", table_name="lacked")
    op.drop_table("lacked")
