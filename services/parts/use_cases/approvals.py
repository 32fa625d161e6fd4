"""The owner of the catalogue approves substitutes, remanufactured ones above all, or withdraws that.

A judgement has a reason, which the journal keeps, and comes from a person or with a row of an import. It stays until
the file says another word than last time.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit import journal
from kit.auth import Principal
from kit.context import Context
from kit.events import Message
from kit.imports import Batch
from kit.problems import Forbidden, NotFound, Problem
from kit.values import Code, Text
from services.parts.domain.substitution import wants_judgement
from services.parts.store import catalogue
from services.parts.use_cases.rows import SubstituteRow


class SubstituteJudged(Message):
    """Kept in the journal of parts: who let plans use a substitute, or no longer, and why."""

    kind: ClassVar[str] = "substitute.judged"
    part: Code
    substitute: Code
    approved: bool
    reason: Text


class ReasonMissing(Problem):
    """Nobody says why a remanufactured part is approved"""

    status = 422


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


@dataclass(frozen=True)
class Judging:
    """What an import's rows do to the approvals `before` it; `rebuilt` are the remanufactured parts among theirs."""

    before: dict[tuple[str, str], Row[Any]]
    rebuilt: set[str]

    @classmethod
    async def of(cls, tx: AsyncConnection, batch: Batch[SubstituteRow]) -> Self:
        parts = batch.values("part")
        return cls(
            await catalogue.substitutes_of(tx, parts), await catalogue.rebuilt(tx, parts | batch.values("substitute"))
        )

    def record(self, row: SubstituteRow) -> dict[str, Any]:
        """The row as it is stored."""
        old, said = self.before.get((row.part, row.substitute)), row.reason is not None
        if old is not None and old.imported == row.approved:
            stands = {"approved": old.approved, "judged": old.judged or said}
        else:
            agreed = old is not None and old.judged and old.approved == row.approved
            stands = {"approved": row.approved, "judged": said or agreed}
        return row.model_dump(exclude={"reason"}) | stands | {"imported": row.approved}

    def refuse_unjudged(self, batch: Batch[SubstituteRow]) -> None:
        """Refuse the rows that would approve a remanufactured part, by whatever name, without a reason."""
        for index, row in batch:
            after = self.record(row)
            ends = {"from_rebuilt": row.part in self.rebuilt, "to_rebuilt": row.substitute in self.rebuilt}
            if after["approved"] and not after["judged"] and wants_judgement(row.kind, **ends):
                told = f"{row.substitute} for {row.part}: give the reason, or import it with approved false"
                batch.refuse(index, ReasonMissing(told, pointer="/reason"))

    async def tell(self, tx: AsyncConnection, batch: Batch[SubstituteRow], *, actor: str) -> None:
        """Keep the reasons of what was judged by these rows."""
        for _, row in batch:
            old = self.before.get((row.part, row.substitute))
            news = old is None or old.imported != row.approved or not old.judged
            if row.reason is not None and news:
                message = SubstituteJudged(
                    part=row.part, substitute=row.substitute, approved=row.approved, reason=row.reason
                )
                await journal.append(tx, message, subject=row.part, actor=actor)
