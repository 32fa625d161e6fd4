"""What an engine looks up millions of times, in the form that CPython reads fastest."""

from functools import cached_property
from typing import Any

import numpy as np

from .plan import Case
from .problem import FOREVER, Clock, Ints, Problem
from .quotes import quote

HOUR = 3600


def rounded_up(fen_per_hour: int, seconds: int) -> int:
    """ceil(fen_per_hour * seconds / 3600) in exact integers."""
    return -(-fen_per_hour * seconds // HOUR)


def late_fen(clock: Clock, stopped: int) -> int:
    """Price of a clock that stopped at `stopped`: min(cap, breach + ceil(price per hour * late / 3600))."""
    late = stopped - clock.due
    if late <= 0:
        return 0
    return min(clock.cap_fen, clock.breach_fen + rounded_up(clock.fen_per_hour, late))


def _view(array: Ints) -> Any:
    """Indexed by a pair, a memoryview gives a Python int in half of numpy's time (its stub knows no pairs)."""
    return memoryview(array)  # type: ignore[arg-type]


class Tables:
    """Native views of a problem: `seconds[i, j]` and `leg_fen[i, j]` give Python ints without numpy's scalars."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.orders = problem.orders
        self.tours = problem.tours
        self.depots = problem.depots
        prices = problem.prices
        # no way: driving there would outlast every window, so that step() and finish() refuse it
        self.drive: Ints = np.where(problem.seconds < 0, 2 * FOREVER, problem.seconds)
        time_fen = -(-prices.travel_fen_per_hour * problem.seconds // HOUR)
        way_fen = -(-prices.distance_fen_per_km * problem.metres // 1000)
        self.level = _view(problem.level)
        self.seconds = _view(self.drive)
        self.leg_fen = _view(np.where(problem.seconds < 0, 0, time_fen + np.maximum(way_fen, 0)))
        self._allowed: dict[int, Ints] = {}
        self._unary: dict[int, Ints] = {}
        self._depots: dict[int, list[int]] = {}
        self._quotes: dict[int, list[Case]] = {}

    def service(self, order: int, engineer: int) -> int:
        """Seconds that this engineer works on site."""
        record = self.orders[order]
        return record.service[self.level[engineer, record.skills[0][0]]] if record.skills else record.service[0]

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

    def depots_near(self, order: int) -> list[int]:
        """Depots by the drive from them to the site, without those from which there is no way."""
        if order not in self._depots:
            places = np.array([depot.place for depot in self.depots], np.int64)
            drive = self.drive[places, self.orders[order].place]
            ranking = np.argsort(drive, kind="stable")
            self._depots[order] = ranking[drive[ranking] < FOREVER].tolist()
        return self._depots[order]

    def quotes(self, order: int) -> list[Case]:
        """What every vehicle that fits would mean if it were sent now."""
        if order not in self._quotes:
            offers = (quote(self.problem, order, vehicle) for vehicle in range(len(self.problem.vehicles)))
            self._quotes[order] = [case for case in offers if case]
        return self._quotes[order]

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
    def tour_engineers(self) -> Ints:
        """[tour] whose shift it is."""
        return np.array([tour.engineer for tour in self.tours], np.int64)

    @cached_property
    def places(self) -> Ints:
        """[order] site."""
        return np.array([order.place for order in self.orders], np.int64)

    def first_place(self, tour: int) -> int:
        """Start place, or the site of the work under way."""
        record = self.tours[tour]
        return self.orders[record.frozen[-1]].place if record.frozen else record.start_place
