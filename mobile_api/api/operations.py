"""Operations of phones."""

from kit.routes import service_router
from mobile_api.api.pace import MANY, unhurried
from mobile_api.api.wire import BatchIn, BatchOut, Me, Result, Running
from mobile_api.domain.operations import read_batch
from mobile_api.use_cases.answering import Answer, take_and_apply
from mobile_api.use_cases.intake import Batch

router = service_router("mobile", tag="operations")


@router.post("/operations")
async def take_operations(body: BatchIn, me: Me, running: Running) -> BatchOut:
    """Takes a batch of at most 500 operations and answers each: applied, duplicate, rejected, superseded or received.

    Everything is written before anything is answered. `received` means that the owner is out of reach (or a photo is
    still to come): the final answer comes by delta sync. A refusal of the whole request (4xx) has taken nothing; 503
    means keep it and send it again.
    """
    batch = Batch(me.id, body.device, body.sent_at, read_batch(body.operations))
    received_at = running.clock.now()
    async with unhurried(much=len(body.operations) >= MANY):
        answers = await take_and_apply(running, me.principal, batch)
    return BatchOut(received_at=received_at, results=[_result(answer) for answer in answers])


def _result(answer: Answer) -> Result:
    if answer.row is None:
        return Result(id=answer.id, status="rejected", reason=answer.refused)
    return Result.of(answer.row, answer.status)
