"""Standards of stations, secondments, reinforcements."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "stations_0007"
down_revision = "stations_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _standard()
    _reinforcement()
    _secondment()


def _standard() -> None:
    op.create_table(
        "standard",
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("least", sa.BIGINT(), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 3 AND grade IN ('AAA','AA','A')", name="standard_of"),
        sa.CheckConstraint("least >= 0", name="standard_least"),
        sa.PrimaryKeyConstraint("level", "grade", "resource"),
    )


def _reinforcement() -> None:
    op.create_table(
        "reinforcement",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("territory_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("engineers", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint("engineers > 0", name="reinforcement_engineers"),
        sa.CheckConstraint("last_day >= first_day", name="reinforcement_takes_time"),
        sa.ForeignKeyConstraint(["territory_id"], ["territory.territory_id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_reinforcement_territory_id"), "reinforcement", ["territory_id"], unique=False)


def _secondment() -> None:
    op.create_table(
        "secondment",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("engineer_id", sa.Text(), nullable=False),
        sa.Column("territory_id", sa.Text(), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reinforcement_id", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("engineer_id"), "="),
            (sa.text('tstzrange("start", "end")'), "&&"),
            using="gist",
            name="seconded_once",
        ),
        sa.CheckConstraint('"end" >= "start"', name="secondment_takes_time"),
        sa.ForeignKeyConstraint(["engineer_id"], ["engineer.engineer_id"]),
        sa.ForeignKeyConstraint(["reinforcement_id"], ["reinforcement.id"]),
        sa.ForeignKeyConstraint(["territory_id"], ["territory.territory_id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_secondment_reinforcement_id"), "secondment", ["reinforcement_id"], unique=False)
    op.create_index(op.f("ix_secondment_territory_id"), "secondment", ["territory_id"], unique=False)


def downgrade() -> None:

    op.drop_index(op.f("ix_secondment_territory_id"), table_name="secondment")
    op.drop_index(op.f("ix_secondment_reinforcement_id"), table_name="secondment")
    op.drop_table("secondment")
    op.drop_index(op.f("ix_reinforcement_territory_id"), table_name="reinforcement")
    op.drop_table("reinforcement")
    op.drop_table("standard")
