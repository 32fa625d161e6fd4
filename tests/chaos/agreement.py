"""Strong convergence: what a phone shows, what mobile_api keeps for it, and what the owners have are one."""

import time
from collections.abc import Sequence
from typing import Any

import psycopg

from tests.chaos.phones import Phone

ON_NO_PHONE = ("planned", "declined", "cancelled")
THEIRS = "(SELECT * FROM mobile.visits WHERE state <> 'planned' OR NOT removed) visits"
"""An appointment that a plan gave to somebody else before it was sent was never theirs."""
# ruff: noqa: S608 - what is asked is our own
States = dict[str, Any]
"""By the id of what they are of."""


def disagreements(connection: psycopg.Connection[Any], phones: Sequence[Phone]) -> list[str]:
    """Every difference there is right now, in words."""
    engineers, read_to = [phone.engineer.id for phone in phones], [phone.cursor for phone in phones]
    owned = _by_engineer(connection, "SELECT engineer_id, id, state FROM dispatch.appointments", engineers)
    copied = _by_engineer(connection, f"SELECT engineer_id, appointment_id, state FROM {THEIRS}", engineers)
    answered = _by_engineer(connection, "SELECT engineer_id, id, status FROM mobile.operations", engineers)
    visits = _by_engineer(connection, "SELECT engineer_id, appointment_id, change FROM mobile.visits", engineers)
    answers = _by_engineer(connection, "SELECT engineer_id, id, change FROM mobile.operations", engineers)
    found = []
    for phone, cursor in zip(phones, read_to, strict=True):
        id_ = phone.engineer.id
        found += _differences("mobile shows", copied[id_], owned[id_])
        found += _of_phone(phone, owned[id_], answered[id_], visits[id_] | answers[id_], cursor)
    return found


def lasting(connection: psycopg.Connection[Any], phones: Sequence[Phone], within_s: float) -> list[str]:
    """The differences that are still there when everything had `within_s` seconds to be told."""
    deadline = time.monotonic() + within_s
    while (found := disagreements(connection, phones)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def _of_phone(phone: Phone, owned: States, answered: States, numbers: States, cursor: int) -> list[str]:
    """What it shows is what is so, and it shows every visit that it has itself reported on. A difference in what it
    should have been told by now has no excuse."""
    ledger, who = list(phone.ledger.values()), f"the phone of {phone.engineer.id}"
    seen = dict(phone.shown) | {told.id: "applied" if told.status == "duplicate" else told.status for told in ledger}
    touched = {told.operation["appointment_id"] for told in ledger if told.kind == "check_in" and told.acknowledged}
    expected = {visit: owned.get(visit) for visit in touched | set(phone.shown)}
    expected = {visit: state for visit, state in expected.items() if state not in ON_NO_PHONE}
    expected |= {told.id: answered.get(told.id) for told in ledger if told.acknowledged}
    seen = {id_: state for id_, state in seen.items() if state is not None}
    wrong = [id_ for id_ in seen | expected if seen.get(id_) != expected.get(id_)]
    passed = [id_ for id_ in wrong if numbers.get(id_) is not None and numbers[id_] <= cursor]
    return [f"{who} has read to {cursor} and was not told of {id_}" for id_ in passed] + _differences(
        f"{who} shows", seen, expected
    )


def _differences(who: str, seen: States, so: States) -> list[str]:
    return [
        f"{who} {id_} as {seen.get(id_)}, it is {so.get(id_)}"
        for id_ in sorted(seen | so)
        if seen.get(id_) != so.get(id_)
    ]


def _by_engineer(connection: psycopg.Connection[Any], query: str, engineers: Sequence[str]) -> dict[str, States]:
    found: dict[str, States] = {engineer: {} for engineer in engineers}
    for engineer, id_, said in connection.execute(f"{query} WHERE engineer_id = ANY(%s)", (engineers,)):
        found[engineer][id_] = said
    return found
