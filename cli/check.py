"""`roadcall check PROBLEM PLAN`: the judge on any plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from cli.files import OwnInstance, PublicInstance


def check(
    problem: Annotated[Path, typer.Argument(help="Problem: Roadcall .json, VRPLIB .vrp (VRPTW), TRSP .txt")],
    plan: Annotated[Path, typer.Argument(help="Plan of the problem, of any origin")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON")] = False,
) -> None:
    """Recompute times, costs and violations of a plan. Exit code 1: it breaks rules; 2: a file is broken."""
    from cli.files import BrokenFileError, OwnInstance, read_instance
    from cli.solve import as_text

    try:
        instance = read_instance(problem)
        line = _check_own(instance, plan) if isinstance(instance, OwnInstance) else _check_public(instance, plan)
    except BrokenFileError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    violations = line["violations"]
    if as_json:
        typer.echo(json.dumps(line, ensure_ascii=False))
    else:
        typer.echo(as_text({name: value for name, value in line.items() if name != "violations"}))
        for violation in violations:
            typer.echo("violation       " + " ".join(f"{k}={v}" for k, v in violation.items()))
    if violations:
        raise typer.Exit(1)


def _check_own(instance: OwnInstance, path: Path) -> dict[str, Any]:
    from cli.files import read_own_plan
    from services.dispatch.documents import PlanReader, violation_documents
    from services.dispatch.solver import judge
    from services.dispatch.solver.kernel.advising import timed

    reading = PlanReader(instance.document, instance.problem).read(read_own_plan(path))
    plan = reading.plan if reading.timed else timed(instance.problem, reading.plan)
    verdict = judge(instance.problem, plan)
    unknown = [{"rule": "unknown_id", "pointer": pointer} for pointer in reading.unknown]
    return {
        "objective": verdict.total,
        "parts": verdict.by_rule,
        "served": verdict.totals.served,
        "unassigned": verdict.totals.unassigned,
        "violations": unknown + violation_documents(instance.document, verdict.violations),
    }


def _check_public(instance: PublicInstance, path: Path) -> dict[str, Any]:
    from cli.files import read_public_plan
    from services.dispatch.solver.public.judge import judge_public
    from services.dispatch.solver.public.problems import PublicPlan

    document, first = read_public_plan(path), instance.first_id
    plan = PublicPlan(
        routes=tuple((r.vehicle, tuple(stop - first for stop in r.stops)) for r in document.routes),
        unassigned={entry.id - first: entry.reason for entry in document.unassigned},
    )
    verdict = judge_public(instance.problem, plan)
    return {
        "objective": round(verdict.objective, 6),
        "served": verdict.served,
        "unassigned": verdict.unassigned,
        "violations": [
            {"rule": v.rule}
            | ({"vehicle": v.vehicle} if v.vehicle >= 0 else {})
            | ({"id": v.node + first} if v.node != -1 else {})
            for v in verdict.violations
        ],
    }
