"""What the last import said about a partner's contract: the same again is no news."""

import sqlalchemy as sa
from alembic import op

revision = "stations_0010"
down_revision = "stations_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("partner", sa.Column("imported_from", sa.Date()))
    op.add_column("partner", sa.Column("imported_until", sa.Date()))
    op.execute("UPDATE partner SET imported_from = contract_from, imported_until = contract_until")


def downgrade() -> None:
    op.drop_column("partner", "imported_until")
    op.drop_column("partner", "imported_from")
