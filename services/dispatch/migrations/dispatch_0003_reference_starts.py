"""the start that changes are measured against is kept beside what is planned now"""

import sqlalchemy as sa
from alembic import op

revision = "dispatch_0003"
down_revision = "dispatch_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("appointments", sa.Column("reference_start", sa.DateTime(timezone=True)))
    op.execute("UPDATE appointments SET reference_start = scheduled_start WHERE dispatched_at IS NOT NULL")


def downgrade() -> None:
    op.drop_column("appointments", "reference_start")
