"""A field of phones and one server in virtual time: the network, the clocks and the outages come from a seed.

What decides is the product's own code: how a batch is read and sorted out, when a fact counts, which route an operation
takes, what an owner's refusal means, which step an appointment may take, where an order goes. Only storage and the wire
are played here.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from kit.problems import Problem
from kit.values import Place
from mobile_api.domain.operations import Envelope, effective_at, measured_skew, read_batch
from mobile_api.domain.routes import route_of
from mobile_api.domain.verdicts import Verdict, accepted, refused
from mobile_api.use_cases.intake import Batch, Taken, _sort_out
from services.dispatch.domain.appointments import CheckIn, State, check_step
from services.orders.domain import life

Json = dict[str, Any]
BEGAN = datetime(2026, 11, 26, tzinfo=UTC)
SITE = Place(117.12, 36.65)
STEPS = ("acknowledge", "depart", "check_in", "work_started", "diagnosed", "restored")
TO = {"acknowledge": "acknowledged", "depart": "travelling", "check_in": "on_site"}
SLOWEST_S = 20.0
"""A message that arrives at all arrives within this."""


@dataclass
class World:
    """Virtual time: what is due, in its order."""

    random: random.Random
    now: float = 0.0
    _due: list[tuple[float, int, Callable[[], object]]] = field(default_factory=list)
    _number: int = 0

    def after(self, seconds: float, what: Callable[[], object]) -> None:
        self._number += 1
        heapq.heappush(self._due, (self.now + seconds, self._number, what))

    def run(self, until: float) -> None:
        while self._due and self._due[0][0] <= until:
            self.now, _, what = heapq.heappop(self._due)
            what()

    @property
    def instant(self) -> datetime:
        return BEGAN + timedelta(seconds=self.now)


@dataclass
class Stored:
    """A row of the server."""

    id: str
    engineer_id: str
    device_id: str
    seq: int
    digest: str
    envelope: Envelope
    effective_at: datetime
    received_at: datetime
    verdict: Verdict | None = None


@dataclass
class Server:
    """Rows by id, appointments and orders with their states, and how often each operation had an effect."""

    world: World
    rows: dict[str, Stored] = field(default_factory=dict)
    waiting: list[Stored] = field(default_factory=list)
    appointments: dict[str, State] = field(default_factory=dict)
    dispatched_at: dict[str, datetime] = field(default_factory=dict)
    orders: dict[str, life.State] = field(default_factory=dict)
    effects: list[str] = field(default_factory=list)
    answered: dict[str, Verdict] = field(default_factory=dict)
    """What the owner keeps: the answer of each operation id."""
    owner_away_until: float = 0.0

    def take(self, engineer_id: str, device: str, body: Json) -> dict[str, str]:
        """The status of each operation, as mobile_api answers it."""
        batch = Batch(engineer_id, device, datetime.fromisoformat(body["sent_at"]), read_batch(body["operations"]))
        taken, new = _sort_out(batch, list(self.rows.values()))  # type: ignore[arg-type]
        skew = measured_skew(sent_at=batch.sent_at, received_at=self.world.instant)
        for sent in new:
            assert isinstance(sent.content, Envelope)
            known = self.dispatched_at[sent.content.appointment_id or ""]
            happened = effective_at(sent.content.at, skew=skew, dispatched_at=known, received_at=self.world.instant)
            row = Stored(
                sent.id, engineer_id, device, sent.seq, sent.digest, sent.content, happened, self.world.instant
            )
            self.rows[sent.id] = row
            self.waiting.append(row)
        self.apply()
        return {entry.id: self._status(entry) for entry in taken}

    def _status(self, entry: Taken) -> str:
        if entry.refused:
            return "rejected"
        verdict = self.rows[entry.id].verdict
        if verdict is None:
            return "received"
        return "duplicate" if entry.before and verdict.status == "applied" else verdict.status

    def apply(self) -> None:
        """Bring what waits to its owner, in the order of the numbers; an owner that is away keeps it waiting."""
        while self.waiting and self.world.now >= self.owner_away_until:
            row = min(self.waiting, key=lambda row: (row.engineer_id, row.device_id, row.seq))
            row.verdict = self._asked(row)
            if row.verdict is None:
                return
            self.waiting.remove(row)

    def _asked(self, row: Stored) -> Verdict | None:
        """The owner's word; now and then its reply is lost after the effect, and it is asked again later."""
        verdict = self.answered.get(row.id)
        if verdict is None:
            verdict = self.answered[row.id] = self._decide(row)
        return None if self.world.random.random() < 0.1 else verdict

    def _decide(self, row: Stored) -> Verdict:
        envelope = row.envelope
        visit, order = envelope.appointment_id or "", envelope.order_id or ""
        route = route_of(envelope.kind, appointment_id=visit, order_id=order)
        try:
            if route.owner == "dispatch":
                step: Any = TO[envelope.kind]
                check_step(self.appointments[visit], step)
                if step == "on_site":
                    CheckIn(site=SITE, place=SITE, accuracy_m=9.0).flagged(confirmed=False)
                self.appointments[visit] = step
            else:
                fact: Any = envelope.kind
                self.orders[order] = life.after(self.orders[order], fact)
        except Problem as problem:
            verdict = refused(problem.status, problem.document())
            assert verdict is not None
            return verdict
        self.effects.append(row.id)
        return accepted({"status": "applied"})


@dataclass
class Phone:
    """An installation whose clock is wrong by `ahead`, with an outbox and a network that comes and goes."""

    world: World
    server: Server
    engineer_id: str
    device: str
    ahead: timedelta
    visits: list[tuple[str, str]]
    outbox: list[Json] = field(default_factory=list)
    happened: dict[str, datetime] = field(default_factory=dict)
    """When each operation was truly done."""
    statuses: dict[str, str] = field(default_factory=dict)
    online_from: float = 0.0
    _seq: int = 0

    def work(self) -> None:
        """Take the next step somewhere, then rest for minutes or hours."""
        todo = [(visit, kind) for visit in self.visits for kind in STEPS if f"{visit[0]}{kind}" not in self.happened]
        if not todo:
            return
        (visit, order), kind = todo[0]
        self._seq += 1
        id_ = f"{self.world.random.getrandbits(128):032x}"
        id_ = f"{id_[:8]}-{id_[8:12]}-{id_[12:16]}-{id_[16:20]}-{id_[20:]}"
        about = {"appointment_id": visit, "order_id": order}
        clock = (self.world.instant + self.ahead).isoformat()
        self.outbox.append({"id": id_, "seq": self._seq, "kind": kind, "at": clock, **about})
        self.happened[f"{visit}{kind}"] = self.happened[id_] = self.world.instant
        self.world.after(self.world.random.choice((5, 60, 600, 7200)), self.work)

    def send(self) -> None:
        """Send what waits, in order; the request, its reply or both may be lost."""
        rng = self.world.random
        if rng.random() < 0.1:
            self.online_from = self.world.now + rng.choice((30.0, 3600.0, 86_400.0))
        if self.outbox and self.world.now >= self.online_from and rng.random() > 0.2:
            batch = self.outbox[: rng.randint(1, 6)]
            body = {"sent_at": (self.world.instant + self.ahead).isoformat(), "operations": batch}
            self.world.after(rng.uniform(0.02, SLOWEST_S / 2), lambda: self._arrives(body))
        self.world.after(rng.uniform(1, 120), self.send)

    def _arrives(self, body: Json) -> None:
        statuses = self.server.take(self.engineer_id, self.device, body)
        if self.world.random.random() > 0.3:
            self.world.after(self.world.random.uniform(0.02, SLOWEST_S / 2), lambda: self._answered(statuses))

    def _answered(self, statuses: dict[str, str]) -> None:
        self.statuses |= statuses
        self.outbox = [operation for operation in self.outbox if operation["id"] not in statuses]


def simulate(seed: int, *, days: float = 3.0) -> tuple[Server, list[Phone]]:
    """Days of field work from one seed, and then quiet until every queue is empty."""
    world = World(random.Random(seed))
    server = Server(world)
    phones = []
    for number in range(world.random.randint(1, 3)):
        visits = [(f"00000000-0000-0000-{number:04x}-{visit:012x}",) * 2 for visit in range(2)]
        for visit, order in visits:
            server.appointments[visit], server.orders[order] = "dispatched", "accepted"
            server.dispatched_at[visit] = BEGAN
        ahead = timedelta(seconds=world.random.choice((0, -259_200, 86_400, 7, -3_600)))
        phone = Phone(world, server, f"E{number}", "phone", ahead, visits)
        phones.append(phone)
        world.after(world.random.uniform(0, 600), phone.work)
        world.after(world.random.uniform(0, 60), phone.send)

    def owner_falls() -> None:
        server.owner_away_until = world.now + world.random.choice((1.0, 60.0, 7200.0))
        world.after(world.random.uniform(600, 40_000), owner_falls)

    def drains() -> None:
        server.apply()
        world.after(120, drains)

    world.after(world.random.uniform(600, 40_000), owner_falls)
    drains()
    world.run(days * 86_400)
    server.owner_away_until = 0.0
    for phone in phones:
        phone.online_from = 0.0
        phone.send = lambda: None  # type: ignore[method-assign]
        while phone.outbox:
            _settle(world, phone)
    while server.waiting:
        server.apply()
    return server, phones


def _settle(world: World, phone: Phone) -> None:
    body = {"sent_at": (world.instant + phone.ahead).isoformat(), "operations": list(phone.outbox)}
    phone._answered(phone.server.take(phone.engineer_id, phone.device, body))
