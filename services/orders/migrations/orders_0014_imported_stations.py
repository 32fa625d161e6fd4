"""What the last import said about a machine's named station: the same again is no news."""

import sqlalchemy as sa
from alembic import op

revision = "orders_0014"
down_revision = "orders_0013"
branch_labels = None
depends_on = None

BEFORE, NOW = "'first_maintenance','changed'", "'first_maintenance','changed','imported'"


def _why(known: str) -> None:
    op.drop_constraint("named_why", "named_stations", type_="check")
    op.create_check_constraint("named_why", "named_stations", f"why IN ({known})")


def upgrade() -> None:
    op.add_column("assets", sa.Column("imported_station_id", sa.Text()))
    op.execute(
        "UPDATE assets SET imported_station_id = station_id"
        " WHERE NOT EXISTS (SELECT FROM named_stations WHERE named_stations.asset_id = assets.asset_id)"
    )
    _why(NOW)


def downgrade() -> None:
    op.execute("DELETE FROM named_stations WHERE why = 'imported'")
    _why(BEFORE)
    op.drop_column("assets", "imported_station_id")
