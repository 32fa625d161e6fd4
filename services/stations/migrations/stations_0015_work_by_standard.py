"""The kinds of work that stations of a level and grade may be given."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "stations_0015"
down_revision = "stations_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "standard_work",
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("permits", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 3 AND grade IN ('AAA','AA','A')", name="work_of"),
        sa.CheckConstraint("cardinality(permits) > 0", name="work_of_some_kind"),
        sa.PrimaryKeyConstraint("level", "grade"),
    )


def downgrade() -> None:
    op.drop_table("standard_work")
