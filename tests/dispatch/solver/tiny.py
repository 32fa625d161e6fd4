"""A hand-made document: engineers a and b on a line of places one hour apart, so that every sum can be done by head.

Places p0 .. p5 lie on a line; neighbours are 3600 s and 60 km apart. Second 0 is the start of the horizon.
"""

from typing import Any

HOUR = 3600


def document(**changes: Any) -> dict[str, Any]:
    """One hour of driving costs 6 000 fen for time and 6 000 fen for 60 km; nothing else has a price."""
    places = range(6)
    base: dict[str, Any] = {
        "version": "roadcall-problem/1",
        "origin": "2026-03-02T00:00:00Z",
        "horizon": {"start": 0, "end": 24 * HOUR},
        "price": {"travel_fen_per_hour": 6000, "distance_fen_per_km": 100, "overtime_fen_per_hour": 9000},
        "places": [{"id": f"p{i}", "lon": i / 10, "lat": 30.0} for i in places],
        "travel": {
            "seconds": [[abs(i - j) * HOUR for j in places] for i in places],
            "metres": [[abs(i - j) * 60_000 for j in places] for i in places],
        },
        "engineers": [engineer("a")],
        "orders": [],
    }
    return base | changes


def engineer(name: str, **changes: Any) -> dict[str, Any]:
    """Works 0 to 8 h from p0, overtime until 12 h, knows diesel at level 3."""
    base = {
        "id": name,
        "start_place": "p0",
        "end_place": "p0",
        "shifts": [{"start": 0, "end": 8 * HOUR, "overtime_until": 12 * HOUR}],
        "skills": {"diesel": 3},
    }
    return base | changes


def order(name: str, place: str = "p1", **changes: Any) -> dict[str, Any]:
    """An hour of diesel work; leaving it out costs 1 000 000 fen."""
    base = {
        "id": name,
        "place": place,
        "service_seconds": HOUR,
        "skills": [{"skill": "diesel", "level": 2}],
        "drop_price_fen": 1_000_000,
    }
    return base | changes


def depot(name: str, place: str, **changes: Any) -> dict[str, Any]:
    """A shelf with one pump."""
    return {"id": name, "place": place, "stock": {"pump": 1}} | changes
