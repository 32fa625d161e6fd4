"""when a territory last had news: a flood of it is planned once it has paused"""

import sqlalchemy as sa
from alembic import op

revision = "dispatch_0004"
down_revision = "dispatch_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("territories", sa.Column("requested_at", sa.DateTime(timezone=True)))
    op.add_column("territories", sa.Column("unplanned_since", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("territories", "unplanned_since")
    op.drop_column("territories", "requested_at")
