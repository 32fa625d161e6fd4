"""what was foretold: the chances of each promise clock and of a fix on the first visit"""

import sqlalchemy as sa
from alembic import op

revision = "orders_0020"
down_revision = "orders_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clocks", sa.Column("chance", sa.Float()))
    op.add_column("clocks", sa.Column("first_chance", sa.Float()))
    op.add_column("orders", sa.Column("fix_chance", sa.Float()))


def downgrade() -> None:
    op.drop_column("orders", "fix_chance")
    op.drop_column("clocks", "first_chance")
    op.drop_column("clocks", "chance")
