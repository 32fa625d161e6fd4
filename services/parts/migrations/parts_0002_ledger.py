"""The ledger only grows: the database itself refuses to change or remove a line."""

from alembic import op

revision = "parts_0002"
down_revision = "parts_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION movement_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the ledger only grows: book the opposite line instead'
                USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER movement_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON movement "
        "FOR EACH STATEMENT EXECUTE FUNCTION movement_only_grows()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER movement_only_grows ON movement")
    op.execute("DROP FUNCTION movement_only_grows")
