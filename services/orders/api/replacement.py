"""The partner's driver: a signed link instead of an account."""

import hashlib
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Row

from kit.routes import service_router
from services.orders.api.calls import StepIn
from services.orders.api.wire import CargoOut, Json, Point, Running
from services.orders.domain.replacement import Step, next_step
from services.orders.use_cases.replacement import StepTaken, case_of_link, take_step

router = service_router("orders", tag="replacement")
_STAMPS: dict[Step, str] = {
    "accept": "accepted_at",
    "at_truck": "at_truck_at",
    "cargo_moving": "cargo_moving_at",
    "delivered": "delivered_at",
}


class Truck(Point):
    """The stopped truck, and how to find it."""

    plate: str | None
    product: str
    model: str
    stake: str | None
    address: str | None


class StepDone(BaseModel):
    step: Step
    at: datetime


class DriverCase(BaseModel):
    """What the driver needs to know, and nothing more."""

    number: str
    state: str
    next_step: Step | None
    steps: list[StepDone]
    truck: Truck
    cargo: CargoOut | None
    destination: Point | None
    contact_name: str | None
    contact_phone: str | None
    planned_at_truck: datetime
    planned_delivered: datetime

    @classmethod
    def of(cls, case: Row[Any]) -> "DriverCase":
        cargo = CargoOut.of(case)
        taken = [(step, getattr(case, column)) for step, column in _STAMPS.items()]
        where = ("lon", "lat", "plate", "product", "model", "stake", "address")
        same = ("number", "state", "contact_name", "contact_phone", "planned_at_truck", "planned_delivered")
        return cls(
            **{name: getattr(case, name) for name in same},
            next_step=next_step(case.state),
            steps=[StepDone(step=step, at=at) for step, at in taken if at is not None],
            truck=Truck(**{name: getattr(case, name) for name in where}),
            cargo=cargo,
            destination=cargo.destination if cargo else None,
        )


@router.get("/replacement/{token}")
async def read_case(token: str, running: Running) -> DriverCase:
    """The case of a link; 404 for any other text, and a week after the case is over."""
    async with running.db.read() as tx:
        return DriverCase.of(await case_of_link(tx, token, now=running.clock.now()))


@router.post("/replacement/{token}")
async def take(token: str, body: StepIn, running: Running) -> Json:
    """The next step; the same operation_id again gets the same answer."""
    taken = StepTaken(
        operation_id=body.operation_id,
        step=body.step,
        at=body.at,
        place=body.place.to_wgs84() if body.place else None,
        kilometres=body.km,
        fingerprint=hashlib.sha256(body.model_dump_json().encode()).hexdigest(),
    )
    async with running.db.transaction() as tx:
        return await take_step(tx, token, taken, now=running.clock.now())
