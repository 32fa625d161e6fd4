"""which events of orders a plan has read already: they ask for no second one"""

import sqlalchemy as sa
from alembic import op

revision = "dispatch_0005"
down_revision = "dispatch_0004"
branch_labels = None
depends_on = None

COUNTS = ("orders_told", "orders_known", "requested_otherwise")


def upgrade() -> None:
    for name in COUNTS:
        op.add_column("territories", sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    for name in reversed(COUNTS):
        op.drop_column("territories", name)
