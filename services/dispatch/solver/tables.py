"""What engines look up of a problem besides the problem itself."""

from functools import cached_property

import numpy as np

from .problem import FOREVER, Ints, Problem

HOUR = 3600


class Tables:
    """What follows from a problem and is asked for often. `drive`: [place, place] seconds, above FOREVER: no way."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.orders = problem.orders
        self.tours = problem.tours
        self.depots = problem.depots
        # no way: driving there would outlast every window
        self.drive: Ints = np.where(problem.seconds < 0, 2 * FOREVER, problem.seconds)
        self._allowed: dict[int, Ints] = {}
        self._unary: dict[int, Ints] = {}

    def service(self, order: int, engineer: int) -> int:
        """Seconds that this engineer works on site."""
        record = self.orders[order]
        level = int(self.problem.level[engineer, record.skills[0][0]]) if record.skills else 0
        return record.service[level]

    def allowed(self, order: int) -> Ints:
        """Engineers who may do the order, by skill, certificate, exclusion and pin."""
        if order not in self._allowed:
            record, problem = self.orders[order], self.problem
            fit = np.ones(problem.engineers, np.bool_)
            for skill, level in record.skills:
                fit &= problem.level[:, skill] >= level
            fit &= problem.certificate[:, list(record.certificates)].all(axis=1)
            fit[list(record.excluded)] = False
            if record.pin_engineer is not None:
                fit[np.arange(problem.engineers) != record.pin_engineer] = False
            self._allowed[order] = np.flatnonzero(fit).astype(np.int64)
        return self._allowed[order]

    def unary_fen(self, order: int) -> Ints:
        """[engineer] price of the pair, wherever it stands: labour, region, levels to spare, new engineer."""
        if order not in self._unary:
            record, problem, prices = self.orders[order], self.problem, self.problem.prices
            service = np.array(record.service, np.int64)[self._service_level(order)]
            fen = -(-prices.labour_fen_per_hour * service // HOUR)
            if record.region >= 0:
                extra = np.where(problem.home_region[:, record.region], 0, problem.cross_permille - 1000)
                fen = fen - (-prices.labour_fen_per_hour * service * extra // (HOUR * 1000))
            for skill, level in record.skills:
                fen = fen + prices.skill_excess_fen * np.maximum(problem.level[:, skill] - level, 0)
            if record.published is not None:
                fen = fen + prices.change_engineer_fen * (np.arange(len(fen)) != record.published[0])
            self._unary[order] = fen
        return self._unary[order]

    def _service_level(self, order: int) -> Ints:
        skills = self.orders[order].skills
        return self.problem.level[:, skills[0][0]] if skills else np.zeros(self.problem.engineers, np.int64)

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
