"""VRPTW (Solomon, Gehring and Homberger) and TRSP (Pillac): the files lie beside the repository."""

import csv
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path

from services.dispatch.public_sets import read_trsp, read_vrplib
from services.dispatch.solver import Stop
from services.dispatch.solver.public.engines import compile_kernels, solve_public
from services.dispatch.solver.public.judge import judge_public
from services.dispatch.solver.public.problems import PublicPlan, Trsp, Vrptw

FILES = Path(os.environ.get("ROADCALL_PUBLIC_SETS", Path(__file__).parents[3] / "shared" / "bench"))
Peer = Callable[[Vrptw, float, int], PublicPlan]


class _Files:
    """Files of one folder with their `best_known.csv`.

    `few`: the stratified few. `engines`: ours first; those `unbound` end by themselves and run once per file.
    `budgets`: seconds of CPU time.
    """

    folder: str
    suffix: str
    column: str
    few: tuple[str, ...]
    engines: tuple[str, ...]
    unbound: tuple[str, ...] = ()
    budgets: tuple[float, ...]
    read: Callable[[str], Vrptw | Trsp]

    def instances(self, full: bool) -> list[str]:
        """Names of the files at hand."""
        names = sorted(path.stem for path in (FILES / self.folder).glob(f"*{self.suffix}"))
        return [name for name in names if full or name in self.few]

    def reference(self, instance: str) -> float | None:
        """Best known value, as published in the folder's table."""
        table = FILES / self.folder / "best_known.csv"
        if not table.exists():
            return None
        with table.open(newline="") as lines:
            return next((float(row[self.column]) for row in csv.DictReader(lines) if row["instance"] == instance), None)

    def usual_engines(self, instance: str) -> Sequence[str]:
        """Those that run on an instance where none are named."""
        return self.engines

    def problem(self, instance: str) -> Vrptw | Trsp:
        """The instance read."""
        return self.read((FILES / self.folder / f"{instance}{self.suffix}").read_text())

    def solve(self, instance: str, engine: str, seconds: float, seed: int) -> tuple[float | None, float, str]:
        """Solve with the kernel warm and judge."""
        problem, note = self.problem(instance), ""
        if engine == "roadcall":
            compile_kernels()
            began = time.process_time()
            result = solve_public(problem, stop=Stop.seconds(seconds, clock=time.process_time), seed=seed)
            plan, note = result.plan, f"{result.iterations} steps"
        else:
            peer: Peer = import_module(f"bench.solver.vrptw_peers.{engine}").solve
            began = time.process_time()
            assert isinstance(problem, Vrptw)  # noqa: S101 (peers are listed for VRPTW alone)
            plan = peer(problem, seconds, seed)
        cpu = time.process_time() - began
        verdict = judge_public(problem, plan)
        if verdict.violations or verdict.unassigned:
            return None, cpu, f"{len(verdict.violations)} violations, {verdict.unassigned} unassigned"
        return verdict.objective, cpu, note


class VrptwSet(_Files):
    """Gap by number of customers."""

    folder, suffix, column, read = "vrptw", ".vrp", "distance", staticmethod(read_vrplib)
    few = ("RC208", "R1_2_5", "RC1_4_5", "C2_10_5")
    engines = ("roadcall", "pyvrp", "vroom", "ortools", "vrp_cli")
    unbound = ("vroom",)
    budgets = (10.0, 30.0)

    def group(self, instance: str) -> str:
        """Number of customers."""
        size = re.fullmatch(r"[A-Z]+\d_(\d+)_\d+", instance)
        return f"{100 * int(size[1])}" if size else "100"

    def usual_engines(self, instance: str) -> Sequence[str]:
        """Not vrp-cli, which a busy machine would wrong, nor VROOM where it takes some ten minutes."""
        left_out = ("vrp_cli", "vroom") if self.group(instance) == "1000" else ("vrp_cli",)
        return [engine for engine in self.engines if engine not in left_out]

    def seeds(self, engine: str, seeds: int) -> range:
        """OR-Tools and VROOM have no seed."""
        return range(1, 2 if engine in ("ortools", "vroom") else seeds + 1)


class TrspSet(_Files):
    """Gap by kind of instance."""

    folder, suffix, column, read = "trsp", ".txt", "total_duration", staticmethod(read_trsp)
    few = ("C103.100_25-5-5-5", "R107.100_25-5-5-5", "RC205.100_25-5-5-5")
    engines = ("roadcall",)
    budgets = (60.0,)

    def group(self, instance: str) -> str:
        """C1, C2, R1 .. as in the names."""
        return re.match(r"[A-Z]+\d", instance)[0]  # type: ignore[index]

    def seeds(self, engine: str, seeds: int) -> range:
        """All of them."""
        return range(1, seeds + 1)


SETS: Mapping[str, VrptwSet | TrspSet] = {"vrptw": VrptwSet(), "trsp": TrspSet()}
