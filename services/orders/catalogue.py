"""The lists that orders ship as data: faults and their causes, work types, promise templates, calendars, weights."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import TypeAdapter

from services.orders.domain.calendars import CalendarRule
from services.orders.domain.callbacks import LevelRule
from services.orders.domain.causes import Band, Cause, Levels
from services.orders.domain.complaints import Hours
from services.orders.domain.faults import Fault
from services.orders.domain.intake import WorkType
from services.orders.domain.kits import Pricing
from services.orders.domain.order_money import PriceList
from services.orders.domain.scorecards import Weights
from services.orders.domain.templates import Template


@dataclass(frozen=True, slots=True)
class CauseRules:
    """The shipped causes and what the count model goes by."""

    causes: tuple[Cause, ...]
    weights: Levels
    other_prior: float
    bands: tuple[Band, ...]
    kit: Pricing


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All of it, as read from the files."""

    faults: tuple[Fault, ...]
    unknown_fault: Fault
    causes: CauseRules
    work_types: dict[str, WorkType]
    templates: tuple[Template, ...]
    calendars: tuple[CalendarRule, ...]
    weights: Weights
    prices: PriceList
    complaint_hours: Hours
    callbacks: tuple[LevelRule, ...]


@cache
def shipped() -> Catalogue:
    """The files of this package. Raises pydantic's ValidationError when one of them is wrong."""
    names = ("faults", "work_types", "promise_templates", "calendars", "feedback")
    faults, kinds, promises, calendars, feedback = (_read(name) for name in names)
    work_types = _as(tuple[WorkType, ...], kinds["work_types"])
    return Catalogue(
        faults=_as(tuple[Fault, ...], faults["faults"]),
        unknown_fault=_as(Fault, faults["unknown"]),
        causes=_as(CauseRules, _read("causes")),
        work_types={work_type.work_type: work_type for work_type in work_types},
        templates=_as(tuple[Template, ...], promises["templates"]),
        calendars=_as(tuple[CalendarRule, ...], calendars["calendars"]),
        weights=_as(Weights, _read("scorecard_weights")),
        prices=_as(PriceList, _read("prices")),
        complaint_hours=_as(Hours, feedback["complaint_hours"]),
        callbacks=_as(tuple[LevelRule, ...], feedback["callbacks"]),
    )


def template_from_document(document: dict[str, Any]) -> Template:
    """A template as it lies in the database. Raises pydantic's ValidationError."""
    template: Template = _as(Template, document)
    return template


def calendar_from_document(document: dict[str, Any]) -> CalendarRule:
    """A calendar as it lies in the database. Raises pydantic's ValidationError."""
    rule: CalendarRule = _as(CalendarRule, document)
    return rule


def _read(name: str) -> Any:
    document = files(__package__).joinpath(f"data/{name}.yaml").read_text(encoding="utf-8")
    # The parser in C: the one in Python takes a tenth of the start of the process.
    return yaml.load(document, Loader=yaml.CSafeLoader)


def _as(kind: Any, value: Any) -> Any:
    return TypeAdapter(kind).validate_python(value)
