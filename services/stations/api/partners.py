"""Partner firms with their contracts, and what the vehicles of the bank are promised for."""

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, model_validator

from kit.auth import Principal
from kit.routes import service_router
from kit.values import Code, Wire
from kit.web import allow
from services.stations.api.wire import FromRow, Running
from services.stations.domain import VehicleClaim
from services.stations.store import bank
from services.stations.use_cases import bank_terms, blocks

router = service_router("stations", tag="replacement vehicles")
Reader = Annotated[Principal, allow("auditor", "dispatcher", "system")]
Keeper = Annotated[Principal, allow("dispatcher", "system")]


class ContractIn(Wire):
    """Both days belong to the contract; without one it is open on that side."""

    contract_from: date | None
    contract_until: date | None

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.contract_from and self.contract_until and self.contract_until < self.contract_from:
            raise ValueError("a contract ends on the day it starts or later")
        return self


class PartnerOut(FromRow):
    """`claimed_until`: when the last of what is held, booked or let of its `vehicles` will be over; none when all are
    free."""

    key: ClassVar[str] = "partner_id"

    id: str
    branch_id: str
    name: str
    phone: str | None
    contract_from: date | None
    contract_until: date | None
    vehicles: int
    claimed_until: datetime | None


class PartnerList(BaseModel):
    items: list[PartnerOut]


class ClaimOut(BaseModel):
    """`held` for a plan that is about to be published, `booked` by a published one, let (`rental`), or out of use
    (`block`, without an order)."""

    id: str
    kind: Literal["held", "booked", "rental", "block"]
    order_id: str | None
    start: datetime
    end: datetime
    underway: bool

    @classmethod
    def of(cls, claim: VehicleClaim) -> Self:
        outside = {bank_terms.RENTED: "rental", blocks.BLOCKED: "block"}
        kind = outside.get(claim.territory_id, "booked" if claim.expires_at is None else "held")
        named = {"id": "/".join(map(str, claim.key)), "order_id": claim.order_id}
        times = {"start": claim.span.start, "end": claim.span.end}
        return cls.model_validate({"kind": kind, "underway": claim.underway, **named, **times})


class ClaimList(BaseModel):
    items: list[ClaimOut]


@router.get("/partners")
async def list_partners(running: Running, caller: Reader, branch_id: Code | None = None) -> PartnerList:
    """The partner firms of the branches within one's scope."""
    async with running.db.read() as tx:
        rows = await bank.list_partners(tx, caller, branch_id=branch_id, now=running.clock.now())
    return PartnerList(items=[PartnerOut.of(row) for row in rows])


@router.put("/partners/{partner_id}/contract", status_code=204)
async def change_contract(partner_id: Code, body: ContractIn, running: Running, caller: Keeper) -> None:
    """From which day until which a partner's vehicles may be sent and let.

    What lies beyond: a booking stays until the territory's next plan, which cannot take the vehicle again; a vehicle
    under way and one on rent stay as they were agreed.
    """
    async with running.db.transaction() as tx:
        days = {"start": body.contract_from, "end": body.contract_until}
        await bank_terms.change_contract(tx, caller, partner_id, **days)


@router.get("/vehicles/{vehicle_id}/claims")
async def list_claims(vehicle_id: Code, running: Running, caller: Reader) -> ClaimList:
    """What a vehicle is promised for from now on, by start: the rest of the time that its partner offers it is free."""
    now = running.clock.now()
    async with running.db.read() as tx:
        await bank_terms.vehicle_seen(tx, caller, vehicle_id)
        claims = [one for one in await bank.claims_on(tx, [vehicle_id], now=now) if one.span.end > now]
    return ClaimList(items=[ClaimOut.of(one) for one in sorted(claims, key=lambda one: one.span.start)])
