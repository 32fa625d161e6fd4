"""`roadcall run`: everything on this machine, started in order and stopped in order."""

import os
import signal
import time
from pathlib import Path
from typing import Annotated

import typer

SIZES = ("branch", "region", "nation")


def run(
    demo: Annotated[
        str, typer.Option(help="Demo network for an empty installation: branch, region, nation or none")
    ] = ("branch"),
    seed: Annotated[int, typer.Option(help="Seed of the demo network")] = 1,
) -> None:
    """Start PostgreSQL, Valkey, all services and a worker; stop everything on Ctrl-C or SIGTERM.

    State lives under ROADCALL_DATA. ROADCALL_DATABASE_URL and ROADCALL_REDIS_URL name servers of your own.
    """
    if demo not in (*SIZES, "none"):
        raise typer.BadParameter(f"choose from {', '.join(SIZES)}, none", param_hint="--demo")
    from cli.supervisor import Failed, Supervisor
    from kit.embedded import EmbeddedFailed
    from kit.settings import Settings

    began = time.monotonic()
    settings = Settings.told()
    stopping = _stop_signals()
    try:
        with Supervisor(settings, say=_say) as supervisor:
            supervisor.start(stopping)
            if demo != "none" and not stopping:
                supervisor.load_demo(size=demo, seed=seed, stopping=stopping)
            if not stopping:
                ready_after_s = time.monotonic() - began
                _welcome(supervisor.address, settings.data, ready_after_s, supervisor.first_run_token())
            supervisor.watch(stopping)
    except (Failed, EmbeddedFailed) as error:
        typer.secho(f"roadcall: {error}", fg="red", err=True)
        raise typer.Exit(1) from None
    _say("stopped, nothing is left running")


def _stop_signals() -> list[int]:
    """A list that fills when we are asked to stop; a second Ctrl-C changes nothing, stopping takes seconds."""
    asked: list[int] = []
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda number, _: asked.append(number))
    return asked


def _say(what: str) -> None:
    typer.echo(f"  {what}")


def _welcome(address: str, data: Path, seconds: float, first_run: str | None) -> None:
    typer.secho(f"Roadcall is ready at {address} (after {seconds:.1f} s; Ctrl-C stops it)", bold=True)
    if first_run is not None:
        typer.echo("  First sign-in, once, to name the administrator and choose a password:")
        typer.secho(f"  {address}/#first-run={first_run}", fg="green")
    typer.echo(f"  State: {data}   Process: {os.getpid()}")
