"""`roadcall solve FILE`: a problem file in, a plan out."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from cli.files import OwnInstance, PublicInstance
    from services.dispatch.solver import Stop

SECONDS = 9.0
"""Default budget, from the command's start to its answer: a file of 1 000 nodes is answered within ten seconds."""
DEFAULT_ENGINE = "roadcall"
COMPILING_NOW = "compiling the solver's kernel, once per machine and release: about a minute"
COMPILING = (
    "the solver's kernel is not compiled on this machine yet: that is done now, in the background, and takes about "
    "a minute; until then this run searches some hundred times slower (roadcall compile does it ahead)"
)


def solve(
    file: Annotated[Path, typer.Argument(help="Problem: Roadcall .json, VRPLIB .vrp (VRPTW), TRSP .txt")],
    engine: Annotated[str | None, typer.Option(help="roadcall (default), ortools, greedy, insert")] = None,
    seconds: Annotated[float | None, typer.Option(min=0, help=f"Time limit, default {SECONDS:g}")] = None,
    iterations: Annotated[int | None, typer.Option(min=0, help="Same seed and number: same plan")] = None,
    seed: Annotated[int, typer.Option(help="Seed of every random choice")] = 0,
    out: Annotated[Path | None, typer.Option(help="Write the plan here")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON")] = False,
) -> None:
    """Plan a problem file; print the objective and its parts."""
    began = time.monotonic()
    from cli.files import BrokenFileError, OwnInstance, read_instance
    from services.dispatch.solver import ProblemError, Stop

    if seconds is not None and iterations is not None:
        _refuse("give --seconds or --iterations, not both")
    if engine in (None, DEFAULT_ENGINE) and file.suffix == ".json":
        _load_kernel()
        began = time.monotonic()
    budget = None if iterations is not None else SECONDS if seconds is None else seconds
    stop = Stop(time.monotonic, max_seconds=budget, max_iterations=iterations, began=began)
    try:
        instance = read_instance(file)
    except BrokenFileError as error:
        _refuse(str(error))
    try:
        if isinstance(instance, OwnInstance):
            line, plan = _solve_own(instance, engine, stop, seed)
        else:
            line, plan = _solve_public(instance, engine, stop, seed)
    except ProblemError as error:
        _refuse(str(BrokenFileError(file, error.pointer, error.cure)))
    if out:
        try:
            out.write_text(plan + "\n", encoding="utf-8")
        except OSError as error:
            _refuse(f"{out}: cannot be written: {error.strerror}")
    typer.echo(json.dumps(line, ensure_ascii=False) if as_json else as_text(line))


def _load_kernel() -> None:
    """Before the clock starts: the first use on a machine compiles for a minute, every other takes a second."""
    notice = threading.Timer(3.0, lambda: typer.echo(COMPILING_NOW, err=True))
    notice.start()
    from services.dispatch.solver.kernel.engine import warm

    warm()
    notice.cancel()


def _refuse(message: str) -> Any:
    typer.echo(message, err=True)
    raise typer.Exit(2)


def _solve_own(instance: OwnInstance, engine: str | None, stop: Stop, seed: int) -> tuple[dict[str, Any], str]:
    from services.dispatch.cores import cores
    from services.dispatch.documents import PlanWriter
    from services.dispatch.solver import ENGINES
    from services.dispatch.solver import solve as solve_problem

    name = engine or DEFAULT_ENGINE
    if name not in ENGINES:
        _refuse(f"--engine {name}: choose one of {', '.join(ENGINES)}")
    threads = min(2, cores())
    result = solve_problem(instance.problem, stop=stop, seed=seed, engine=name, threads=threads)
    plan = PlanWriter(instance.document, instance.problem).plan(result.plan, result.verdict, result)
    line = {
        "engine": name,
        "objective": result.verdict.total,
        "parts": result.verdict.by_rule,
        "served": result.verdict.totals.served,
        "unassigned": result.verdict.totals.unassigned,
        "seconds": round(result.seconds, 3),
    }
    return line, plan.model_dump_json(indent=1, exclude_none=True)


def _solve_public(instance: PublicInstance, engine: str | None, stop: Stop, seed: int) -> tuple[dict[str, Any], str]:
    from services.dispatch.documents import PublicPlan
    from services.dispatch.solver.public.engines import engines_for, is_compiled, solve_public
    from services.dispatch.solver.public.problems import Vrptw

    names = engines_for(instance.problem)
    name = engine or names[0]
    if name not in names:
        _refuse(f"--engine {name}: choose one of {', '.join(names)}")
    waiting = stop.max_seconds is not None and not is_compiled(instance.problem)
    if waiting:
        _compile_behind()
    result = solve_public(instance.problem, stop=stop, seed=seed, engine=name, waiting=waiting)
    plan = PublicPlan.model_validate(
        {
            "routes": [
                {"vehicle": vehicle, "stops": [node + instance.first_id for node in nodes]}
                for vehicle, nodes in result.plan.routes
            ],
            "unassigned": [
                {"id": node + instance.first_id, "reason": reason} for node, reason in result.plan.unassigned.items()
            ],
        }
    )
    part = "distance" if isinstance(instance.problem, Vrptw) else "working_time"
    line = {
        "engine": name,
        "objective": round(result.verdict.objective, 6),
        "parts": {part: round(result.verdict.objective, 6)},
        "served": result.verdict.served,
        "unassigned": result.verdict.unassigned,
        "seconds": round(result.seconds, 3),
    }
    return line, plan.model_dump_json()


def _compile_behind() -> None:
    """Compile in a process of its own, which outlives this one: a run that ends first must not compile in vain."""
    typer.echo(COMPILING, err=True)
    subprocess.Popen(
        [sys.executable, "-m", "cli.main", "compile"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def as_text(line: dict[str, Any]) -> str:
    """The result line for people: one fact per line, parts indented."""
    rows = []
    for name, value in line.items():
        if isinstance(value, dict):
            rows += [f"  {part:<24}{amount:>16,}" for part, amount in value.items()]
        else:
            rows.append(f"{name:<16}{value if isinstance(value, str) else format(value, ',')}")
    return "\n".join(rows)
