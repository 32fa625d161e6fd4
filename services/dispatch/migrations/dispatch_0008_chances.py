"""the chance that was told with each prediction; none for those told before"""

import sqlalchemy as sa
from alembic import op

revision = "dispatch_0008"
down_revision = "dispatch_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("predictions", sa.Column("chance", sa.Float()))


def downgrade() -> None:
    op.drop_column("predictions", "chance")
