"""A phone and the server against a model of both: each operation has one effect and one answer, whatever happens."""

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, pairwise
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from kit.auth import service_token
from kit.ids import new_id
from kit.settings import Settings
from mobile_api.use_cases import draining, intake, lane
from tests.mobile_api.conftest import Field, WithOwners
from tests.mobile_api.owners import Owners
from tests.running import System

Json = dict[str, Any]
T = TypeVar("T")
KINDS = ("acknowledge", "depart", "work_started", "diagnosed", "parts_used", "delay")
OWNERS = ("dispatch", "orders", "parts")
FINAL = ("applied", "rejected", "superseded")
GENERATED = hypothesis_settings(
    max_examples=12,
    stateful_step_count=18,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    print_blob=True,
)
_numbers = count(1)


@dataclass
class Told:
    """One operation as the model knows it: whether the phone has an answer, and the final one once there is one."""

    operation: Json
    device: str
    doomed: bool
    """Its owner refuses it for good."""
    answered: bool = False
    final: str | None = None


@dataclass
class Here:
    """The running system, for steps that are not asynchronous."""

    runner: asyncio.Runner
    field: Field

    def do(self, work: Awaitable[T]) -> T:
        async def waited() -> T:
            return await work

        return self.runner.run(waited())


class PhoneMachine(RuleBasedStateMachine):
    """The model: an outbox in order, a ledger of answers, and what the owners have done."""

    here: Here

    @initialize()
    def begin(self) -> None:
        number = next(_numbers)
        self.phone = self.here.do(self.here.field.engineer(f"M-{number}"))
        self.other = self.here.do(self.here.field.engineer(f"N-{number}"))
        self.visits = [self.here.do(self.here.field.appointment(self.phone)) for _ in range(2)]
        self.told: dict[str, Told] = {}
        self.device = "first"
        self.heard: dict[str, str] = {}
        self.cursor: str | None = None

    @property
    def owners(self) -> Owners:
        return self.here.field.owners

    @rule(kind=st.sampled_from(KINDS), visit=st.integers(0, 1), doomed=st.sampled_from((False, False, False, True)))
    def tell(self, kind: str, visit: int, doomed: bool) -> None:
        """The engineer does something; the phone writes it down."""
        mark = f"doomed {new_id()}" if doomed else "fine"
        payload: dict[str, Json] = {
            "delay": {"expected_at": "2026-11-26T10:00:00Z", "reason": mark},
            "parts_used": {"van_place_id": "V", "lines": [], "note": mark},
        }
        given = payload.get(kind, {"note": mark})
        operation = self.phone.operation(kind, self.visits[visit], **given)
        doomed = doomed and kind != "delay"  # nobody refuses a delay
        if doomed:
            self.owners.refusals[mark] = (409, {"type": "/problems/no", "detail": "never"})
        self.told[operation["id"]] = Told(operation, self.device, doomed)

    @rule(number=st.integers(1, 6), again=st.integers(0, 3), lost=st.booleans())
    def send(self, number: int, again: int, lost: bool) -> None:
        """The next ones in their order, and some that were sent before; the reply may get lost on its way."""
        batch = [one for one in self.told.values() if not one.answered and one.device == self.device][:number]
        before = [one for one in self.told.values() if one.answered and one.device == self.device][:again]
        if not (batch or before):
            return
        chosen = [*before, *batch]
        operations = [one.operation for one in chosen]
        results = self.here.do(self.phone.send(*operations, device=self.device))
        assert [result["id"] for result in results] == [operation["id"] for operation in operations]
        if not lost:
            for one, result in zip(chosen, results, strict=True):
                self._learn(one, result["status"])

    @rule(owner=st.sampled_from(OWNERS))
    def falls(self, owner: str) -> None:
        self.owners.down.add(owner)

    @rule()
    def all_come_back(self) -> None:
        self.owners.down.clear()

    @rule()
    def replies_of_owners_get_lost(self) -> None:
        self.owners.lose_replies.update(one for one, told in self.told.items() if told.final is None)

    @rule()
    def sync(self) -> None:
        """Delta sync tells final answers, and never another one than before."""
        more = True
        while more:
            new = self.here.do(self.phone.sync(self.cursor))
            self.cursor, more = new["cursor"], new["more"]
            for answer in new["answers"]:
                if answer["id"] in self.told:
                    assert self.heard.setdefault(answer["id"], answer["status"]) == answer["status"]
                    self._learn(self.told[answer["id"]], answer["status"])

    @rule(data=st.data())
    def somebody_takes_an_id(self, data: st.DataObject) -> None:
        """An id means one operation of one engineer: changed, or from another phone, it is refused."""
        known = [one for one in self.told.values() if one.answered]
        if known:
            one = data.draw(st.sampled_from(known))
            changed = one.operation | {"payload": {"note": "something else"}}
            for phone, operation in ((self.phone, changed), (self.other, one.operation)):
                (result,) = self.here.do(phone.send(operation, device=one.device))
                assert (result["status"], result["reason"]) == ("rejected", "operation-reused")

    @rule()
    def the_app_is_installed_anew(self) -> None:
        """What was not sent is gone with the old installation, and the numbers begin again."""
        if any(not one.answered for one in self.told.values()):
            return  # an engineer who sends first loses nothing
        self.device, self.phone.seq = f"device-{new_id()[-6:]}", 0

    def _learn(self, one: Told, status: str) -> None:
        one.answered = True
        if status != "received":
            final = "applied" if status == "duplicate" else status
            assert one.final in (None, final), f"{one.final} became {final}"
            one.final = final

    def teardown(self) -> None:
        """Everything comes to rest: all is told, applied once, in its order, and both sides agree."""
        if not hasattr(self, "told"):
            return
        self.owners.down.clear()
        self.owners.lose_replies.clear()
        while any(not one.answered for one in self.told.values()):
            self.send(6, 0, lost=False)
        if self.told:
            self.here.do(self.phone.final(*self.told))
        self.sync()
        applied = [id_ for id_ in self.owners.applied if id_ in self.told]
        for one in self.told.values():
            assert one.final == ("rejected" if one.doomed else "applied"), one
            here = one.operation["id"] in applied
            assert here == (not one.doomed and one.operation["kind"] != "delay")
        assert self.owners.changed_requests == []
        for device in {one.device for one in self.told.values()}:
            for visit in self.visits:
                mine = [
                    one.operation["id"]
                    for one in self.told.values()
                    if one.device == device and one.operation["order_id"] == visit["order_id"]
                ]
                for before, after in pairwise([id_ for id_ in mine if id_ in applied]):
                    assert applied.index(before) < applied.index(after), "out of its order"
        assert self.here.do(self.phone.day())["waiting"] == 0


@pytest.fixture(scope="module")
def here(module_database_url: str, valkey: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    """mobile_api with owners that can be taken away, in a loop of its own, impatient."""
    given = Settings(
        data=tmp_path_factory.mktemp("machine"),
        database_url=module_database_url,
        redis_url=valkey.url,
        secret="a secret of the tests",
        requests_per_s=0,
    )
    with pytest.MonkeyPatch.context() as patch, asyncio.Runner() as runner:
        patch.setattr(lane, "_pause", lambda attempts: timedelta(seconds=0.03 * (attempts + 1)))
        patch.setattr(draining, "LOOK_EVERY_S", 0.05)
        stack = AsyncExitStack()
        owners = Owners()
        assembly = WithOwners(settings=given, names=["accounts", "mobile"], owners=owners)

        async def enter() -> System:
            await stack.enter_async_context(assembly.serving())
            system = System(assembly=assembly, service=None)  # type: ignore[arg-type]
            token = service_token(service="tests", secret=given.shared_secret, now=assembly.clock.now())
            system.service = system.client(token)
            return system

        system = runner.run(enter())
        PhoneMachine.here = Here(runner, Field(system, owners))
        yield PhoneMachine.here

        async def leave() -> None:
            await system.close()
            await stack.aclose()

        runner.run(leave())


def test_phone_and_server_follow_the_model(here: Here) -> None:
    run_state_machine_as_test(PhoneMachine, settings=GENERATED)


@contextmanager
def _planted(patch: pytest.MonkeyPatch, bug: str) -> Iterator[None]:
    if bug == "an outage holds up nothing":
        patch.setattr(lane, "_hold_up", lambda *_: None)
    else:  # any content passes under a known id
        sort_out = intake._sort_out

        def trusting(batch: Any, stored: Any) -> Any:
            taken, new = sort_out(batch, stored)
            return [intake.Taken(entry.id, before=True) if entry.refused else entry for entry in taken], new

        patch.setattr(intake, "_sort_out", trusting)
    yield


@pytest.mark.parametrize("bug", ["an outage holds up nothing", "an id is enough"])
def test_the_model_notices(here: Here, monkeypatch: pytest.MonkeyPatch, bug: str) -> None:
    more = hypothesis_settings(GENERATED, max_examples=60, database=None, derandomize=True)
    with _planted(monkeypatch, bug), pytest.raises((AssertionError, BaseExceptionGroup)):
        run_state_machine_as_test(PhoneMachine, settings=more)
