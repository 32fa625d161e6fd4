"""`roadcall compile`: the solver's kernels, once per machine."""

from __future__ import annotations

import typer


def compile_() -> None:
    """Compile the solver's kernels ahead of their first use (a minute, once per machine and release)."""
    from services.dispatch.solver.kernel.engine import warm
    from services.dispatch.solver.public.engines import compile_kernels

    warm()
    compile_kernels()
    typer.echo("the solver's kernels are compiled")
