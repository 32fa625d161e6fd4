"""Three who decide about the same appointments in virtual time: the optimiser, a dispatcher, engineers without signal.

What decides is the product's own code: what a plan may change, which step an appointment may take, what a refusal means
to a phone. Played here are the plans themselves (they are drawn), the compare-and-set of a publication and the wire.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from kit.problems import Problem
from mobile_api.domain.verdicts import refused
from services.dispatch.domain.appointments import Slot, State, check_step
from services.dispatch.domain.plan_diff import Changes, PlanIsStale, difference
from services.dispatch.domain.published import PlannedRoute, PlannedStop, Proposal, UnassignedOrder
from services.dispatch.domain.standing import Appointment, Lock
from tests.sim.field import BEGAN, SITE, TO, World

ENGINEERS = ("E1", "E2", "E3")
ORDERS = ("A", "B", "C", "D")
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Read:
    """What somebody has read before deciding."""

    epoch: int
    standing: dict[str, Appointment]
    locks: dict[str, Lock]
    completed: tuple[str, ...]


def by_slot(leads: dict[str, Appointment]) -> dict[Slot, Appointment]:
    return {one.slot: one for one in leads.values()}


@dataclass
class Desk:
    """The territory as dispatch and orders keep it; `broken` is what no publication may have done."""

    world: World
    tell: Callable[[Appointment], None]
    epoch: int = 0
    active: dict[str, Appointment] = field(default_factory=dict)
    """By order."""
    states: dict[str, State] = field(default_factory=dict)
    """Of every appointment that there ever was."""
    locks: dict[str, Lock] = field(default_factory=dict)
    completed: list[str] = field(default_factory=list)
    stale: int = 0
    broken: list[str] = field(default_factory=list)

    def read(self) -> Read:
        return Read(self.epoch, dict(self.active), dict(self.locks), tuple(self.completed))

    def publish(self, read: Read, plan: Proposal, lock: Lock | None = None) -> bool:
        """Whether it was published; not when it is stale."""
        try:
            if read.epoch != self.epoch:
                raise PlanIsStale("another plan was faster")
            changes = difference(plan, basis=by_slot(read.standing), current=by_slot(self.active))
        except PlanIsStale:
            self.stale += 1
            return False
        self.epoch += 1
        if lock is not None:
            self.locks[lock.order_id] = lock
        self._write(changes, read)
        return True

    def _write(self, changes: Changes, read: Read) -> None:
        before = dict(self.active)
        for ending in changes.ended:
            self._end(ending.appointment, "cancelled")
        for move in changes.moved:
            moved = replace(move.appointment, engineer_id=move.wanted.engineer_id, start=move.wanted.start)
            self.active[moved.order_id] = replace(moved, end=move.wanted.end, version=moved.version + 1)
        for wanted in changes.new:
            id_ = f"{wanted.order_id} {self.epoch}"
            stands = (wanted.order_id, wanted.engineer_id, "dispatched", 1, wanted.start, wanted.end, wanted.site)
            self.active[wanted.order_id] = Appointment(id_, *stands)  # type: ignore[arg-type]
            self.states[id_] = "dispatched"
            self.tell(self.active[wanted.order_id])
        self._look(before, read)

    def _look(self, before: dict[str, Appointment], read: Read) -> None:
        for order, lock in self.locks.items():
            now = self.active.get(order)
            if now is not None and now.engineer_id != lock.engineer_id:
                self.broken.append(f"the override of {order} was undone")
        for order, was in before.items():
            if was.state in ("travelling", "on_site") and self.active.get(order) != was:
                self.broken.append(f"{order} was taken from an engineer who is {was.state}")
        for order in self.completed:
            # Of an order that had no appointment when the plan was read, only the next plan knows that it is done.
            if order in self.active and (order in read.completed or order in read.standing):
                self.broken.append(f"{order} was planned again when it was done")

    def step(self, appointment_id: str, kind: str) -> str:
        """What the phone is told of a step."""
        to: Any = TO[kind]
        try:
            check_step(self.states[appointment_id], to)
        except Problem as problem:
            verdict = refused(problem.status, problem.document())
            assert verdict is not None
            return verdict.status
        self.states[appointment_id] = to
        order = appointment_id.split(maxsplit=1)[0]
        if (now := self.active.get(order)) is not None and now.id == appointment_id:
            self.active[order] = replace(now, state=to, version=now.version + 1)
        return "applied"

    def complete(self, order: str) -> str:
        """Whoever did it: the order is done once, and nobody has to come any more."""
        if order in self.completed:
            return "superseded"
        self.completed.append(order)
        if order in self.active:
            self._end(self.active[order], "done")
        return "applied"

    def _end(self, appointment: Appointment, state: State) -> None:
        self.states[appointment.id] = state
        if self.active[appointment.order_id].id == appointment.id:
            del self.active[appointment.order_id]


def planned(rng: random.Random, read: Read, orders: list[str], lock: Lock | None = None) -> Proposal:
    """Any plan that obeys what was read: who is under way stays, what is locked stays with its engineer."""
    locks = read.locks | ({lock.order_id: lock} if lock else {})
    routes, unassigned = [], []
    for order in orders:
        now = read.standing.get(order)
        engineer, start = rng.choice(ENGINEERS), BEGAN + rng.randrange(48) * HOUR
        if now is not None and (now.frozen or rng.random() < 0.5):
            engineer, start = now.engineer_id, now.start
        if order in locks and not (now is not None and now.frozen):
            engineer = locks[order].engineer_id
        elif rng.random() < 0.15 and not (now is not None and now.frozen):
            unassigned.append(UnassignedOrder(order_id=order, reason="capacity"))
            continue
        stop = PlannedStop(
            kind="order", order_id=order, lon=SITE.lon, lat=SITE.lat, arrival=start, start=start, end=start + HOUR
        )
        routes.append(_route(engineer, stop))
    figures = dict.fromkeys(("cost_fen", "served", "orders", "clocks", "clocks_kept"), 0)
    lists: dict[str, Any] = {name: [] for name in ("parts", "cases", "predictions")}
    said: dict[str, Any] = {"by_rule": {}, "engine": "drawn", "seed": 1, "travel_source": "none", "degraded": False}
    return Proposal(routes=routes, unassigned=unassigned, **lists, **said, **figures)


def _route(engineer: str, stop: PlannedStop) -> PlannedRoute:
    ends: dict[str, Any] = {"from_lon": SITE.lon, "from_lat": SITE.lat, "to_lon": SITE.lon, "to_lat": SITE.lat}
    driven = dict.fromkeys(("travel_s", "travel_m", "overtime_s"), 0)
    times = {"shift_start": BEGAN, "depart": stop.start, "return_at": stop.end}
    return PlannedRoute(engineer_id=engineer, stops=[stop], **times, **ends, **driven)


@dataclass
class Hands:
    """One history: everybody acts at drawn times, and reads long before they write."""

    world: World
    told: dict[str, list[str]] = field(default_factory=dict)
    """What each phone's steps were answered, by appointment."""
    done: set[str] = field(default_factory=set)
    """Orders that an engineer has finished and whose word has arrived."""

    def __post_init__(self) -> None:
        self.desk = Desk(self.world, self._sent)

    @property
    def _rng(self) -> random.Random:
        return self.world.random

    def _open(self) -> list[str]:
        return [order for order in ORDERS if order not in self.desk.completed]

    def optimise(self) -> None:
        """Read, think for up to an hour, publish."""
        read, orders = self.desk.read(), self._open()
        plan = planned(self._rng, read, orders)
        self.world.after(self._rng.uniform(1, 3_600), lambda: self.desk.publish(read, plan))
        self.world.after(self._rng.uniform(60, 7_200), self.optimise)

    def override(self) -> None:
        """A dispatcher fixes an engineer on an order that nobody is on the way to."""
        read = self.desk.read()
        free = [order for order in self._open() if order in read.standing and not read.standing[order].frozen]
        if free:
            order = self._rng.choice(free)
            lock = Lock(order, self._rng.choice(ENGINEERS), "resource")
            plan = planned(self._rng, read, self._open(), lock)
            self.world.after(self._rng.uniform(1, 600), lambda: self.desk.publish(read, plan, lock))
        self.world.after(self._rng.uniform(600, 20_000), self.override)

    def _sent(self, appointment: Appointment) -> None:
        """Its engineer goes there and works, and the server hears of each step when there is signal."""
        id_, at, heard = appointment.id, 0.0, 0.0
        self.told[id_] = []
        if self._rng.random() < 0.3:
            return  # not today
        for kind in ("acknowledge", "depart", "check_in", "complete"):
            at += self._rng.choice((60, 1_800, 14_400))
            heard = max(heard, at + self._rng.choice((0, 0, 60, 36_000)))
            self.world.after(heard, lambda kind=kind: self._heard(id_, kind))  # type: ignore[misc]

    def _heard(self, appointment_id: str, kind: str) -> None:
        order = appointment_id.split(maxsplit=1)[0]
        if kind == "complete":
            self.done.add(order)
            self.told[appointment_id].append(self.desk.complete(order))
        else:
            self.told[appointment_id].append(self.desk.step(appointment_id, kind))


def decide(seed: int, *, days: float = 3.0) -> Hands:
    """Days of decisions from one seed."""
    hands = Hands(World(random.Random(seed)))
    hands.optimise()
    hands.override()
    hands.world.run(days * 86_400)
    return hands
