"""What the app meets in the field: an engineer with an enrolment code, and an order that was sent to their phone."""

from typing import Any

from tests.journeys.installation import Installation
from tests.journeys.world import BROKEN_BELT, World, near, ok, wait_for

Json = dict[str, Any]
SITE = near(0.3)
CUSTOMER_PHONE = "13812345678"
CUSTOMER = "张师傅"
PARTS = {"EN_1012": 2, "EN_1013": 1}
"""What a broken belt asks for."""


class FieldWorld:
    """A world of its own, seen from one engineer."""

    def __init__(self, installation: Installation, name: str, *, depot: bool = False):
        """The parts lie in the engineer's van, or at a depot on the way."""
        self.installation = installation
        self.world = World(installation, name=name)
        self.depot = f"{name}-DEPOT"
        self.engineer = self.world.add_engineer("E1", near(0.1))
        if depot:
            self.world.add_place(self.depot, "depot", near(0.2), territory_id=self.world.territory_id)
        self.world.stock(self.depot if depot else self.engineer.van, **PARTS)
        self.truck = self.world.add_truck("TRUCK1")
        contact = {"name": CUSTOMER, "phone": CUSTOMER_PHONE}
        self.order_id = self.world.report(self.truck, SITE, symptom=BROKEN_BELT, contact=contact)["id"]
        self.appointment = self.world.appointment_of(self.order_id)
        wait_for(self.engineer.day, lambda day: day["appointments"])

    @property
    def url(self) -> str:
        return self.installation.address

    def person_id(self) -> str:
        me = ok(self.engineer.client.get("/accounts/v1/me"))
        subject: str = me["subject"]
        return subject

    def code(self) -> str:
        """What the dispatcher tells the engineer."""
        offered = ok(self.installation.admin.post(f"/accounts/v1/people/{self.person_id()}/enrolments"), 201)
        code: str = offered["code"]
        return code

    def order(self) -> Json:
        return self.world.order(self.order_id)

    def order_is(self, state: str, *, within_s: float = 40.0) -> Json:
        order: Json = wait_for(self.order, lambda order: order["state"] == state, within_s=within_s)
        return order

    def kinds(self) -> list[str]:
        """The kinds of everything that the order's timeline has, oldest first."""
        return [entry["kind"] for entry in self.world.timeline(self.order_id)]

    def answered(self) -> list[str]:
        """The operations that were answered for the order, as the audit has them."""
        rows = self.world.timeline(self.order_id)
        return [row["payload"]["operation"] for row in rows if row["kind"] == "operation.answered"]
