"""Experts, trainers and tools over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, StringConstraints, model_validator
from sqlalchemy import Row

from kit.values import Code, Id, Instant, Text, Wire
from services.stations.api.wire import FromRow

ResourceKind = Literal["expert", "trainer", "tool"]
Said = Annotated[Text, StringConstraints(min_length=1)]


class ResourceOut(FromRow):
    """`seats` may be booked at once; a tool with `calibrated_until` is good up to that day. No branch: head office."""

    key: ClassVar[str] = "resource_id"

    id: str
    kind: ResourceKind
    branch_id: str | None
    station_id: str | None
    name: str
    skills: dict[str, int]
    seats: int
    calibrated_until: date | None


class ResourcePage(BaseModel):
    items: list[ResourceOut]
    next: str | None


class BookingIn(Wire):
    """From `start` to just before `end`."""

    start: Instant
    end: Instant
    order_id: Id | None = None
    purpose: Said

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.start >= self.end:
            raise ValueError("a booking ends after it starts")
        return self


class BookingOut(BaseModel):
    """Booked by a person, or by the plan of `territory_id`: only held for it while there is an `expires_at`."""

    id: str
    resource_id: str
    seat: int
    start: datetime
    end: datetime
    order_id: str | None
    purpose: str
    actor: str
    released_at: datetime | None
    territory_id: str | None
    expires_at: datetime | None

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        names = (
            "id",
            "resource_id",
            "seat",
            "order_id",
            "purpose",
            "actor",
            "released_at",
            "territory_id",
            "expires_at",
        )
        return cls(**{name: getattr(row, name) for name in names}, start=row.window.lower, end=row.window.upper)


class BookingList(BaseModel):
    items: list[BookingOut]


class CalibrationIn(Wire):
    """Both days belong to it."""

    done_on: date
    valid_until: date
    certificate: Code


class CalibrationOut(FromRow):
    id: str
    done_on: date
    valid_until: date
    certificate: str
    actor: str


class ResourceDetail(ResourceOut):
    """With its calibrations, newest first."""

    calibrations: list[CalibrationOut]
