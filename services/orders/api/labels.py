"""The label on a machine: a signed link instead of an account."""

from typing import Annotated

from pydantic import BaseModel, StringConstraints, model_validator

from kit.routes import service_router
from kit.values import Instant, LongText, Text, Wire, WirePlace
from services.orders.api.calls import ContactIn
from services.orders.api.wire import Running
from services.orders.domain.intake import Report
from services.orders.domain.places import locate
from services.orders.stake_numbers import RouteReference
from services.orders.use_cases.labels import machine_of_label, report_by_label

router = service_router("orders", tag="labels")
NO_POSTS = RouteReference([])


class LabelledOut(BaseModel):
    """What whoever stands beside the machine sees anyway."""

    plate: str | None
    product: str
    brand: str
    model: str


class BreakdownIn(Wire):
    """What is wrong, where the machine stands (coordinates, or a stake number such as 'G2 K412+300'), whom to call."""

    symptom: Annotated[LongText, StringConstraints(min_length=1)]
    contact: ContactIn
    place: WirePlace | None = None
    stake: Text | None = None

    @model_validator(mode="after")
    def _reachable(self) -> "BreakdownIn":
        if not self.contact.phone:
            raise ValueError("say under which number somebody can be called back")
        return self

    def report(self, now: Instant, reference: RouteReference) -> Report:
        """Raises PlaceMissing when the stake number gives no place."""
        spot = locate(self.place.to_wgs84() if self.place else None, self.stake, reference)
        return Report(
            source="qr",
            work_type="breakdown",
            reported_at=now,
            place=spot.place,
            place_error_m=spot.error_m,
            stake=self.stake,
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
    reference = await running.route_reference.get() if body.stake else NO_POSTS
    taken = await report_by_label(running, token, body.report(running.clock.now(), reference))
    link = f"/track/{taken.tracking_token}"
    return ReportTaken(number=taken.order.number, told=taken.order.told, tracking_link=link)
