"""What engines look up of a problem besides the problem itself."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from .problem import FOREVER, Ints, Problem

HOUR = 3600

Skills = tuple[tuple[int, int], ...]
"""(skill, level) that an order asks for."""


class Tables:
    """What follows from a problem and is asked for often."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.orders = problem.orders
        self.tours = problem.tours
        self.depots = problem.depots
        self._allowed: dict[int, Ints] = {}
        self._qualified_for: dict[tuple[Skills, tuple[int, ...]], Ints] = {}
        self._spare_fen_for: dict[Skills, Ints] = {}

    def drive(self, origins: Sequence[int] | Ints, targets: Sequence[int] | Ints) -> Ints:
        """[origin, target] seconds between these places, above FOREVER where there is no way: driving there would
        outlast every window."""
        seconds = self.problem.seconds[np.asarray(origins)[:, None], np.asarray(targets)].astype(np.int64)
        return np.where(seconds < 0, 2 * FOREVER, seconds)

    def service(self, order: int, engineer: int) -> int:
        """Seconds that this engineer works on site."""
        record = self.orders[order]
        level = int(self.problem.level[engineer, record.skills[0][0]]) if record.skills else 0
        return record.service[level]

    def allowed(self, order: int) -> Ints:
        """Engineers who may do the order, by skill, certificate, exclusion and pin."""
        if order not in self._allowed:
            record = self.orders[order]
            qualified = self._qualified(record.skills, record.certificates)
            if record.pin_engineer is not None:
                qualified = qualified[qualified == record.pin_engineer]
            if record.excluded:
                qualified = qualified[~np.isin(qualified, sorted(record.excluded))]
            self._allowed[order] = qualified
        return self._allowed[order]

    def _qualified(self, skills: Skills, certificates: tuple[int, ...]) -> Ints:
        """Engineers with these skills and certificates; orders share few combinations of them."""
        if (skills, certificates) not in self._qualified_for:
            fit = self.problem.certificate[:, list(certificates)].all(axis=1)
            for skill, level in skills:
                fit &= self.problem.level[:, skill] >= level
            self._qualified_for[skills, certificates] = np.flatnonzero(fit).astype(np.int64)
        return self._qualified_for[skills, certificates]

    def _spare_fen(self, skills: Skills) -> Ints:
        """[engineer] price of levels that these skills do not ask for."""
        if skills not in self._spare_fen_for:
            fen = np.zeros(self.problem.engineers, np.int64)
            for skill, level in skills:
                fen += self.problem.prices.skill_excess_fen * np.maximum(self.problem.level[:, skill] - level, 0)
            self._spare_fen_for[skills] = fen
        return self._spare_fen_for[skills]

    def pairs(self, orders: Sequence[int]) -> tuple[Ints, Ints]:
        """[order, engineer] seconds of work, and price of the pair wherever it stands: labour, region, levels to spare,
        new engineer."""
        prices, records = self.problem.prices, [self.orders[order] for order in orders]
        level = self._by_skill[[record.skills[0][0] if record.skills else -1 for record in records]]
        service = np.array([record.service for record in records], np.int64).reshape(len(records), 6)
        seconds = np.take_along_axis(service, level, axis=1)
        fen = -(-prices.labour_fen_per_hour * seconds // HOUR)
        extra = self._extra_by_region[[record.region for record in records]]
        fen -= -prices.labour_fen_per_hour * seconds * extra // (HOUR * 1000)
        for row, record in zip(fen, records, strict=True):
            row += self._spare_fen(record.skills)
            if record.published is not None:
                told = record.published.engineer
                row += prices.change_engineer_fen
                row[told : told + 1] -= prices.change_engineer_fen  # who left is no engineer any more
        return seconds, fen

    @cached_property
    def _by_skill(self) -> Ints:
        """[skill, engineer] level; the last row is for orders that ask for no skill."""
        return np.vstack((self.problem.level.T, np.zeros((1, self.problem.engineers), np.int64)))

    @cached_property
    def _extra_by_region(self) -> Ints:
        """[region, engineer] what is added to the labour there, per mille; the last row is for no region."""
        extra = np.where(self.problem.home_region.T, 0, self.problem.cross_permille - 1000)
        return np.vstack((extra, np.zeros((1, self.problem.engineers), np.int64)))

    @cached_property
    def tour_start_places(self) -> Ints:
        """[tour] where the tour is when it can take its first new order."""
        return np.array([self.first_place(t) for t in range(len(self.tours))], np.int64)

    @cached_property
    def tour_starts(self) -> Ints:
        """[tour] when it can leave there."""
        ends = [max((f.until for o in t.frozen if (f := self.orders[o].frozen)), default=0) for t in self.tours]
        return np.array(
            [max(t.start, end) if t.frozen else t.start for t, end in zip(self.tours, ends, strict=True)],
            np.int64,
        )

    @cached_property
    def tour_limits(self) -> Ints:
        """[tour] latest return."""
        return np.array([tour.limit for tour in self.tours], np.int64)

    @cached_property
    def places(self) -> Ints:
        """[order] site."""
        return np.array([order.place for order in self.orders], np.int64)

    def first_place(self, tour: int) -> int:
        """Start place, or the site of the work under way."""
        record = self.tours[tour]
        return self.orders[record.frozen[-1]].place if record.frozen else record.start_place
