"""People and their tokens through the public routes: for whoever sets up a network (the demo, tests, an operator)."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx


async def enrol(http: httpx.AsyncClient, people: Sequence[Mapping[str, Any]], *, device: str) -> list[str]:
    """Bearer tokens of these people, in their order; who is not there yet is created.

    `http` carries an admin's token; a person is a body of `POST /accounts/v1/people`. Whether somebody is there is
    decided by login or engineer. Raises httpx.HTTPStatusError when accounts refuses.
    """
    return [await _token(http, await _person_id(http, person), device) for person in people]


async def _person_id(http: httpx.AsyncClient, person: Mapping[str, Any]) -> str:
    answer = await http.post("/accounts/v1/people", json=dict(person))
    if answer.status_code == httpx.codes.CONFLICT:
        return str(answer.json()["person_id"])
    return str(answer.raise_for_status().json()["id"])


async def _token(http: httpx.AsyncClient, person_id: str, device: str) -> str:
    answer = await http.post(f"/accounts/v1/people/{person_id}/tokens", json={"device": device})
    return str(answer.raise_for_status().json()["access_token"])
