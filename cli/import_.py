"""`roadcall import`: a user's own tables into a running Roadcall, with a report of every row."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

if TYPE_CHECKING:
    from cli.importing.reading import ReadRow
    from cli.importing.report import Line, Report, Sink
    from cli.importing.tables import Table

ANSWER_WITHIN_S = 120.0
Tables = dict[str, list["Table"]]


def import_(
    what: Annotated[
        list[str], typer.Argument(help="A folder, or files named by kind (stations.csv …), or a kind and its files")
    ],
    url: Annotated[str, typer.Option(envvar="ROADCALL_URL", help="Where Roadcall runs")] = "http://127.0.0.1:8000",
    token: Annotated[str, typer.Option(envvar="ROADCALL_TOKEN", help="Bearer token or API key")] = "",
    zone: Annotated[
        str | None, typer.Option(help="Time zone of times that lack an offset, as Asia/Shanghai; default: refuse them")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write the fate of every row to this .csv or .json file")] = None,
) -> None:
    """Import CSV, Excel, GeoJSON or GeoPackage. A bad row is named with its reason and never stops the good ones.

    Exit code: 0 every row was taken, 1 some rows were refused, 2 a file cannot be used or the server not be reached.
    """
    from cli.importing.report import Report, report_file
    from cli.importing.sending import ServerProblem
    from cli.importing.tables import Unusable

    time_zone = _zone(zone)
    tables = _opened(_named(what))
    done = Report()
    try:
        sink: AbstractContextManager[Sink | None] = report_file(report) if report else nullcontext()
        with sink as lines:
            asyncio.run(_import(tables, time_zone, url, token, done, lines))
    except (Unusable, ServerProblem) as error:
        _fail(str(error), done)
    except OSError as error:
        _fail(f"cannot write {report} ({error.strerror})", done)
    for kind in tables:
        typer.echo(done.of(kind))
    raise typer.Exit(1 if done.refused else 0)


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        raise typer.BadParameter(f"there is no time zone {name!r}: write Asia/Shanghai", param_hint="--zone") from None


def _named(what: Sequence[str]) -> dict[str, list[Path]]:
    """The files of each kind, in the order of import."""
    from cli.importing.kinds import KINDS
    from cli.importing.reading import SUFFIXES

    paths = [Path(name) for name in what]
    if what[0] in KINDS:
        if len(what) == 1:
            _fail(f"name the file: roadcall import {what[0]} FILE")
        return {what[0]: paths[1:]}
    if len(what) == 1 and paths[0].is_dir():
        readable = sorted(file for file in paths[0].iterdir() if file.suffix.lower() in SUFFIXES)
        paths = [file for file in readable if file.stem in KINDS]
        if others := [file.name for file in readable if file.stem not in KINDS]:
            typer.echo(f"left alone, for the name is no kind: {', '.join(others)}", err=True)
        if not paths:
            _fail(f"{what[0]} holds no file to import: name them by kind, as {next(iter(KINDS))}.csv")
    if others := [str(path) for path in paths if path.stem not in KINDS]:
        _fail(f"{', '.join(others)}: neither a folder nor a file named by its kind; kinds are {', '.join(KINDS)}")
    return {kind: of_kind for kind in KINDS if (of_kind := [path for path in paths if path.stem == kind])}


def _opened(files: dict[str, list[Path]]) -> Tables:
    """Every file's table; nothing is sent when one of them is unusable, and all of those are named."""
    from cli.importing.kinds import KINDS
    from cli.importing.reading import open_table
    from cli.importing.tables import Unusable

    tables: Tables = {kind: [] for kind in files}
    faults = []
    for kind, paths in files.items():
        for path in paths:
            try:
                tables[kind].append(open_table(path, KINDS[kind]))
            except Unusable as error:
                faults.append(str(error))
    if faults:
        _fail("\n".join(faults))
    return tables


async def _import(
    tables: Tables, zone: ZoneInfo | None, url: str, token: str, done: "Report", lines: "Sink | None"
) -> None:
    import httpx

    from cli.importing.sending import ServerProblem, send_all

    def tell(line: "Line") -> None:
        done.add(line)
        if lines:
            lines.write(line)
        if line.status == "refused":
            typer.echo(str(line), err=True)

    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=ANSWER_WITHIN_S) as client:
            await send_all({kind: _rows(kind, of_kind, zone) for kind, of_kind in tables.items()}, client, tell)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):
        raise ServerProblem(f"{url!r} is not an address: write --url http://127.0.0.1:8000") from None


def _rows(kind: str, tables: Iterable["Table"], zone: ZoneInfo | None) -> Iterator["ReadRow"]:
    from cli.importing.kinds import KINDS
    from cli.importing.reading import read_rows

    for table in tables:
        yield from read_rows(table, KINDS[kind], zone)


def _fail(reason: str, done: "Report | None" = None) -> NoReturn:
    if done and done.counts:
        typer.echo(str(done), err=True)
    typer.secho(f"roadcall: {reason}", fg="red", err=True)
    raise typer.Exit(2)
