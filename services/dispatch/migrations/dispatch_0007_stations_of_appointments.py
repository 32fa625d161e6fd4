"""which station answers for the order of an appointment; none for those from before"""

import sqlalchemy as sa
from alembic import op

revision = "dispatch_0007"
down_revision = "dispatch_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("appointments", sa.Column("station_id", sa.Text()))


def downgrade() -> None:
    op.drop_column("appointments", "station_id")
