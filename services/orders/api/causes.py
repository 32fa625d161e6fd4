"""Fault → causes → kit: what is likely, with its evidence, and what it turned out to be."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field
from sqlalchemy import Row

from kit.auth import Principal
from kit.routes import service_router
from kit.values import Code, LongText, Wire
from kit.web import Caller, allow
from services.orders.api.calls import AssetNamed
from services.orders.api.wire import Running
from services.orders.domain.causes import Ranked
from services.orders.domain.faults import FaultCode, KitLine
from services.orders.use_cases import causes
from services.orders.use_cases.import_rows import WireFaultCode

router = service_router("orders", tag="causes")


class CauseOut(BaseModel):
    """A cause on its list; `parts` are the pieces that mend it."""

    cause: str
    name_zh: str
    name_en: str
    prior: float
    parts: dict[str, int]


class CausesOut(BaseModel):
    """The causes of a fault, `other` last."""

    fault: str
    name_zh: str
    name_en: str
    causes: list[CauseOut]


class OrdersOut(BaseModel):
    """Closed orders with this cause, each at its nearest level."""

    machine: int
    band: int
    model: int
    others: int


class RankedOut(CauseOut):
    """`count` is prior plus weighed orders, `share` its part of the fault's counts, `spread` a standard deviation."""

    orders: OrdersOut
    count: float
    share: float
    spread: float

    @classmethod
    def of(cls, ranked: Ranked) -> Self:
        cause, orders = ranked.cause, ranked.orders
        return cls(
            cause=cause.cause,
            name_zh=cause.name_zh,
            name_en=cause.name_en,
            prior=cause.prior,
            parts=dict(cause.parts),
            orders=OrdersOut(
                machine=int(orders.machine), band=int(orders.band), model=int(orders.model), others=int(orders.others)
            ),
            count=ranked.count,
            share=ranked.share,
            spread=ranked.spread,
        )


class FaultOut(BaseModel):
    fault: str
    name_zh: str
    name_en: str
    causes: list[RankedOut]


class KitPartOut(BaseModel):
    """`probability` that the part is needed, given that the cause is a listed one."""

    part: str
    quantity: int
    probability: float

    @classmethod
    def of(cls, line: KitLine) -> Self:
        return cls(part=line.part, quantity=line.quantity, probability=line.probability)


class KitOut(BaseModel):
    """What goes along and what is left out because carrying it costs more than it saves."""

    lines: list[KitPartOut]
    left_out: list[KitPartOut]
    fix_chance: float
    carry_fen: int
    unpriced: list[str]


class FoundOut(BaseModel):
    """What a fault turned out to be."""

    fault: str
    cause: str
    note: str
    told_by: str
    told_at: datetime

    @classmethod
    def of(cls, row: Row[tuple[str, ...]]) -> Self:
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class Weights(BaseModel):
    """How much a closed order of each level counts."""

    machine: float
    band: float
    model: float
    others: float


class AdviceOut(BaseModel):
    """Likely causes for a machine of this model and age band, the kit, and what was told so far."""

    model: str
    band: str
    weights: Weights
    faults: list[FaultOut]
    kit: KitOut
    found: list[FoundOut]

    @classmethod
    def build(cls, advice: causes.Advice, weights: Weights, found: list[FoundOut]) -> Self:
        kit = advice.kit
        return cls(
            model=advice.machine.model,
            band=advice.band,
            weights=weights,
            faults=[
                FaultOut(
                    fault=fault.fault,
                    name_zh=fault.name_zh,
                    name_en=fault.name_en,
                    causes=[RankedOut.of(one) for one in ranked],
                )
                for fault, ranked in advice.faults
            ],
            kit=KitOut(
                lines=[KitPartOut.of(line) for line in kit.lines],
                left_out=[KitPartOut.of(line) for line in kit.left_out],
                fix_chance=kit.fix_chance,
                carry_fen=round(kit.carry_fen),
                unpriced=list(advice.unpriced),
            ),
            found=found,
        )


class DiagnosisIn(Wire):
    """A machine and what is wrong with it: codes, words, or both."""

    asset: AssetNamed
    fault_codes: Annotated[list[WireFaultCode], Field(max_length=50)] = Field(default_factory=list)
    symptom: LongText | None = None


class FoundIn(Wire):
    """What the fault turned out to be; `other` when it is on no list, with a note that says what it was."""

    cause: Code
    note: LongText = ""


@router.get("/causes")
async def list_causes(running: Running, _: Caller) -> list[CausesOut]:
    """Every fault with its list of causes."""
    knowledge = await running.experience.get()
    return [
        CausesOut(
            fault=fault.fault,
            name_zh=fault.name_zh,
            name_en=fault.name_en,
            causes=[
                CauseOut(**{name: getattr(cause, name) for name in ("cause", "name_zh", "name_en", "prior", "parts")})
                for cause in knowledge.of(fault.fault)
            ],
        )
        for fault in running.catalogue.faults
    ]


@router.post("/diagnoses")
async def diagnose(
    body: DiagnosisIn, running: Running, _: Principal = allow("dispatcher", "station", "system")
) -> AdviceOut:
    """Likely causes and the kit for a machine, before there is an order. Keeps nothing."""
    named = body.asset
    codes = [FaultCode(code.spn, code.fmi) for code in body.fault_codes]
    advice = await causes.advise(running, named.name(), symptom=body.symptom, codes=codes)
    return AdviceOut.build(advice, _weights(running), [])


@router.get("/orders/{order_id}/causes")
async def read_causes(order_id: str, running: Running, caller: Caller) -> AdviceOut:
    """Likely causes of an order's faults as things stand now, with their evidence."""
    return await _of_order(running, caller, order_id)


@router.put("/orders/{order_id}/causes/{fault}")
async def tell_cause(
    order_id: str,
    fault: Code,
    body: FoundIn,
    running: Running,
    caller: Principal = allow("dispatcher", "station", "engineer"),
) -> AdviceOut:
    """Says what a fault turned out to be; counts from when the order is closed, the last word on a fault holds."""
    await causes.tell(running, caller, order_id, causes.Told(fault, body.cause, body.note))
    return await _of_order(running, caller, order_id)


async def _of_order(running: Running, caller: Principal, order_id: str) -> AdviceOut:
    advice, told = await causes.advise_order(running, caller, order_id)
    return AdviceOut.build(advice, _weights(running), [FoundOut.of(row) for row in told])


def _weights(running: Running) -> Weights:
    weights = running.catalogue.causes.weights
    return Weights(machine=weights.machine, band=weights.band, model=weights.model, others=weights.others)
