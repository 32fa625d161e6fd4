"""Many requests of one kind in one: each is judged and answered as if it had come alone."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, ValidationError

from kit.answers import as_problem, invalid_of
from kit.auth import Principal
from kit.db import HeldUp
from kit.problems import Locked
from kit.together import Answer, Item, Work, each
from kit.values import Text, Wire

Model = TypeVar("Model", bound=Wire)
MOST = 200


class BatchItem(Wire):
    """One request; `actor` is whom the journal names for it when a service asks. Anybody else asks for themselves."""

    actor: Annotated[Text, Field(min_length=1, max_length=200)]
    body: dict[str, Any]


class BatchIn(Wire):
    """At most 200 requests. What others hold is waited for when `patient`; else a request that needs it is answered
    423 and not done, so that it keeps none of the others."""

    items: Annotated[list[BatchItem], Field(min_length=1, max_length=MOST)]
    patient: bool = False


class BatchAnswer(BaseModel):
    """What one request would have been answered alone: a `status` below 300 with the result, or a problem document."""

    status: int
    body: dict[str, Any]


class BatchOut(BaseModel):
    """One answer per request, in the order sent."""

    answers: list[BatchAnswer]


async def answered(
    batch: BatchIn, model: type[Model], work: Work[tuple[str, Model], dict[str, Any]], *, caller: Principal
) -> BatchOut:
    """`work` gets what can be read as (actor, body); what cannot be read is answered 422."""
    by_service = caller.role == "service"
    read = [(item.actor if by_service else caller.actor, _read(model, item.body)) for item in batch.items]
    readable = [(actor, body) for actor, body in read if not isinstance(body, Exception)]
    done = iter(await each(readable, work if batch.patient else _at_once(work)))
    return BatchOut(answers=[_answer(body if isinstance(body, Exception) else next(done)) for _, body in read])


def _at_once(work: Work[Item, Answer]) -> Work[Item, Answer]:
    """The work without what would have to wait for others: that is refused."""

    async def at_once(items: Sequence[Item], _: bool) -> Sequence[Answer | Exception | None]:
        try:
            results = await work(items, False)
        except HeldUp:
            if len(items) > 1:
                raise  # each alone
            results = [None]
        return [Locked("somebody else is at it: ask for it alone") if one is None else one for one in results]

    return at_once


def _read(model: type[Model], body: dict[str, Any]) -> Model | Exception:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        return invalid_of(error)


def _answer(outcome: dict[str, Any] | Exception) -> BatchAnswer:
    if isinstance(outcome, Exception):
        problem = as_problem(outcome)
        return BatchAnswer(status=problem.status, body=problem.document())
    return BatchAnswer(status=200, body=outcome)
