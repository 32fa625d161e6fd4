"""The pages have a text for every word that the services may send them."""

import inspect
import re
from dataclasses import fields
from importlib import resources
from typing import get_args

import pytest
import yaml

from console.pages import DIST
from kit.events import Message
from services import messages
from services.dispatch.solver.rules import HARD, PRICED, REASONS
from services.orders.api.exports import Export
from services.orders.domain.dispatch_gates import DISPATCH_GATES, Decision
from services.orders.domain.intake import CargoClass
from services.orders.domain.life import STATES, WAITING_REASONS
from services.orders.domain.order_money import Payer
from services.orders.domain.promise import CLOCK_STATES, CLOCKS, StartEvent, StopEvent
from services.orders.domain.replacement import CASE_STATES, STEPS
from services.orders.domain.templates import Match
from services.orders.tables.remedies import KINDS as REMEDY_KINDS
from services.orders.tables.remedies import STATES as REMEDY_STATES
from services.parts.api.wire import PlaceOut
from services.parts.use_cases.shipments import CarrierKind
from services.stations.api.partners import ClaimOut
from services.stations.api.wire_bank import Direction, RentalState
from services.stations.api.wire_planning import VehicleOut
from services.stations.domain import POSTS
from services.stations.use_cases.strength import Resource

DICTIONARIES = DIST.parent / "src/i18n"
"""The compiler holds the languages to the same keys."""

EVENTS = sorted(
    message.kind
    for _, message in inspect.getmembers(messages, inspect.isclass)
    if issubclass(message, Message) and "order_id" in message.model_fields
)
WORK_TYPES = yaml.safe_load(resources.files("services.orders").joinpath("data/work_types.yaml").read_text("utf-8"))
VOCABULARIES = {
    "work": [one["work_type"] for one in WORK_TYPES["work_types"]],
    "order.state": STATES,
    "waiting": WAITING_REASONS,
    "clock": CLOCKS,
    "promise": CLOCK_STATES,
    "replacement.state": CASE_STATES,
    "partner": STEPS,
    "reason": REASONS,
    "cost": tuple(PRICED),
    "rule": tuple(HARD),
    "appointment.state": get_args(messages.AppointmentMoved.model_fields["state"].annotation),
    "source": get_args(messages.StockLine.model_fields["source"].annotation),
    "shipment": get_args(messages.ShipmentMoved.model_fields["state"].annotation),
    "event": tuple(EVENTS),
    "vehicle": get_args(VehicleOut.model_fields["vehicle_class"].annotation),
    "claim": ({*get_args(ClaimOut.model_fields["kind"].annotation)} - {"rental", "block"}) | {"underway"},
    "rental": get_args(RentalState),
    "handover": get_args(Direction),
    "resource": get_args(Resource),
    "post": POSTS,
    "place": get_args(PlaceOut.model_fields["kind"].annotation),
    "remedy": REMEDY_KINDS,
    "decided": {*REMEDY_STATES} - {"proposed", "withdrawn"},
    "payer": get_args(Payer),
    "file": get_args(Export),
    "trait": [field.name for field in fields(Match)],
    "moment": {*get_args(StartEvent), *get_args(StopEvent)},
    "parcel.step": get_args(CarrierKind),
    "gate": DISPATCH_GATES,
    "gate.decide": get_args(Decision),
    "cargo": get_args(CargoClass),
}
"""A claim of a rental is shown as the rental itself; what is withdrawn or only proposed is not shown as decided."""


def texts() -> set[str]:
    """The keys of all dictionaries."""
    sources = "\n".join(file.read_text(encoding="utf-8") for file in sorted(DICTIONARIES.glob("*.ts")))
    return set(re.findall(r'^ {2}"([^"]+)":', sources, re.MULTILINE))


@pytest.mark.parametrize("family", VOCABULARIES)
def test_every_word_has_a_text(family: str) -> None:
    wanted = {f"{family}.{word}" for word in VOCABULARIES[family]}
    assert wanted - texts() == set()
    assert len(wanted) > 1


def test_every_event_of_an_order_is_known() -> None:
    assert len(EVENTS) > 15
