"""The tables of accounts. Secrets are kept as hashes; names and logins can be erased, ids stay for the journals."""

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Index, Integer, MetaData, Table, func
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import JSONB

from kit.feed import feed_tables
from kit.journal import journal_table

metadata = MetaData()
journal_table(metadata)
feed_tables(metadata)

people = Table(
    "people",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("name", SqlText, nullable=False),
    Column("role", SqlText, nullable=False),
    Column("login", SqlText, unique=True),
    Column("password_hash", SqlText),
    Column("branch_id", SqlText),
    Column("station_id", SqlText),
    Column("engineer_id", SqlText, unique=True),
    Column("state", SqlText, nullable=False, server_default="active"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("role IN ('admin','auditor','dispatcher','station','engineer')", name="people_role"),
    CheckConstraint("state IN ('active','disabled','erased')", name="people_state"),
    CheckConstraint("role <> 'dispatcher' OR branch_id IS NOT NULL", name="people_dispatcher_scope"),
    CheckConstraint("role <> 'station' OR station_id IS NOT NULL", name="people_station_scope"),
    CheckConstraint("role <> 'engineer' OR engineer_id IS NOT NULL OR state = 'erased'", name="people_engineer_scope"),
)
Index("people_branch", people.c.branch_id)

tokens = Table(
    "tokens",
    metadata,
    Column("jti", SqlText, primary_key=True),
    Column("person_id", SqlText, ForeignKey("people.id"), nullable=False, index=True),
    Column("kind", SqlText, nullable=False),
    Column("label", SqlText, nullable=False, server_default=""),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
    CheckConstraint("kind IN ('session','device')", name="tokens_kind"),
)
Index("tokens_revoked", tokens.c.expires_at, postgresql_where=tokens.c.revoked_at.is_not(None))

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("name", SqlText, nullable=False),
    Column("shown_prefix", SqlText, nullable=False),
    Column("secret_hash", SqlText, nullable=False, unique=True),
    Column("branch_id", SqlText),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("revoked_at", DateTime(timezone=True)),
)

# The private key lives here and not in a file: every replica signs with the same one, a backup of the database is
# complete, nothing needs a shared disk, and only this service's database role can read the schema.
signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", SqlText, primary_key=True),
    Column("private_jwk", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

# One row at most: the token with which the first admin is made on an empty database.
first_run = Table(
    "first_run",
    metadata,
    Column("one", Integer, CheckConstraint("one = 1"), primary_key=True, server_default="1"),
    Column("token_hash", SqlText, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("used_at", DateTime(timezone=True)),
)

# Failed logins by hashed "login and address" and by hashed "address": neither name nor address is kept.
login_failures = Table(
    "login_failures",
    metadata,
    Column("bucket", SqlText, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", DateTime(timezone=True), nullable=False, index=True),
)

# --- enrolled phones (OAuth 2.1 with PKCE, RFC 9449 proofs of the device's key) -------------------------------------

# A one-time code that a dispatcher hands to an engineer; `jkt` is the key of the phone that came with it first, which
# may come again when it did not hear the answer.
enrolments = Table(
    "enrolments",
    metadata,
    Column("code_hash", SqlText, primary_key=True),
    Column("person_id", SqlText, ForeignKey("people.id"), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    Column("jkt", SqlText),
)

# The authorization codes of OAuth: they live for two minutes and serve once.
authorizations = Table(
    "authorizations",
    metadata,
    Column("code_hash", SqlText, primary_key=True),
    Column("person_id", SqlText, ForeignKey("people.id"), nullable=False),
    Column("challenge", SqlText, nullable=False),
    Column("jkt", SqlText, nullable=False),
    Column("label", SqlText, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
)

# A phone, known by the thumbprint of its key. `used_generation` is the newest generation of refresh tokens of which
# one was used: one that is older has been stolen.
devices = Table(
    "devices",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("person_id", SqlText, ForeignKey("people.id"), nullable=False),
    Column("jkt", SqlText, nullable=False),
    Column("label", SqlText, nullable=False),
    Column("enrolled_at", DateTime(timezone=True), nullable=False),
    Column("last_used_at", DateTime(timezone=True), nullable=False),
    Column("used_generation", Integer, nullable=False, server_default="0"),
    Column("revoked_at", DateTime(timezone=True)),
)
Index("devices_key", devices.c.person_id, devices.c.jkt, unique=True)
Index("devices_revoked", devices.c.revoked_at, postgresql_where=devices.c.revoked_at.is_not(None))

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("token_hash", SqlText, primary_key=True),
    Column("device_id", SqlText, ForeignKey("devices.id"), nullable=False, index=True),
    Column("generation", Integer, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)

# Proofs of a device's key that were seen: each serves once.
proofs_seen = Table(
    "proofs_seen",
    metadata,
    Column("proof_hash", SqlText, primary_key=True),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
)
