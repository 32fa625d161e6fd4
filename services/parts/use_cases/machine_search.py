"""Which parts fit a machine as it was built."""

from typing import Any

from sqlalchemy import Row

from kit.context import Context
from services.parts.domain.fitting import Fit, Machine, fit
from services.parts.store import catalogue

AT_ONCE = 200
"""Parts that are judged before more are read."""


async def parts_for(
    context: Context, machine: Machine, *, words: str, after: str, limit: int
) -> tuple[list[tuple[Row[Any], Fit]], str | None]:
    """Parts after `after` by number that fit, or of which it is not known; and the last one when there may be more.

    With `words` those whose number or a name contains them, otherwise those that have a rule for the machine's model.
    """
    model = None if words else machine.model
    found: list[tuple[Row[Any], Fit]] = []
    async with context.db.read() as tx:
        while True:
            rows = await catalogue.list_parts(tx, words=words, model=model, after=after, limit=AT_ONCE)
            rules = await catalogue.rules_of(tx, [row.part for row in rows])
            for row in rows:
                judged = fit(rules.get(row.part, []), machine)
                if judged.verdict != "does_not_fit":
                    found.append((row, judged))
                if len(found) == limit:
                    return found, row.part
            if len(rows) < AT_ONCE:
                return found, None
            after = rows[-1].part
