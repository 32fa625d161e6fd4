"""The demo network's way in: the same door as a user's own tables."""

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

import httpx

from cli.importing.report import Report
from cli.importing.sending import import_network

ANSWER_WITHIN_S = 120.0


class _Bearer(httpx.Auth):
    """A fresh token for each request: a service's own live for minutes, a nation takes longer."""

    def __init__(self, token: Callable[[], str]):
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token()}"
        yield request


async def load(tables: Mapping[str, Sequence[Mapping[str, Any]]], *, address: str, token: Callable[[], str]) -> Report:
    """Import tables into the Roadcall at `address`; the report reads as one line. Raises ServerProblem."""
    async with httpx.AsyncClient(base_url=address, auth=_Bearer(token), timeout=ANSWER_WITHIN_S) as client:
        return await import_network(tables, client)
