"""The label on a machine: a signed link instead of an account."""

from typing import Annotated

from pydantic import BaseModel, StringConstraints, model_validator

from kit.routes import service_router
from kit.values import Instant, LongText, Text, Wire, WirePlace
from services.orders.api.calls import ContactIn
from services.orders.api.wire import Running
from services.orders.domain.intake import Report
from services.orders.domain.places import Finders, locate
from services.orders.use_cases.labels import machine_of_label, report_by_label
from services.orders.use_cases.places import finders

router = service_router("orders", tag="labels")


class LabelledOut(BaseModel):
    """What whoever stands beside the machine sees anyway."""

    plate: str | None
    product: str
    brand: str
    model: str


class BreakdownIn(Wire):
    """What is wrong, where the machine stands (coordinates, stake number or address), whom to call."""

    symptom: Annotated[LongText, StringConstraints(min_length=1)]
    contact: ContactIn
    place: WirePlace | None = None
    stake: Text | None = None
    address: Text | None = None

    @model_validator(mode="after")
    def _reachable(self) -> "BreakdownIn":
        if not self.contact.phone:
            raise ValueError("say under which number somebody can be called back")
        return self

    def report(self, now: Instant, finders: Finders) -> Report:
        """Raises PlaceMissing when neither stake number nor address gives a place."""
        where = locate(self.place.to_wgs84() if self.place else None, self.stake, self.address, finders)
        return Report(
            source="qr",
            work_type="breakdown",
            reported_at=now,
            where=where,
            stake=self.stake,
            address=self.address,
            symptom=self.symptom,
            contact_name=self.contact.name,
            contact_phone=self.contact.phone,
        )


class ReportTaken(BaseModel):
    """The promise in words, and the page that follows the order."""

    number: str
    told: dict[str, str]
    tracking_link: str


@router.get("/labels/{token}")
async def read_label(token: str, running: Running) -> LabelledOut:
    """The machine of a label; 404 for any other text."""
    async with running.db.read() as tx:
        machine = await machine_of_label(tx, running.settings.shared_secret, token)
    return LabelledOut.model_validate(machine, from_attributes=True)


@router.post("/labels/{token}/reports", status_code=201)
async def report_breakdown(token: str, body: BreakdownIn, running: Running) -> ReportTaken:
    """Takes a breakdown of the labelled machine; a second report of the same one is answered with its number."""
    known = await finders(running, *(() if body.place else (body.stake, body.address)))
    taken = await report_by_label(running, token, body.report(running.clock.now(), known))
    link = f"/track/{taken.tracking_token}"
    return ReportTaken(number=taken.order.number, told=taken.order.told, tracking_link=link)
