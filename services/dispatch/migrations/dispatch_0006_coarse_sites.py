"""how far the machine may be from the site of an appointment"""

import sqlalchemy as sa
from alembic import op

revision = "dispatch_0006"
down_revision = "dispatch_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("appointments", sa.Column("place_error_m", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("appointments", "place_error_m")
