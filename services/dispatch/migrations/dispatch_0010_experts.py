"""who joins an appointment from afar"""

import sqlalchemy as sa
from alembic import op

revision = "dispatch_0010"
down_revision = "dispatch_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("appointments", sa.Column("expert_id", sa.Text()))


def downgrade() -> None:
    op.drop_column("appointments", "expert_id")
