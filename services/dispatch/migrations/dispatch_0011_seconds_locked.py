"""who is fixed as the second of a crew"""

import sqlalchemy as sa
from alembic import op

revision = "dispatch_0011"
down_revision = "dispatch_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("overrides", sa.Column("second_id", sa.Text()))


def downgrade() -> None:
    op.drop_column("overrides", "second_id")
