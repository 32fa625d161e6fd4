"""news"""

import sqlalchemy as sa
from alembic import op

revision = "mobile_0005"
down_revision = "mobile_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("visits", sa.Column("news", sa.BigInteger(), nullable=True))
    said_at = sa.Column("said_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)
    op.add_column("push_targets", said_at)
    op.alter_column("push_targets", "said_at", server_default=None)


def downgrade() -> None:
    op.drop_column("push_targets", "said_at")
    op.drop_column("visits", "news")
