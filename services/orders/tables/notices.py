"""Notices that people confirm to have read, and suggestions that get an answer."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, PrimaryKeyConstraint, Table
from sqlalchemy import Text as SqlText

from services.orders.tables.foundation import Moment, metadata

notices = Table(
    "notices",
    metadata,
    Column("notice_id", SqlText, primary_key=True),
    Column("title", SqlText, nullable=False),
    Column("body", SqlText, nullable=False),
    Column("branch_id", SqlText),  # null: the whole network
    Column("station_id", SqlText),  # null: every station
    Column("confirm_by", Moment),
    Column("made_by", SqlText, nullable=False),
    Column("made_at", Moment, nullable=False),
)
Index("notices_of_branch", notices.c.branch_id, notices.c.notice_id)

notice_confirmations = Table(  # only grows
    "notice_confirmations",
    metadata,
    Column("notice_id", SqlText, ForeignKey("notices.notice_id")),
    Column("actor", SqlText),
    Column("confirmed_at", Moment, nullable=False),
    PrimaryKeyConstraint("notice_id", "actor"),
)

suggestions = Table(
    "suggestions",
    metadata,
    Column("suggestion_id", SqlText, primary_key=True),
    Column("title", SqlText, nullable=False),
    Column("body", SqlText, nullable=False),
    Column("branch_id", SqlText),
    Column("station_id", SqlText),
    Column("made_by", SqlText, nullable=False, index=True),
    Column("made_at", Moment, nullable=False),
    Column("answer", SqlText),
    Column("answered_by", SqlText),
    Column("answered_at", Moment),
    Column("confirmed_at", Moment),  # its author has read the answer
    CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answers_have_their_time"),
    CheckConstraint("confirmed_at IS NULL OR answer IS NOT NULL", name="only_answers_are_confirmed"),
)
Index("suggestions_of_branch", suggestions.c.branch_id, suggestions.c.suggestion_id)
