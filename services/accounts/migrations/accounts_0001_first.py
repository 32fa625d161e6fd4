"""first"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from kit import foundation

revision = "accounts_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _api_keys()
    foundation.create_feed_tables()
    _first_run()
    foundation.create_journal()
    _login_failures()
    _people()
    _signing_keys()
    _tokens()


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("shown_prefix", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("branch_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("secret_hash"),
    )


def _first_run() -> None:
    op.create_table(
        "first_run",
        sa.Column("one", sa.Integer(), server_default="1", nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("one"),
    )


def _login_failures() -> None:
    op.create_table(
        "login_failures",
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("bucket"),
    )
    op.create_index(op.f("ix_login_failures_last_at"), "login_failures", ["last_at"], unique=False)


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("branch_id", sa.Text(), nullable=True),
        sa.Column("station_id", sa.Text(), nullable=True),
        sa.Column("engineer_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("role <> 'dispatcher' OR branch_id IS NOT NULL", name="people_dispatcher_scope"),
        sa.CheckConstraint(
            "role <> 'engineer' OR engineer_id IS NOT NULL OR state = 'erased'", name="people_engineer_scope"
        ),
        sa.CheckConstraint("role <> 'station' OR station_id IS NOT NULL", name="people_station_scope"),
        sa.CheckConstraint("role IN ('admin','auditor','dispatcher','station','engineer')", name="people_role"),
        sa.CheckConstraint("state IN ('active','disabled','erased')", name="people_state"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("engineer_id"),
        sa.UniqueConstraint("login"),
    )
    op.create_index("people_branch", "people", ["branch_id"], unique=False)


def _signing_keys() -> None:
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("private_jwk", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("kid"),
    )


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), server_default="", nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('session','device')", name="tokens_kind"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"]),
        sa.PrimaryKeyConstraint("jti"),
    )
    op.create_index(op.f("ix_tokens_person_id"), "tokens", ["person_id"], unique=False)
    op.create_index(
        "tokens_revoked", "tokens", ["expires_at"], unique=False, postgresql_where=sa.text("revoked_at IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("tokens_revoked", table_name="tokens", postgresql_where=sa.text("revoked_at IS NOT NULL"))
    op.drop_index(op.f("ix_tokens_person_id"), table_name="tokens")
    op.drop_table("tokens")
    op.drop_table("signing_keys")
    op.drop_index("people_branch", table_name="people")
    op.drop_table("people")
    op.drop_index(op.f("ix_login_failures_last_at"), table_name="login_failures")
    op.drop_table("login_failures")
    foundation.drop_journal()
    op.drop_table("first_run")
    foundation.drop_feed_tables()
    op.drop_table("api_keys")
