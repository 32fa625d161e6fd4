"""What an outside evaluator gave the stations for the last quarter that is over."""

from datetime import date
from random import Random
from typing import Any

from demo.stations import Layout

Row = dict[str, Any]
EVALUATOR = "CAAM"


def score_rows(layout: Layout, rng: Random, today: date) -> list[Row]:
    """One score per station, out of 100."""
    newest = today.year * 4 + (today.month - 1) // 3 - 1
    period = f"{newest // 4}-Q{newest % 4 + 1}"
    return [
        {
            "evaluator": EVALUATOR,
            "of": "station",
            "scope_id": station.station_id,
            "period": period,
            "score": round(rng.triangular(62, 99, 88), 1),
        }
        for territory in layout.territories
        for station in territory.stations
    ]
