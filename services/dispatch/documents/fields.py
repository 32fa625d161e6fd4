"""Field types of the wire documents: every number bounded, every unknown member refused."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

TEN_YEARS = 315_360_000
MAX_FEN = 10**12
MAX_FEN_PER_HOUR = 10**8
MONTH = 2_678_400
"""Bounds that keep every product of a price, a duration and a coefficient inside 64 bits."""


class Document(BaseModel):
    """A part of a wire document: unknown members, NaN, infinities and coerced types are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""An opaque name chosen by the caller, unique within its own list."""

Instant = Annotated[int, Field(ge=-TEN_YEARS, le=TEN_YEARS)]
"""Seconds from the document's `origin`; negative for what lies before it (a clock already overdue)."""

Seconds = Annotated[int, Field(ge=0, le=TEN_YEARS)]
"""A duration in seconds."""

WorkSeconds = Annotated[int, Field(ge=0, le=MONTH)]
"""Time spent working at a place, at most 31 days."""

Fen = Annotated[int, Field(ge=0, le=MAX_FEN)]
"""Money in fen (1/100 yuan)."""

FenPerHour = Annotated[int, Field(ge=0, le=MAX_FEN_PER_HOUR)]
"""A price in fen per hour; what it yields is rounded up to the next fen once per clock or leg."""

FenPerKm = Annotated[int, Field(ge=0, le=10**6)]
"""A price in fen per kilometre; rounded up to the next fen once per leg."""

Quantity = Annotated[int, Field(ge=0, le=10**6)]
"""A number of pieces."""

Level = Annotated[int, Field(ge=1, le=5)]
"""A skill level, 1 (lowest) to 5."""

Permille = Annotated[int, Field(ge=1000, le=10_000)]
"""A coefficient in thousandths; 1000 means times one."""
