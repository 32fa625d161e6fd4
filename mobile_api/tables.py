"""The tables of mobile_api: operations and receipts, what each phone should know, photos."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import JSONB

from kit.feed import feed_tables
from kit.journal import journal_table

metadata = MetaData()
journal_table(metadata)
feed_tables(metadata)

Moment = DateTime(timezone=True)

# One row per engineer. `changes` numbers, in the order of commit, whatever that engineer's phone must be told; `lease`
# names who is applying their operations right now, `due_at` when somebody should.
lanes = Table(
    "lanes",
    metadata,
    Column("engineer_id", SqlText, primary_key=True),
    Column("changes", BigInteger, nullable=False, server_default="0"),
    Column("lease", SqlText),
    Column("lease_until", Moment),
    Column("due_at", Moment),
)
Index("lanes_due", lanes.c.due_at, postgresql_where=lanes.c.due_at.is_not(None))

operations = Table(
    "operations",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("engineer_id", SqlText, ForeignKey("lanes.engineer_id"), nullable=False),
    Column("device_id", SqlText, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("kind", SqlText, nullable=False),
    Column("appointment_id", SqlText),
    Column("order_id", SqlText),
    Column("payload", JSONB(none_as_null=True)),
    # Of the operation as it came: the same id with another digest is another operation.
    Column("digest", SqlText, nullable=False),
    Column("actor", SqlText, nullable=False),
    # The phone's clock at the fact and at sending, ours at receiving; skew is ours minus the phone's.
    Column("device_at", Moment),
    Column("sent_at", Moment),
    Column("received_at", Moment, nullable=False),
    Column("skew_ms", BigInteger),
    Column("effective_at", Moment),
    # Why a person should look at it: names of domain.doubts.
    Column("doubts", JSONB, nullable=False, server_default="[]"),
    Column("status", SqlText, nullable=False),
    Column("reason", SqlText),
    Column("problem", JSONB(none_as_null=True)),
    Column("answer", JSONB(none_as_null=True)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Moment),
    Column("answered_at", Moment),
    Column("change", BigInteger),
    UniqueConstraint("engineer_id", "device_id", "seq", name="operations_sequence"),
    CheckConstraint("status IN ('received','applied','rejected','superseded')", name="operations_status"),
    CheckConstraint("(status = 'received') = (change IS NULL)", name="operations_final_is_told"),
)
Index(
    "operations_waiting",
    operations.c.engineer_id,
    operations.c.device_id,
    operations.c.seq,
    postgresql_where=text("status = 'received'"),
)
Index(
    "operations_check_ins",
    operations.c.engineer_id,
    operations.c.effective_at,
    postgresql_where=text("kind = 'check_in'"),
)
Index("operations_told", operations.c.engineer_id, operations.c.change)

# What dispatch has told about each engineer's appointments, past ones too: an engineer who was re-assigned while
# offline may still report on an appointment that was theirs.
visits = Table(
    "visits",
    metadata,
    Column("engineer_id", SqlText, ForeignKey("lanes.engineer_id"), primary_key=True),
    Column("appointment_id", SqlText, primary_key=True),
    Column("order_id", SqlText, nullable=False),
    Column("state", SqlText, nullable=False),
    Column("scheduled_start", Moment),
    Column("scheduled_end", Moment),
    Column("dispatched_at", Moment),
    Column("ended_at", Moment),
    Column("removed", Boolean, nullable=False, server_default="false"),
    Column("change", BigInteger, nullable=False),
    # The change by which it was last sent to the phone or taken from it.
    Column("news", BigInteger),
)
Index("visits_told", visits.c.engineer_id, visits.c.change)
Index("visits_of_appointment", visits.c.appointment_id)
Index("visits_of_order", visits.c.order_id)

# The last answer of each owner that a phone was shown: served, marked stale, when the owner is out of reach.
copies = Table(
    "copies",
    metadata,
    Column("path", SqlText, primary_key=True),
    Column("body", JSONB, nullable=False),
    Column("as_of", Moment, nullable=False),
)

photos = Table(
    "photos",
    metadata,
    Column("sha256", SqlText, primary_key=True),
    Column("media_type", SqlText, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    # What the camera wrote: kept here, stripped from the copy that is served.
    Column("taken_at", SqlText),
    Column("lon", Float),
    Column("lat", Float),
    Column("stored_at", Moment, nullable=False),
)

photo_ties = Table(
    "photo_ties",
    metadata,
    Column("operation_id", SqlText, primary_key=True),
    Column("sha256", SqlText, ForeignKey("photos.sha256"), nullable=False, index=True),
    Column("engineer_id", SqlText, nullable=False),
    Column("order_id", SqlText, nullable=False, index=True),
    Column("step", SqlText, nullable=False),
    Column("tied_at", Moment, nullable=False),
)

# Photos on their way in (tus): their pieces lie here until the whole is there, so that any replica can go on.
uploads = Table(
    "uploads",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("engineer_id", SqlText, nullable=False),
    Column("order_id", SqlText, nullable=False),
    Column("step", SqlText, nullable=False),
    Column("sha256", SqlText, nullable=False),
    Column("length", Integer, nullable=False),
    Column("received", Integer, nullable=False, server_default="0"),
    Column("touched_at", Moment, nullable=False, index=True),
    CheckConstraint("received BETWEEN 0 AND length", name="uploads_received"),
)
upload_pieces = Table(
    "upload_pieces",
    metadata,
    Column("upload_id", SqlText, ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True),
    Column("offset", Integer, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

# Installations of apps that are woken when something changes. `told` is the change that they last were woken for,
# `said_at` when the app last asked for it.
push_targets = Table(
    "push_targets",
    metadata,
    Column("kind", SqlText, primary_key=True),
    Column("address", SqlText, primary_key=True),
    Column("engineer_id", SqlText, nullable=False, index=True),
    Column("session_id", SqlText, nullable=False),
    Column("language", SqlText, nullable=False),
    Column("told", BigInteger, nullable=False),
    Column("said_at", Moment, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("next_at", Moment, nullable=False),
)
