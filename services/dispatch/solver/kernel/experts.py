"""Experts from afar: who is free when, and for what fee."""

from collections.abc import Iterator

from ..problem import Expert
from ..tables import HOUR
from .draft import Draft
from .layout import NOWHERE, SESSION, view
from .vehicles import order_times

Asked = tuple[int, int]
"""(skill, least level)."""


class Experts:
    """The experts of a draft's problem, and the sessions that its plan holds."""

    def __init__(self, draft: Draft) -> None:
        self.draft, self.experts = draft, draft.problem.experts

    def fitting(self, asked: Asked) -> list[int]:
        """Experts with the skill at the level."""
        skill, least = asked
        return [index for index, expert in enumerate(self.experts) if expert.level.get(skill, 0) >= least]

    def cheapest(self, asked: Asked, start: int, end: int) -> tuple[int, int]:
        """(expert, fee) who can join from start to end; (NOWHERE, 0) when nobody can."""
        free = [(self.fee(one, end - start), one) for one in self.fitting(asked) if self.can_join(one, start, end)]
        fee, expert = min(free, default=(0, NOWHERE))
        return expert, fee

    def fee(self, expert: int, seconds: int) -> int:
        """ceil(price per hour x seconds / 3600)."""
        return -(-self.experts[expert].fen_per_hour * seconds // HOUR)

    def can_join(self, expert: int, start: int, end: int, *, besides: int = NOWHERE) -> bool:
        """One more session keeps inside a window and within the sessions at once; that of the order `besides` is not
        counted."""
        record: Expert = self.experts[expert]
        if not any(first <= start and end <= last for first, last in record.windows):
            return False
        held = [times for order, times in self._sessions(expert) if order != besides]
        instants = [start, *(first for first, _ in held if start <= first < end)]
        return all(sum(a <= instant < b for a, b in held) < record.sessions for instant in instants)

    def turns(self, asked: Asked) -> Iterator[int]:
        """Instants at which somebody who fits comes free."""
        for expert in self.fitting(asked):
            yield from (first for first, _ in self.experts[expert].windows)
            yield from (end for _, (_, end) in self._sessions(expert))

    def _sessions(self, expert: int) -> Iterator[tuple[int, tuple[int, int]]]:
        """(order, (start, end)) of what the expert has joined in the plan."""
        for order in (view(self.draft.state, SESSION)[:, 0] == expert).nonzero()[0].tolist():
            yield order, order_times(self.draft.facts, self.draft.state, order)
