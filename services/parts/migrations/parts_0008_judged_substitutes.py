"""What the last import said of a substitute's approval, and whether somebody has said why."""

import sqlalchemy as sa
from alembic import op

revision = "parts_0008"
down_revision = "parts_0007"
branch_labels = None
depends_on = None

# Who approved, or named a part remanufactured and approved it in the same row, knew what it was.
JUDGED = """UPDATE substitute s SET judged = s.kind = 'remanufactured' OR EXISTS (
    SELECT FROM journal j WHERE j.kind = 'substitute.judged'
    AND j.payload->>'part' = s.part AND j.payload->>'substitute' = s.substitute)"""


def upgrade() -> None:
    op.add_column("substitute", sa.Column("imported", sa.Boolean(), nullable=True))
    op.add_column("substitute", sa.Column("judged", sa.Boolean(), server_default="false", nullable=False))
    op.execute("UPDATE substitute SET imported = approved")
    op.execute(JUDGED)


def downgrade() -> None:
    op.drop_column("substitute", "judged")
    op.drop_column("substitute", "imported")
