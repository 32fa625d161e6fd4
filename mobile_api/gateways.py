"""How mobile_api reaches the owners: asking one to apply an operation, and reading what phones are shown."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from kit.client import Clients, NeighbourDown, NeighbourProblem
from kit.problems import Unavailable
from mobile_api.context import Mobile
from mobile_api.domain.routes import Call
from mobile_api.domain.verdicts import Verdict, accepted, refused

READ_DEADLINE_S = 4.0
REFUSED, LOCKED, SERVER_ERROR = 400, 423, 500
NOT_KNOWN = (404, 422)
"""An owner of an older version: its requests were others. Phones' faults are answered item by item."""


async def apply(context: Mobile, call: Call, *, operation_id: str, actor: str, deadline_s: float) -> Verdict | None:
    """The owner's word on an operation; None when it is out of reach. Asked again, it answers the same."""
    try:
        if call.together:
            work = partial(_apply_together, context.clients, deadline_s)
            # The group in front may take as long as this one: who waits longer than a call may take has lost the lane.
            async with asyncio.timeout(deadline_s):
                verdict: Verdict = await context.calls[call.path].do((call, actor), work)
            return verdict
        owner = getattr(context.clients, call.owner)
        answer = await owner.post(
            call.path, json=call.body, idempotency_key=operation_id, on_behalf_of=actor, deadline_s=deadline_s
        )
    except NeighbourProblem as problem:
        return refused(problem.status, problem.problem)
    except (NeighbourDown, TimeoutError, Unavailable):
        return None
    return accepted(answer)


async def _apply_together(
    clients: Clients, deadline_s: float, asked: Sequence[tuple[Call, str]], patient: bool
) -> list[Verdict | Exception | None]:
    """One request to one owner for many phones, without those whose answer somebody else holds up unless it is
    `patient`. An owner who does not know such a request is out of reach."""
    owner = getattr(clients, asked[0][0].owner)
    items = [{"actor": actor, "body": call.body} for call, actor in asked]
    try:
        body = {"items": items, "patient": patient}
        said = await owner.post(asked[0][0].path, json=body, deadline_s=deadline_s, repeatable=True)
    except NeighbourDown as down:
        return [down] * len(asked)
    except NeighbourProblem as problem:
        if problem.status in NOT_KNOWN:
            return [NeighbourDown(owner.service, "it does not know this request")] * len(asked)
        raise
    return [_one_of_many(owner.service, answer) for answer in said["answers"]]


def _one_of_many(owner: str, answer: dict[str, Any]) -> Verdict | Exception | None:
    if answer["status"] == LOCKED:
        return None
    if answer["status"] >= SERVER_ERROR:
        return NeighbourDown(owner, str(answer["status"]))
    if answer["status"] >= REFUSED:
        return NeighbourProblem(service=owner, status=answer["status"], problem=answer["body"])
    return accepted(answer["body"])


@dataclass(frozen=True, slots=True)
class Visit:
    """Whose appointment it is and what for."""

    appointment_id: str
    order_id: str
    dispatched_at: datetime | None


async def own_visit(
    clients: Clients, engineer_id: str, *, appointment_id: str | None, order_id: str | None
) -> Visit | None:
    """The engineer's appointment as dispatch knows it; None when it is somebody else's or unknown.

    Raises NeighbourDown.
    """
    params = {"engineer_id": engineer_id, "order_id": order_id}
    try:
        if appointment_id is not None:
            found = [await clients.dispatch.get(f"/dispatch/v1/appointments/{appointment_id}")]
        else:
            found = (await clients.dispatch.get("/dispatch/v1/appointments", params=params))["items"]
    except NeighbourProblem:
        return None
    mine = [item for item in found if item["engineer_id"] == engineer_id]
    mine = [item for item in mine if order_id is None or item["order_id"] == order_id]
    if not mine:
        return None
    newest = mine[-1]
    dispatched = newest.get("dispatched_at")
    return Visit(newest["id"], newest["order_id"], datetime.fromisoformat(dispatched) if dispatched else None)


async def withdrawn(clients: Clients) -> set[str]:
    """Tokens and phones that were taken back and might still get in. Raises NeighbourDown."""
    return set((await clients.accounts.get("/accounts/v1/revocations"))["token_ids"])


async def read_all(context: Mobile, paths: Sequence[str]) -> dict[str, Any]:
    """What the owners say now, by path; a path is missing when its owner is out of reach, None when it refused.

    A path's first step names its owner. An owner with whom no turn comes in time counts as out of reach: what phones
    are shown waits for what they have done, never the other way round.
    """
    down = set[str]()

    async def read(path: str) -> tuple[str, Any]:
        owner = path.split("/")[1]
        try:
            async with asyncio.timeout(READ_DEADLINE_S), context.read_slots:
                if owner not in down:
                    return path, await getattr(context.clients, owner).get(path, deadline_s=READ_DEADLINE_S)
        except NeighbourProblem:
            return path, None
        except (NeighbourDown, TimeoutError):
            down.add(owner)
        return path, NeighbourDown

    answers = await asyncio.gather(*(read(path) for path in dict.fromkeys(paths)))
    return {path: body for path, body in answers if body is not NeighbourDown}
