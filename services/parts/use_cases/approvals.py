"""The owner of the catalogue approves substitutes, remanufactured ones above all, or withdraws that."""

from typing import ClassVar

from kit import journal
from kit.auth import Principal
from kit.context import Context
from kit.events import Message
from kit.problems import Forbidden, NotFound
from kit.values import Code, Text
from services.parts.store import catalogue


class SubstituteJudged(Message):
    """Kept in the journal of parts: who let plans use a substitute, or no longer, and why."""

    kind: ClassVar[str] = "substitute.judged"
    part: Code
    substitute: Code
    approved: bool
    reason: Text


async def approve(
    context: Context, caller: Principal, part: str, substitute: str, *, approved: bool, reason: str
) -> None:
    """Plans use the substitute from now on, or no longer. Raises Forbidden, NotFound."""
    if not catalogue.unlimited(caller):
        raise Forbidden("the catalogue belongs to the whole network: a key of one branch may not change it")
    async with context.db.transaction() as tx:
        if not await catalogue.set_approved(tx, part, substitute, approved=approved):
            raise NotFound(f"{substitute} is no substitute of {part}: import it first")
        message = SubstituteJudged(part=part, substitute=substitute, approved=approved, reason=reason)
        await journal.append(tx, message, subject=part, actor=caller.actor)
