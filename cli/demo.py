"""`roadcall demo`: the made network as files, in the form that `roadcall import` reads."""

import csv
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

SIZES = ("branch", "region", "nation")
ATTRIBUTION = "ATTRIBUTION.md"

demo = typer.Typer(help="A made network of real places and roads, to try Roadcall with.", no_args_is_help=True)


@demo.callback()
def _demo() -> None:
    """A made network of real places and roads, to try Roadcall with."""


@demo.command()
def write(
    out: Annotated[Path, typer.Option(help="Folder for one CSV file per table; made when it is not there")],
    size: Annotated[str, typer.Option(help="branch, region or nation")] = "branch",
    seed: Annotated[int, typer.Option(help="The same seed and moment give the same files")] = 1,
    now: Annotated[
        str | None, typer.Option(help="Moment at which the orders are open, 2026-11-05T08:00:00+08:00; default: now")
    ] = None,
) -> None:
    """Write a network for `roadcall import FOLDER`."""
    if size not in SIZES:
        raise typer.BadParameter(f"choose from {', '.join(SIZES)}", param_hint="--size")
    moment = _moment(now)
    from demo.network import make

    tables = make(size, seed, moment)
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_tables(tables, out)
    except OSError as error:
        typer.secho(f"roadcall: cannot write to {out} ({error.strerror}): name another folder", fg="red", err=True)
        raise typer.Exit(2) from None
    typer.echo(f"{sum(map(len, tables.values()))} rows in {len(tables)} files of {out}; roadcall import {out}")


def write_tables(tables: Mapping[str, Sequence[Mapping[str, Any]]], folder: Path) -> None:
    """One CSV file per kind, UTF-8 with mark for spreadsheets, and where the data is from. Raises OSError."""
    from cli.importing.kinds import KINDS
    from demo.geography import ground

    for name, rows in tables.items():
        cells = KINDS[name].columns
        with (folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(cells)
            for row in rows:
                given = ((cell, row.get(column)) for column, cell in cells.items())
                writer.writerow("" if value is None else cell.write(value) for cell, value in given)
    text = f"Places: GeoNames (geonames.org), CC BY 4.0.\n{ground().roads.attribution}\nEverything else is made up.\n"
    (folder / ATTRIBUTION).write_text(text, encoding="utf-8")


def _moment(now: str | None) -> datetime:
    if now is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(now)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise typer.BadParameter("write an instant with its offset: 2026-11-05T08:00:00+08:00", param_hint="--now")
    return moment
