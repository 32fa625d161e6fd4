"""devices"""

import sqlalchemy as sa
from alembic import op

revision = "accounts_0002"
down_revision = "accounts_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _proofs_seen()
    _authorizations()
    _devices()
    _enrolments()
    _refresh_tokens()


def _proofs_seen() -> None:
    op.create_table(
        "proofs_seen",
        sa.Column("proof_hash", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("proof_hash"),
    )
    op.create_index(op.f("ix_proofs_seen_expires_at"), "proofs_seen", ["expires_at"], unique=False)


def _authorizations() -> None:
    op.create_table(
        "authorizations",
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("challenge", sa.Text(), nullable=False),
        sa.Column("jkt", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"]),
        sa.PrimaryKeyConstraint("code_hash"),
    )
    op.create_index(op.f("ix_authorizations_expires_at"), "authorizations", ["expires_at"], unique=False)


def _devices() -> None:
    op.create_table(
        "devices",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("jkt", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_generation", sa.Integer(), server_default="0", nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("devices_key", "devices", ["person_id", "jkt"], unique=True)
    op.create_index(
        "devices_revoked", "devices", ["revoked_at"], unique=False, postgresql_where=sa.text("revoked_at IS NOT NULL")
    )


def _enrolments() -> None:
    op.create_table(
        "enrolments",
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("jkt", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"]),
        sa.PrimaryKeyConstraint("code_hash"),
    )
    op.create_index(op.f("ix_enrolments_expires_at"), "enrolments", ["expires_at"], unique=False)


def _refresh_tokens() -> None:
    op.create_table(
        "refresh_tokens",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"]),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index(op.f("ix_refresh_tokens_device_id"), "refresh_tokens", ["device_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_refresh_tokens_device_id"), table_name="refresh_tokens")
    op.drop_table("refresh_tokens")
    op.drop_index(op.f("ix_enrolments_expires_at"), table_name="enrolments")
    op.drop_table("enrolments")
    op.drop_index("devices_revoked", table_name="devices", postgresql_where=sa.text("revoked_at IS NOT NULL"))
    op.drop_index("devices_key", table_name="devices")
    op.drop_table("devices")
    op.drop_index(op.f("ix_authorizations_expires_at"), table_name="authorizations")
    op.drop_table("authorizations")
    op.drop_index(op.f("ix_proofs_seen_expires_at"), table_name="proofs_seen")
    op.drop_table("proofs_seen")
