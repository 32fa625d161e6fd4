"""push"""

import sqlalchemy as sa
from alembic import op

revision = "mobile_0004"
down_revision = "mobile_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "push_targets",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("engineer_id", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("told", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "address"),
    )
    op.create_index(op.f("ix_push_targets_engineer_id"), "push_targets", ["engineer_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_push_targets_engineer_id"), table_name="push_targets")
    op.drop_table("push_targets")
