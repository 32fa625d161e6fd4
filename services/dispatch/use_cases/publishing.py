"""The second half of publishing: one transaction that compares the epoch, changes the appointments and tells all."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from psycopg.errors import ExclusionViolation
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from kit import journal
from kit.ids import new_id
from services.messages import (
    AppointmentPlanned,
    ExpertLine,
    LackedLine,
    OrderOverridden,
    OrderUnassigned,
    PlanPublished,
    PromiseRiskChanged,
    ReplacementDecided,
    StockLine,
    VehicleLine,
)

from ..context import DispatchContext
from ..domain.plan_diff import Changes, PlanIsStale, Wanted, difference
from ..domain.published import Joining, Proposal, SourcedLine, VehicleCase
from ..domain.sourcing import Lacked
from ..domain.telling import due_cases, newly_unassigned, risk_news, same_for_people
from ..store import appointments, decisions, plans, territories
from .appointing import SOLVER, dispatch_due, end_appointment
from .holding import Held


@dataclass(frozen=True, slots=True)
class Decision:
    """A dispatcher's override, to be written with the plan that obeys it."""

    row: dict[str, Any]
    difference_fen: int


async def publish(
    context: DispatchContext,
    held: Held,
    *,
    actor: str = SOLVER,
    decision: Decision | None = None,
    settled: bool = False,
) -> int:
    """Publish by compare-and-set on (territory, epoch); the new epoch.

    `settled`: the plan was improved as far as it will be, so its replacement vehicles are decided now. Raises
    PlanIsStale when another plan was faster, or when a phone or a person did something that this plan contradicts.
    """
    try:
        async with context.db.transaction() as tx:
            await _Publication(context, held, tx, actor).run(decision, settled=settled)
    except IntegrityError as error:
        if isinstance(error.orig, ExclusionViolation):
            raise PlanIsStale("an engineer is booked by now at a time that this plan needs") from error
        raise
    return held.epoch


class _Publication:
    """The writing of one plan in one transaction."""

    def __init__(self, context: DispatchContext, held: Held, tx: AsyncConnection, actor: str):
        self._context = context
        self._held = held
        self._tx = tx
        self._actor = actor
        self._scene = held.prepared.scene
        self._territory = self._scene.standing.territory_id
        self._orders = {order.id: order for order in self._scene.facts.orders}
        self._now = context.clock.now()

    async def run(self, decision: Decision | None, *, settled: bool) -> None:
        standing = self._scene.standing
        basis = territories.Basis(standing.requested, self._scene.facts.known_seq)
        raised = await territories.raise_epoch(
            self._tx, territory_id=self._territory, epoch=standing.epoch, basis=basis
        )
        if not raised:
            raise PlanIsStale(f"epoch {standing.epoch} of {self._territory} is not the newest any more")
        current = await appointments.active(self._tx, self._territory)
        changes = difference(self._held.proposal, basis=standing.appointments, current=current)
        await self._hold(changes)
        proposal = self._held.proposal.without(changes.overtaken)
        last = await plans.newest(self._tx, self._territory)
        await plans.add(self._tx, territory_id=self._territory, epoch=self._held.epoch, at=self._now, proposal=proposal)
        if decision is not None:
            await self._override(decision)
        await self._appointments(changes)
        await self._tell_plan(proposal, changes)
        await self._tell_unassigned(proposal, last.proposal if last else None)
        await self._tell_risks(proposal)
        policy = self._context.policy
        due = due_cases(proposal, now=self._now, decide_before=policy.decide_before, settled=settled)
        await decide_cases(self._context, self._tx, self._territory, due, actor=self._actor)

    async def _hold(self, changes: Changes) -> None:
        """What is changed is as it was read, and stays so: a phone may have taken a step just now."""
        known = [one.appointment for one in changes.ended] + [one.appointment for one in changes.moved]
        rows = await appointments.hold(self._tx, [one.id for one in known], wait=True) if known else {}
        if any(one.id not in rows or rows[one.id].version != one.version for one in known):
            raise PlanIsStale("an engineer took a step while the plan was written")

    async def _override(self, decision: Decision) -> None:
        row = decision.row
        await decisions.add_override(self._tx, row)
        message = OrderOverridden(
            order_id=row["order_id"],
            territory_id=self._territory,
            engineer_id=row["engineer_id"],
            reason=row["reason"],
            counterfactual_fen=decision.difference_fen,
        )
        await journal.append(self._tx, message, subject=row["order_id"], actor=self._actor)

    async def _appointments(self, changes: Changes) -> None:
        for ending in changes.ended:
            await end_appointment(
                self._tx,
                appointment_id=ending.appointment.id,
                order_id=ending.appointment.order_id,
                engineer_id=ending.appointment.engineer_id,
                role=ending.appointment.role,
                territory_id=self._territory,
                reason=ending.reason,
                at=self._now,
                actor=self._actor,
            )
        moved = [self._row(move.appointment.id, move.wanted) for move in changes.moved]
        tolerance = timedelta(seconds=self._context.policy.price.change_time_tolerance_seconds)
        await appointments.reschedule(self._tx, moved, tolerance=tolerance)
        new = [self._row(new_id(), wanted) | {"state": "planned"} for wanted in changes.new]
        await appointments.add(self._tx, new)
        for move in changes.moved:
            if move.told:
                version = move.appointment.version + 1
                await self._tell_planned(self._row(move.appointment.id, move.wanted), version)
        for row in new:
            await self._tell_planned(row, 1)
        await dispatch_due(self._context, self._tx, self._territory, now=self._now, actor=self._actor)

    def _row(self, appointment_id: str, wanted: Wanted) -> dict[str, Any]:
        order = self._orders.get(wanted.order_id)
        return {
            "id": appointment_id,
            "order_id": wanted.order_id,
            "territory_id": self._territory,
            "engineer_id": wanted.engineer_id,
            "role": wanted.role,
            "epoch": self._held.epoch,
            "scheduled_start": wanted.start,
            "scheduled_end": wanted.end,
            "lon": wanted.site.lon,
            "lat": wanted.site.lat,
            "place_error_m": order.place_error_m if order else 0,
            "station_id": order.station_id if order else None,
            "sourcing": wanted.sourcing,
            "expert_id": wanted.expert_id,
        }

    async def _tell_planned(self, row: dict[str, Any], version: int) -> None:
        message = AppointmentPlanned(
            order_id=row["order_id"],
            appointment_id=row["id"],
            engineer_id=row["engineer_id"],
            territory_id=self._territory,
            scheduled_start=row["scheduled_start"],
            scheduled_end=row["scheduled_end"],
            version=version,
            role=row["role"],
        )
        await journal.append(self._tx, message, subject=row["id"], actor=self._actor)

    async def _tell_plan(self, proposal: Proposal, changes: Changes) -> None:
        sent = [one.case for one in self._scene.standing.cases.values() if not one.delivered]
        new = [case for case in proposal.cases if not case.sent]
        message = PlanPublished(
            territory_id=self._territory,
            epoch=self._held.epoch,
            stock=[_stock_line(line) for line in self._held.lines if line.order_id not in changes.overtaken],
            vehicles=[_vehicle_line(case) for case in (*sent, *new)],
            experts=[_expert_line(one) for one in proposal.experts],
            lacked=[_lacked_line(one) for one in self._held.lacked if one.order_id not in changes.overtaken],
        )
        await journal.append(self._tx, message, subject=self._territory, actor=self._actor)

    async def _tell_unassigned(self, proposal: Proposal, last: Proposal | None) -> None:
        for one in newly_unassigned(proposal, last):
            message = OrderUnassigned(order_id=one.order_id, territory_id=self._territory, reason=one.reason)
            await journal.append(self._tx, message, subject=one.order_id, actor=self._actor)

    async def _tell_risks(self, proposal: Proposal) -> None:
        told = await decisions.told_predictions(self._tx, self._territory)
        news = risk_news(proposal.predictions, told)
        await decisions.tell_predictions(self._tx, territory_id=self._territory, told=news)
        for one in news:
            message = PromiseRiskChanged(
                order_id=one.order_id,
                territory_id=self._territory,
                clock=one.clock,
                predicted=one.predicted,
                chance=one.chance,
                due=one.due,
            )
            await journal.append(self._tx, message, subject=one.order_id, actor=self._actor)


def _stock_line(line: SourcedLine) -> StockLine:
    return StockLine(
        line=line.name,
        order_id=line.order_id,
        part=line.used_part,
        quantity=line.quantity,
        place_id=line.place_id,
        source=line.source,
        engineer_id=line.engineer_id,
        arrives_at=line.arrives_at,
        fee_fen=line.fee_fen,
    )


def _lacked_line(one: Lacked) -> LackedLine:
    return LackedLine(order_id=one.order_id, part=one.line.part, quantity=one.line.quantity)


def _expert_line(one: Joining) -> ExpertLine:
    return ExpertLine(line=one.order_id, order_id=one.order_id, expert_id=one.expert_id, start=one.start, end=one.end)


def _vehicle_line(case: VehicleCase) -> VehicleLine:
    return VehicleLine(
        line=case.order_id,
        order_id=case.order_id,
        vehicle_id=case.vehicle_id,
        start=case.depart,
        end=case.free_at,
    )


async def decide_cases(
    context: DispatchContext, tx: AsyncConnection, territory_id: str, due: list[VehicleCase], *, actor: str = SOLVER
) -> None:
    """Decide replacement vehicles: from now on their price is sunk and the partner's driver is told."""
    for case in due:
        await decisions.decide(tx, territory_id=territory_id, case=case, at=context.clock.now())
        message = ReplacementDecided(
            order_id=case.order_id,
            territory_id=territory_id,
            vehicle_id=case.vehicle_id,
            decide_by=case.decide_by,
            at_truck=case.cargo_at - context.policy.handover,
            delivered=case.delivered_at,
            cost_fen=case.fen,
        )
        await journal.append(tx, message, subject=case.order_id, actor=actor)


def is_news(held: Held) -> bool:
    """Whether publishing the proposal would change anything for anybody."""
    standing = held.prepared.scene.standing
    changes = difference(held.proposal, basis=standing.appointments, current=standing.appointments)
    return not changes.empty or not same_for_people(held.proposal, held.prepared.last)
