"""What must hold in the databases and in the vault of photos, whatever happened; each query finds what breaks it."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from tests.chaos.phones import ANSWERED, Phone

# ruff: noqa: S608 - the states are our own
_ACTIVE = "state IN ('planned', 'dispatched', 'acknowledged', 'travelling', 'on_site')"
BROKEN_BY = {
    "booked twice": f"""
        SELECT engineer_id, id FROM (
          SELECT engineer_id, id, scheduled_start, max(scheduled_end) OVER (
            PARTITION BY engineer_id ORDER BY scheduled_start, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
          ) AS busy_until FROM dispatch.appointments WHERE {_ACTIVE}
        ) a WHERE busy_until > scheduled_start""",
    "stock that cannot be": """
        SELECT place_id, part FROM parts.stock WHERE on_hand < 0 OR claimed NOT BETWEEN 0 AND on_hand""",
    "stock that is not what was booked": """
        SELECT place_id, part, on_hand, sum(quantity) FROM parts.stock JOIN parts.movement USING (place_id, part)
        GROUP BY place_id, part HAVING on_hand <> sum(quantity)""",
    "an order with several appointments": f"""
        SELECT order_id FROM dispatch.appointments WHERE {_ACTIVE} GROUP BY order_id HAVING count(*) > 1""",
    "an appointment of a plan that is none": """
        SELECT id FROM dispatch.appointments a JOIN dispatch.territories t USING (territory_id)
        WHERE a.epoch > t.epoch""",
    "a territory whose newest plan is not its plan": """
        SELECT territory_id FROM dispatch.territories t WHERE epoch <>
          (SELECT coalesce(max(p.epoch), 0) FROM dispatch.plans p WHERE p.territory_id = t.territory_id)""",
    "an override that was undone": f"""
        SELECT o.order_id FROM dispatch.overrides o JOIN dispatch.appointments a USING (order_id)
        WHERE o.released_at IS NULL AND a.{_ACTIVE} AND (
          (o.pin <> 'time' AND a.engineer_id <> o.engineer_id)
          OR (o.pin <> 'resource' AND a.scheduled_start <> o.start))""",
    "a clock that fired twice": """
        SELECT subject, payload->>'clock', kind, payload->>'state' FROM orders.journal
        WHERE kind = 'promise.warned'
           OR (kind = 'promise.state_changed' AND payload->>'state' IN ('met', 'breached', 'withdrawn'))
        GROUP BY 1, 2, 3, 4 HAVING count(*) > 1""",
    "a clock that fired early": """
        SELECT subject, payload->>'clock' FROM orders.journal WHERE kind = 'promise.state_changed'
          AND payload->>'state' = 'breached' AND (payload->>'due')::timestamptz > recorded_at""",
    "a clock that did not fire": """
        SELECT order_id, clock FROM orders.clocks
        WHERE state IN ('running', 'at_risk') AND due < now() - interval '60 seconds'""",
    "a photo of an operation that is none": """
        SELECT operation_id FROM mobile.photo_ties t WHERE NOT EXISTS
          (SELECT FROM mobile.operations o WHERE (o.id, o.kind) = (t.operation_id, 'photo'))""",
}


def broken(connection: psycopg.Connection[Any]) -> list[str]:
    """Every row that breaks an invariant."""
    return [
        f"{what}: {' '.join(map(str, row))}"
        for what, query in BROKEN_BY.items()
        for row in connection.execute(query).fetchall()
    ]


def photos_missing(connection: psycopg.Connection[Any], phones: Sequence[Phone], vault: Path) -> list[str]:
    """Photos that are referenced and not whole in the vault, or were told, applied, and are referenced nowhere."""
    tied = dict(connection.execute("SELECT operation_id, sha256 FROM mobile.photo_ties").fetchall())
    found = [
        f"the photo {sha256} is not whole in the vault" for sha256 in set(tied.values()) if not _whole(vault, sha256)
    ]
    for phone in phones:
        for told in list(phone.ledger.values()):
            shows = told.operation["payload"].get("sha256")
            if told.kind == "photo" and told.status in ANSWERED and tied.get(told.id) != shows:
                found.append(f"the photo of {told.id} was applied and is tied to nothing")
    return found


def _whole(vault: Path, sha256: str) -> bool:
    original = vault / "original" / sha256[:2] / sha256
    served = vault / "served" / sha256[:2] / f"{sha256}.jpg"
    return served.exists() and original.exists() and hashlib.sha256(original.read_bytes()).hexdigest() == sha256
