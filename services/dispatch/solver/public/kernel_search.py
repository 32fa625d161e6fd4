"""What both public searches share: a kernel that takes steps, compiled or, until it is, interpreted."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from ..compiled import interpreted, is_kept
from .annealing import NO_HEAT, Heat
from .chance import Dice

S = TypeVar("S")
R = TypeVar("R")


class KernelSearch(Generic[S, R]):
    """`improve` is the kernel's entry; scene, routes and dice are the arrays that it works on, its first arguments.

    `waiting`: do not compile here, interpret until another process has compiled the kernel.
    """

    def __init__(self, improve: Callable[..., None], scene: S, routes: R, dice: Dice, *, waiting: bool) -> None:
        self._improve, self._compiled = improve, not waiting
        self._scene, self._routes, self._dice = scene, routes, dice

    def run(self, removed: float, heat: Heat, begin: int, steps: int) -> None:
        """Improve; see `annealing.Search`."""
        arguments = self._arguments(removed, heat, begin, steps)
        self._compiled = self._compiled or is_kept(self._improve, *arguments)
        (self._improve if self._compiled else interpreted(self._improve))(*arguments)

    def is_compiled(self) -> bool:
        """Whether the kernel is compiled on this machine."""
        return is_kept(self._improve, *self._arguments(1.0, NO_HEAT, 0, 1))

    def _arguments(self, removed: float, heat: Heat, begin: int, steps: int) -> tuple[Any, ...]:
        state = self._scene, self._routes, self._dice
        return *state, float(removed), heat.hot, heat.cold, heat.share, heat.slope, begin, steps
