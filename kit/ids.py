"""Ids of things that happen: UUIDv7, made here and not in SQL, so that they sort by time on every database."""

import uuid_utils


def new_id() -> str:
    """A new UUIDv7 in its canonical text form (36 characters)."""
    return str(uuid_utils.uuid7())
