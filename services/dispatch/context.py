"""What dispatch's use cases work with."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime

from kit.context import Context
from kit.values import Place

from .domain.policy import Policy
from .solver_process import SolverProcess
from .travel.composition import build_travel
from .travel.embedded import EmbeddedRoads
from .travel.port import Route, TravelMatrix, TravelTimes
from .use_cases.drawing import RouteLines


class OpenTravel:
    """Travel times that are open while `run` runs; whoever asks before waits for them."""

    def __init__(self, context: Context):
        self._context = context
        self._roads = EmbeddedRoads()
        self._opened: asyncio.Future[TravelTimes] | None = None

    async def run(self) -> None:
        """Keep the engines open until cancelled."""
        settings = self._context.settings
        async with build_travel(
            clock=self._context.clock,
            osrm_url=settings.osrm_url,
            valhalla_url=settings.valhalla_url,
            redis=self._context.wakeups.redis,
        ) as travel:
            self._travel().set_result(travel)
            try:
                await asyncio.Event().wait()
            finally:
                self._opened = None

    def _travel(self) -> asyncio.Future[TravelTimes]:
        if self._opened is None:
            self._opened = asyncio.get_running_loop().create_future()
        return self._opened

    async def matrix(self, *, origins: Sequence[Place], destinations: Sequence[Place], at: datetime) -> TravelMatrix:
        """See TravelTimes."""
        travel = await asyncio.shield(self._travel())
        return await travel.matrix(origins=origins, destinations=destinations, at=at)

    async def nearest(self, *, origins: Sequence[Place], destinations: Sequence[Place], at: datetime) -> list[int]:
        """See EmbeddedRoads: engines outside know no such question, so the embedded roads answer it always."""
        return await self._roads.nearest(origins=origins, destinations=destinations, at=at)

    async def route(self, origin: Place, destination: Place, at: datetime) -> Route:
        """See TravelTimes."""
        travel = await asyncio.shield(self._travel())
        return await travel.route(origin, destination, at)


def _in_the_background() -> SolverProcess:
    """It takes the time that nobody waits for."""
    return SolverProcess(niceness=10)


@dataclass(frozen=True, kw_only=True)
class DispatchContext(Context):
    """The kit's context, travel times, the policy, and the solvers' processes (started when first needed)."""

    travel: OpenTravel
    lines: RouteLines
    policy: Policy = field(default_factory=Policy)
    planner: SolverProcess = field(default_factory=SolverProcess)
    """Makes first plans and answers dispatchers: whoever asks waits for it, so nothing long is asked of it."""
    improver: SolverProcess = field(default_factory=_in_the_background)
    """Improves published plans."""
    runner: SolverProcess = field(default_factory=_in_the_background)
    """Solves for other systems, whose long problems must not keep our territories waiting."""

    async def run_solvers(self) -> None:
        """Their processes end when this is cancelled."""
        try:
            await asyncio.Event().wait()
        finally:
            self.end_solvers()

    def end_solvers(self) -> None:
        """End the solvers' processes, whatever they are doing."""
        for process in (self.planner, self.improver, self.runner):
            process.kill()


def dispatch_context(context: Context) -> DispatchContext:
    """The context of dispatch around the kit's; `travel.run` has to run beside whoever uses it."""
    travel = OpenTravel(context)
    given = {one.name: getattr(context, one.name) for one in fields(Context)}
    return DispatchContext(**given, travel=travel, lines=RouteLines(travel))
