"""The network that the phones work in: engineers on shift, with consent, on their way to appointments.

People and stations come in by the front door. The appointments are written to the tables of dispatch and mobile_api as
a plan of that size would have: thousands of visits by optimiser would measure something else.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from bench.path.installation import Running
from kit.embedded import EmbeddedPostgres
from kit.ids import new_id

ENGINEERS = 60
SITE = (117.12, 36.65)
Appointments = list[tuple[str, str]]


def build(running: Running, appointments: int) -> Appointments:
    """`appointments` visits, spread over the engineers; their ids and their orders'."""
    _load(running)
    now = datetime.now(UTC)
    made = [(new_id(), new_id()) for _ in range(appointments)]
    with psycopg.connect(EmbeddedPostgres(running.data / "postgres").url) as connection:
        connection.execute(_TERRITORY)
        for i in range(ENGINEERS):
            connection.execute(_LANE, (_code(i),))
        with connection.cursor() as cursor:
            cursor.executemany(_APPOINTMENT, [_visit(i, ids, now) for i, ids in enumerate(made)])
            cursor.executemany(_VISIT, [_visit(i, ids, now) for i, ids in enumerate(made)])
    return made


def phones(running: Running) -> list[str]:
    """A token per engineer."""
    tokens = []
    for i in range(ENGINEERS):
        person = {"name": _code(i), "role": "engineer", "engineer_id": _code(i), "branch_id": "B", "station_id": "S"}
        made = running.ask("POST", "/accounts/v1/people", json=person)
        token = running.ask("POST", f"/accounts/v1/people/{made['id']}/tokens", json={"device": "bench"})
        tokens.append(token["access_token"])
    return tokens


def _load(running: Running) -> None:
    lon, lat = SITE
    at, names = {"lon": lon, "lat": lat, "datum": "WGS-84"}, {"name_zh": "济南", "name_en": "Jinan"}
    home = {"home_lon": lon, "home_lat": lat, "datum": "WGS-84"}
    now = datetime.now(UTC)
    began = [now - timedelta(hours=4, days=day) for day in range(4)]
    shifts = [{"start": start.isoformat(), "end": (start + timedelta(hours=12)).isoformat()} for start in began]
    people = [{"engineer_id": _code(i), "station_id": "S", "name": _code(i), **home} for i in range(ENGINEERS)]
    rows: dict[str, list[dict[str, Any]]] = {
        "branches": [{"branch_id": "B", **names, **at}],
        "territories": [{"territory_id": "T", "branch_id": "B", **names}],
        "stations": [{"station_id": "S", "territory_id": "T", "level": 1, "grade": "AAA", **names, **at}],
        "engineers": people,
        "shifts": [{"engineer_id": _code(i), **shift} for i in range(ENGINEERS) for shift in shifts],
    }
    for kind, lines in rows.items():
        told = running.ask("POST", f"/stations/v1/import/{kind}", json={"rows": lines})
        refused = [row for row in told["rows"] if row["status"] == "refused"]
        if refused:
            raise SystemExit(f"{kind}: {refused[0]}")
    for i in range(ENGINEERS):
        running.ask("PUT", f"/stations/v1/engineers/{_code(i)}/consent", json={"given": True})


def _visit(i: int, ids: tuple[str, str], now: datetime) -> dict[str, Any]:
    """An appointment of its own hour, so that nobody is booked twice; all of them count as under way."""
    start = now + timedelta(hours=i // ENGINEERS)
    appointment_id, order_id = ids
    return {
        "id": appointment_id,
        "order_id": order_id,
        "engineer_id": _code(i % ENGINEERS),
        "start": start,
        "end": start + timedelta(minutes=59),
        "sent": now - timedelta(hours=1),
        "lon": SITE[0],
        "lat": SITE[1],
    }


def _code(i: int) -> str:
    return f"E{i:03}"


_TERRITORY = "INSERT INTO dispatch.territories (territory_id, branch_id) VALUES ('T', 'B') ON CONFLICT DO NOTHING"
_LANE = "INSERT INTO mobile.lanes (engineer_id) VALUES (%s) ON CONFLICT DO NOTHING"
_APPOINTMENT = """INSERT INTO dispatch.appointments
  (id, order_id, territory_id, engineer_id, state, epoch, scheduled_start, scheduled_end, lon, lat, dispatched_at)
  VALUES (%(id)s, %(order_id)s, 'T', %(engineer_id)s, 'travelling', 0, %(start)s, %(end)s, %(lon)s, %(lat)s,
          %(sent)s)"""
_VISIT = """INSERT INTO mobile.visits
  (engineer_id, appointment_id, order_id, state, scheduled_start, scheduled_end, dispatched_at, change)
  VALUES (%(engineer_id)s, %(id)s, %(order_id)s, 'travelling', %(start)s, %(end)s, %(sent)s, 0)"""
