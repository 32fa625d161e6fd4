"""Bugs, planted one at a time, that a round must notice: a harness that finds none of them would prove nothing.

Each is what somebody might write in good faith. They replace functions of the product before its processes start; the
product itself has no switch.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from kit.ids import new_id


@dataclass(frozen=True)
class Mutant:
    """`plant` changes our processes, `app` the phone, `postgres` the server. `kills`, `cuts` and `drop_reply` are
    the fire under which it shows, `operations` and `often` the work in which it does. `finds` is the pattern of the
    finding that it must cause: no other proves anything, a slow machine has findings of its own."""

    why: str
    finds: str
    plant: Callable[[], None] | None = None
    app: Sequence[str] = ()
    postgres: Mapping[str, str] = field(default_factory=dict)
    kills: Sequence[str] = ()
    kills_each: int = 3
    cuts: Sequence[str] = ()
    """Lines that are refused while the last things are told."""
    drop_reply: float = 0.0
    operations: int = 60
    trucks: int = 1
    """Breakdowns that are called in."""
    often: Sequence[str] = ()
    """What phones do ten times as often as usual."""


MUTANTS: dict[str, Mutant] = {}
NOT_STORED = "was acknowledged and is not stored"
NO_EFFECT = r"^(dispatch|orders|parts|stations|mobile): .*: \d+ of \d+"
UNTOLD = r"^(timeline: |orders: pieces ).*: \d+ of \d+|^mobile shows"
TWICE = r"\d+ instead of \d+"


def _mutant(why: str, finds: str, **more: Any) -> Callable[[Callable[[], None]], None]:
    def register(plant: Callable[[], None]) -> None:
        MUTANTS[plant.__name__] = Mutant(why, finds, plant, **more)

    return register


@_mutant(
    "an operation is answered first and written soon after", NOT_STORED, kills=("gateway", "postgres"), kills_each=5
)
def answered_before_written() -> None:
    from mobile_api.api import operations
    from mobile_api.api.wire import Result
    from mobile_api.use_cases.answering import Answer, take_and_apply
    from mobile_api.use_cases.intake import Batch

    tasks: set[asyncio.Task[None]] = set()

    async def hasty(context: Any, caller: Any, batch: Batch) -> list[Answer]:
        tasks.add(asyncio.create_task(later(context, caller, batch)))
        return [Answer(sent.id, "received") for sent in batch.operations]

    async def later(context: Any, caller: Any, batch: Batch) -> None:
        await asyncio.sleep(0.3)
        await take_and_apply(context, caller, batch)

    operations.take_and_apply = hasty  # type: ignore[attr-defined]
    operations._result = lambda answer: Result(id=answer.id, status="received")


@_mutant(
    "parts and orders forget which requests they have answered",
    f"{TWICE}|possible-duplicate",
    drop_reply=0.3,
    often=("parts_used", "pick_up"),
)
def owner_without_memory() -> None:
    from kit.idempotency import Once
    from services.orders.api import intake

    async def replay(*_: Any) -> None:
        return None

    async def replays(_: Any, requests: Sequence[Once]) -> list[Any]:
        return [None] * len(requests)

    Once.replay = replay  # type: ignore[assignment]
    intake.replays = replays  # type: ignore[assignment, attr-defined]


@_mutant(
    "dispatch forgets which steps it has taken",
    f"{TWICE}|invalid-transition",
    drop_reply=0.3,
    often=("check_in",),
)
def steps_without_memory() -> None:
    from services.dispatch.store import appointments

    async def answer_operations(tx: Any, rows: Sequence[Mapping[str, Any]]) -> set[str]:
        return {row["operation_id"] for row in rows}

    appointments.answer_operations = answer_operations


@_mutant(
    "each attempt goes to the owner under a new key",
    TWICE,
    drop_reply=0.5,
    operations=120,
    often=("parts_used", "pick_up"),
)
def new_key_each_time() -> None:
    from mobile_api import gateways

    apply = gateways.apply

    async def apply_anew(context: Any, call: Any, *, operation_id: str, actor: str, deadline_s: float) -> Any:
        return await apply(context, call, operation_id=new_id(), actor=actor, deadline_s=deadline_s)

    gateways.apply = apply_anew


@_mutant("an owner that is out of reach counts as having agreed", NO_EFFECT, kills=("owners",))
def silence_is_consent() -> None:
    from mobile_api import gateways
    from mobile_api.domain.verdicts import Verdict

    apply = gateways.apply

    async def trusting(*args: Any, **named: Any) -> Any:
        return await apply(*args, **named) or Verdict("applied")

    gateways.apply = trusting


@_mutant("an owner that fails has refused", "owner-failed", kills=("owners",), drop_reply=0.2)
def outage_is_refusal() -> None:
    from mobile_api import gateways
    from mobile_api.domain.verdicts import Verdict

    apply = gateways.apply

    async def strict(*args: Any, **named: Any) -> Any:
        return await apply(*args, **named) or Verdict("rejected", reason="owner-failed")

    gateways.apply = strict


@_mutant("what waits for its owner is not tried again", "nobody will take up", kills=("owners",))
def nobody_tries_again() -> None:
    from mobile_api.store import lanes

    keep = lanes.keep

    async def forgetting(tx: Any, kept: Sequence[lanes.Kept]) -> None:
        await keep(tx, kept)
        freed = [lane.engineer_id for lane in kept if lane.lease is None]
        await tx.execute(text("UPDATE lanes SET due_at = NULL WHERE engineer_id = ANY(:freed)"), {"freed": freed})

    lanes.keep = forgetting


@_mutant("a lane belongs for ever to whoever took it", "leased without end", kills=("gateway",))
def lease_without_end() -> None:
    from mobile_api.store import lanes

    lanes.LEASE = timedelta(days=1)


@_mutant(
    "a photo is answered first and kept soon after",
    "not whole in the vault",
    kills=("gateway",),
    kills_each=5,
    often=("photo",),
)
def photos_kept_later() -> None:
    from mobile_api.photos.vault import Vault

    keep, tasks = Vault.keep, set()

    async def hasty(self: Vault, sha256: str, **what: bytes) -> None:
        tasks.add(asyncio.create_task(later(self, sha256, **what)))

    async def later(self: Vault, sha256: str, **what: bytes) -> None:
        await asyncio.sleep(5)
        await keep(self, sha256, **what)

    Vault.keep = hasty  # type: ignore[method-assign]


@_mutant("final answers get no change number of their own", "was not told of", kills=("owners",))
def answers_nobody_is_told() -> None:
    from mobile_api.use_cases import lane

    numbered, kept = lane._numbered, lane._kept

    def same(outcome: lane.Outcome, changes: int, now: Any) -> Any:
        return [answer | {"change": changes} for answer in numbered(outcome, changes, now)]

    def no_further(outcome: lane.Outcome, lane: Any, now: Any) -> Any:
        return replace(kept(outcome, lane, now), changes=lane.changes)

    lane._numbered, lane._kept = same, no_further


@_mutant("what dispatch tells of appointments gets no change number", "was not told of")
def news_nobody_is_told() -> None:
    from mobile_api.store import visits

    put = visits.put

    async def quiet(tx: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        await put(tx, [row | {"change": 0} for row in rows])  # type: ignore[operator]

    visits.put = quiet


@_mutant(
    "facts are told after the commit instead of in it",
    f"{NO_EFFECT}|{UNTOLD}",
    kills=("gateway", "owners"),
    kills_each=5,
)
def told_after_the_commit() -> None:
    from kit.db import TOLD, Database

    @asynccontextmanager
    async def transaction(self: Database, *, patient: bool = True) -> Any:
        async with self._engine.begin() as tx:
            tx.info.pop(TOLD, None)
            yield tx
            told = tx.info.pop(TOLD, None)
        if told is not None:
            await asyncio.sleep(0.3)
            async with self._engine.begin() as after:
                await told.write(after)
            for wake in self.after_commit:
                wake()

    Database.transaction = transaction  # type: ignore[method-assign]


@_mutant("a feed moves on before its effect is there", UNTOLD, kills=("owners", "postgres"), kills_each=5)
def cursor_before_effect() -> None:
    from sqlalchemy import update

    from kit.feed import _CURSOR, Consumer

    async def hasty(self: Consumer, events: Any) -> bool:
        async with self._db.transaction() as tx:
            cursor = (await tx.execute(_CURSOR.select().where(self._mine).with_for_update(skip_locked=True))).first()
        new = [event for event in events if cursor is not None and event.seq > cursor.after]
        fresh = [event for event in new if self._subscription.takes(event)]
        if not new:
            self._after = None
            return cursor is not None
        async with self._db.transaction() as tx:
            await tx.execute(update(_CURSOR).where(self._mine).values(after=events[-1].seq))
        self._after = events[-1].seq
        await asyncio.sleep(0.3)
        async with self._db.transaction() as tx:
            await self._subscription.apply(tx, fresh)
        self._after = events[-1].seq
        return True

    Consumer._apply = hasty  # type: ignore[method-assign]


@_mutant(
    "who waits for facts looks only when Redis says so",
    r"has read \d+ of \d+|told as received",
    cuts=("gateway-valkey", "owners-valkey"),
)
def redis_is_the_truth() -> None:
    from kit import wake

    wake.LOOK_ALONE_S = wake.LOOK_ANYWAY_S = 3600.0
    wake.Wakeups._wake_all_here = lambda _: None  # type: ignore[assignment, method-assign]


@_mutant(
    "points of a track are kept without looking whether they are there",
    r"^position \S+ is (received|rejected)",
    drop_reply=0.5,
    often=("position",),
)
def tracks_without_memory() -> None:
    from sqlalchemy import insert

    from services.stations.store import positions
    from services.stations.tables import track

    async def add_points(tx: Any, rows: Any) -> set[Any]:
        if rows:
            await tx.execute(insert(track).values(list(rows)))
        return {(row["engineer_id"], row["at"]) for row in rows}

    positions.add_points = add_points


@_mutant(
    "a plan does not look at what a dispatcher has locked",
    "an override that was undone",
    operations=600,
    trucks=12,
    often=("offer",),
)
def plans_without_locks() -> None:
    from services.dispatch.store import decisions

    async def none_at_all(*_: Any) -> dict[str, Any]:
        return {}

    decisions.locks = none_at_all  # type: ignore[assignment]


MUTANTS["database_answers_before_the_disk"] = Mutant(
    "PostgreSQL acknowledges what it has not written",
    f"{NOT_STORED}|{NO_EFFECT}|{UNTOLD}",
    postgres={
        "synchronous_commit": "off",
        # What a kill takes along is what lies in its own memory: it must not be written for other reasons.
        "wal_writer_delay": "10s",
        "wal_writer_flush_after": "1GB",
        "wal_buffers": "64MB",
    },
    kills=("postgres",),
    kills_each=5,
)
MUTANTS["app_forgets_what_it_sent"] = Mutant(
    "the app forgets what it has sent", "was never acknowledged", app=("forgets",), kills=("gateway",)
)
MUTANTS["app_makes_new_ids"] = Mutant(
    "the app sends what was not answered again as something new",
    f"{TWICE}|invalid-transition",
    app=("rekeys",),
    drop_reply=0.3,
)
