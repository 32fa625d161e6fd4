"""Who may operate a machine, and until when."""

import sqlalchemy as sa
from alembic import op

revision = "orders_0015"
down_revision = "orders_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "operator_certificates",
        sa.Column("operator_id", sa.Text(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.asset_id"]),
        sa.PrimaryKeyConstraint("operator_id", "certificate", "asset_id"),
    )
    op.create_index("certificates_of_asset", "operator_certificates", ["asset_id"])


def downgrade() -> None:
    op.drop_table("operator_certificates")
