"""What stations reads and writes over HTTP. Places are WGS-84, days belong to what is valid until them."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from fastapi import Depends, Query
from pydantic import BaseModel
from sqlalchemy import Row

from kit.context import Context
from kit.problems import Invalid
from kit.values import Instant
from kit.web import context as service_context
from services.stations.domain import Post, Span, permitted

Running = Annotated[Context, Depends(service_context)]
Limit = Annotated[int, Query(ge=1, le=200)]
LONGEST_WINDOW_DAYS = 62


async def window(
    start: Annotated[Instant, Query(alias="from")],
    end: Annotated[Instant, Query(alias="to")],
) -> Span:
    """FastAPI dependency: the query's `from` and `to`."""
    if not start < end:
        raise Invalid("`to` must lie after `from`", pointer="/to")
    if (end - start).days > LONGEST_WINDOW_DAYS:
        raise Invalid(f"`from` and `to` may lie {LONGEST_WINDOW_DAYS} days apart", pointer="/to")
    return Span(start, end)


Window = Annotated[Span, Depends(window)]


class FromRow(BaseModel):
    """An answer whose fields are columns of a row; `id` is the column `key`, a thing's own id is always `id`."""

    key: ClassVar[str] = "id"

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        return cls.model_validate({name: cls._read(row, name) for name in cls.model_fields})

    @classmethod
    def _read(cls, row: Row[Any], name: str) -> Any:
        return getattr(row, cls.key if name == "id" else name)


class BranchOut(FromRow):
    key: ClassVar[str] = "branch_id"

    id: str
    name_zh: str
    name_en: str
    lon: float
    lat: float
    zone: str


class BranchPage(BaseModel):
    items: list[BranchOut]
    next: str | None


class TerritoryOut(FromRow):
    key: ClassVar[str] = "territory_id"

    id: str
    branch_id: str
    name_zh: str
    name_en: str


class TerritoryPage(BaseModel):
    items: list[TerritoryOut]
    next: str | None


class StationOut(FromRow):
    """`posts`: who holds each key post; a vacant one is left out. `permitted`: the kinds of work that may be assigned
    there, by `capabilities` and by the standard of its level and grade; null: all."""

    key: ClassVar[str] = "station_id"

    id: str
    territory_id: str
    branch_id: str
    name_zh: str
    name_en: str
    lon: float
    lat: float
    level: int
    grade: Literal["AAA", "AA", "A"]
    brands: list[str]
    capabilities: list[str]
    permitted: list[str] | None
    opens: str | None
    closes: str | None
    phone: str | None
    posts: dict[Post, str]

    @classmethod
    def _read(cls, row: Row[Any], name: str) -> Any:
        return permitted(row.capabilities, row.permits) if name == "permitted" else super()._read(row, name)


class StationPage(BaseModel):
    items: list[StationOut]
    next: str | None


class PlaceOut(BaseModel):
    lon: float
    lat: float


class ShiftOut(BaseModel):
    """Working time; between `end` and `overtime_until` work may go on at the overtime price."""

    start: datetime
    end: datetime
    overtime_until: datetime
