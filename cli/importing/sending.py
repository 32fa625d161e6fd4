"""Rows on their way to the services: in batches, in an order in which each finds what it refers to.

A refused row never stops another. A batch that a service refuses as a whole is taken apart until only the rows that
are to blame are refused. Sending the same rows again is harmless: they come back unchanged.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt, wait_exponential

from cli.importing.kinds import KINDS, STAGES, Kind
from cli.importing.reading import Fault, ReadRow
from cli.importing.report import Line, Report
from kit.ids import new_id

BATCH_ROWS = 200
ATTEMPTS = 6
LONGEST_WAIT_S = 20.0
TRY_AGAIN = frozenset({408, 425, 429, 502, 503, 504})

Tell = Callable[[Line], None]
"""Takes each line as soon as it is known."""


class ServerProblem(Exception):
    """The server cannot be reached or does not let us in; the message says what to do."""


class _TryAgain(Exception):
    """An answer or failure after which the same request may succeed; `after_s` is the server's wish."""

    def __init__(self, what: str, after_s: float = 0.0):
        super().__init__(what)
        self.after_s = after_s


async def import_network(tables: Mapping[str, Sequence[Mapping[str, Any]]], client: httpx.AsyncClient) -> Report:
    """Import rows of JSON values by kind, as the generator makes them; `client` carries address and authorisation.

    Independent services are served side by side. Raises ServerProblem, and KeyError for an unknown kind.
    """
    report = Report()
    await send_all({name: rows_of(KINDS[name], rows) for name, rows in tables.items()}, client, report.add)
    return report


def rows_of(kind: Kind, rows: Sequence[Mapping[str, Any]]) -> Iterator[ReadRow]:
    """Rows from memory as if they were read; what is None or holds nothing is not given."""
    for number, row in enumerate(rows, start=1):
        values = {name: value for name, value in row.items() if value not in (None, [], {})}
        yield ReadRow(kind.name, number, values)


async def send_all(rows: Mapping[str, Iterable[ReadRow]], client: httpx.AsyncClient, tell: Tell) -> None:
    """Tells every row's line as soon as it is known, stage by stage. Raises ServerProblem."""
    for stage in STAGES:
        chains = [
            asyncio.create_task(_send_chain([name for name in names if name in rows], rows, client, tell))
            for names in stage
        ]
        try:
            await asyncio.gather(*chains)
        finally:
            for chain in chains:
                chain.cancel()
            await asyncio.gather(*chains, return_exceptions=True)


async def _send_chain(
    names: Sequence[str], rows: Mapping[str, Iterable[ReadRow]], client: httpx.AsyncClient, tell: Tell
) -> None:
    for name in names:
        await send_kind(KINDS[name], rows[name], client, tell)


async def send_kind(kind: Kind, rows: Iterable[ReadRow], client: httpx.AsyncClient, tell: Tell) -> None:
    """Tells the lines of one kind, those refused before they are sent included. Raises ServerProblem."""
    batch = _Batch(kind)
    for row in rows:
        if fault := batch.take(row):
            tell(_refused(kind, row, fault))
        if len(batch.rows) == BATCH_ROWS:
            await _send(kind, batch.rows, client, tell)
            batch.rows = []
    await _send(kind, batch.rows, client, tell)


@dataclass
class _Batch:
    """Rows that wait to be sent, and the keys of all that were seen: a second row about the same thing is refused."""

    kind: Kind
    rows: list[ReadRow] = field(default_factory=list)
    seen: dict[tuple[Any, ...], ReadRow] = field(default_factory=dict)

    def take(self, row: ReadRow) -> Fault | None:
        if row.values is None:
            return row.fault or Fault("could not be read")
        key = tuple(row.values.get(column) for column in self.kind.key)
        first = self.seen.setdefault(key, row)
        if first is not row:
            names = " and ".join(self.kind.key)
            return Fault(f"has the same {names} as row {first.number} of {first.source}", self.kind.key[0])
        self.rows.append(row)
        return None


async def _send(kind: Kind, rows: list[ReadRow], client: httpx.AsyncClient, tell: Tell) -> None:
    """One batch; when it is refused as a whole, its halves."""
    if not rows:
        return
    answer = await _post(kind.route, {"rows": [row.values for row in rows]}, client)
    if answer.is_success:
        for told in answer.json()["rows"]:
            tell(_line(kind, rows[told["row"]], told))
        return
    if answer.status_code in (401, 403):
        raise ServerProblem(f"the token may not import {kind.name} ({_detail(answer)}): ask for one that may")
    if answer.status_code in (404, 405):
        raise ServerProblem(f"{client.base_url} does not know {kind.route}: is it a Roadcall of this version?")
    if len(rows) == 1:
        tell(_refused(kind, rows[0], Fault(_detail(answer), _column(_problem(answer)))))
        return
    middle = len(rows) // 2
    await _send(kind, rows[:middle], client, tell)
    await _send(kind, rows[middle:], client, tell)


async def _post(path: str, body: dict[str, Any], client: httpx.AsyncClient) -> httpx.Response:
    """The answer, after as many attempts as it takes; all with the same key, so that none counts twice."""
    headers = {"Idempotency-Key": new_id()}
    attempts = AsyncRetrying(
        retry=retry_if_exception_type(_TryAgain), stop=stop_after_attempt(ATTEMPTS), wait=_wait, reraise=True
    )
    try:
        async for attempt in attempts:
            with attempt:
                return await _attempt(path, body, headers, client)
    except _TryAgain as error:
        told = f"{client.base_url} does not answer ({error}): is it running? What was sent stays; import again later"
        raise ServerProblem(told) from None
    raise AssertionError("an attempt returns or raises")


async def _attempt(
    path: str, body: dict[str, Any], headers: dict[str, str], client: httpx.AsyncClient
) -> httpx.Response:
    try:
        answer = await client.post(path, json=body, headers=headers)
    except httpx.UnsupportedProtocol:
        raise
    except httpx.TransportError as error:
        raise _TryAgain(str(error) or type(error).__name__) from None
    if answer.status_code in TRY_AGAIN:
        wish = answer.headers.get("Retry-After", "")
        raise _TryAgain(_detail(answer), float(wish) if wish.isdecimal() else 0.0)
    return answer


def _wait(state: RetryCallState) -> float:
    """Twice as long each time, and at least as long as the server wishes."""
    error = state.outcome.exception() if state.outcome else None
    wish = error.after_s if isinstance(error, _TryAgain) else 0.0
    return min(max(wish, wait_exponential(multiplier=0.2)(state)), LONGEST_WAIT_S)


def _line(kind: Kind, row: ReadRow, told: dict[str, Any]) -> Line:
    problem = told.get("problem") or {}
    reason = (problem.get("detail") or problem.get("title")) if told["status"] == "refused" else None
    return Line(kind.name, row.source, row.number, told["status"], told.get("id"), _column(problem), reason)


def _refused(kind: Kind, row: ReadRow, fault: Fault) -> Line:
    return Line(kind.name, row.source, row.number, "refused", None, fault.column, fault.reason)


def _column(problem: Mapping[str, Any]) -> str | None:
    """The column of a pointer such as /rows/3/skills/engine; None when it names the whole row."""
    parts = str(problem.get("pointer") or "").split("/")
    return parts[3] if len(parts) > 3 and parts[1] == "rows" else None


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        document = answer.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _detail(answer: httpx.Response) -> str:
    problem = _problem(answer)
    return str(problem.get("detail") or problem.get("title") or f"status {answer.status_code}")
