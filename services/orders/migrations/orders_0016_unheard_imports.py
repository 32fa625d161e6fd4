"""What the last import said is not known of machines whose station a person had changed before it was noted: '' there.

Nothing (NULL) would make the next file news, though it says what it always said.
"""

from alembic import op

revision = "orders_0016"
down_revision = "orders_0015"
branch_labels = None
depends_on = None

UNHEARD = """
UPDATE assets SET imported_station_id = '' WHERE imported_station_id IS NULL AND 'changed' = (
    SELECT why FROM named_stations WHERE named_stations.asset_id = assets.asset_id ORDER BY at LIMIT 1
)
"""


def upgrade() -> None:
    op.execute(UNHEARD)


def downgrade() -> None:
    op.execute("UPDATE assets SET imported_station_id = NULL WHERE imported_station_id = ''")
