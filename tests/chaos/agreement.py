"""Strong convergence: what a phone shows, what mobile_api keeps for it, and what the owners have are one."""

import time
from collections.abc import Sequence
from typing import Any

import psycopg

from tests.chaos.phones import Phone

ON_NO_PHONE = ("planned", "declined", "cancelled")
AGREED_WITHIN_S = 30.0
States = dict[str, str]


def disagreements(connection: psycopg.Connection[Any], phones: Sequence[Phone]) -> list[str]:
    """Every difference there is right now, in words."""
    engineers = [phone.engineer.id for phone in phones]
    owned = _by_engineer(connection, "SELECT engineer_id, id, state FROM dispatch.appointments", engineers)
    copied = _by_engineer(connection, "SELECT engineer_id, appointment_id, state FROM mobile.visits", engineers)
    answered = _by_engineer(connection, "SELECT engineer_id, id, status FROM mobile.operations", engineers)
    found = []
    for phone in phones:
        id_ = phone.engineer.id
        found += _differences("mobile shows", copied[id_], owned[id_])
        found += _of_phone(phone, owned[id_], answered[id_])
    return found


def lasting(connection: psycopg.Connection[Any], phones: Sequence[Phone]) -> list[str]:
    """The differences that are still there when everything had time to be told."""
    deadline = time.monotonic() + AGREED_WITHIN_S
    while (found := disagreements(connection, phones)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def _of_phone(phone: Phone, owned: States, answered: States) -> list[str]:
    """What it shows is what is so, and it shows every visit that it has itself reported on."""
    ledger = list(phone.ledger.values())
    touched = {
        str(told.operation["appointment_id"]) for told in ledger if told.kind == "check_in" and told.acknowledged
    }
    expected = {
        visit: owned[visit] for visit in touched | set(phone.shown) if owned.get(visit, "planned") not in ON_NO_PHONE
    }
    believed = {
        told.id: "applied" if told.status == "duplicate" else str(told.status) for told in ledger if told.status
    }
    known = {id_: answered.get(id_, "unknown") for id_ in believed}
    who = f"the phone of {phone.engineer.id}"
    return _differences(f"{who} shows", dict(phone.shown), expected) + _differences(f"{who} believes", believed, known)


def _differences(who: str, seen: States, so: States) -> list[str]:
    return [
        f"{who} {id_} as {seen.get(id_)}, it is {so.get(id_)}"
        for id_ in sorted(seen | so)
        if seen.get(id_) != so.get(id_)
    ]


def _by_engineer(connection: psycopg.Connection[Any], query: str, engineers: Sequence[str]) -> dict[str, States]:
    found: dict[str, States] = {engineer: {} for engineer in engineers}
    for engineer, id_, state in connection.execute(f"{query} WHERE engineer_id = ANY(%s)", (engineers,)):
        found[engineer][id_] = state
    return found
