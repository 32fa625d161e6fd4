"""Which method forecasts which series: the one that erred least on the origins so far."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from services.parts.forecast.smoothing import METHODS, Floats, last

ORIGINS = 12
"""The last so many periods are forecast, each from what was known before it."""
JUDGED = 6
"""Errors are told of the newest of them, with methods chosen by the others: no method is praised for its luck."""


@dataclass(frozen=True)
class Forecasts:
    """Per series: index of its method in `METHODS`, demand expected per period, and variance by mean of the error.

    `past` are the forecasts of the chosen methods for the judged periods, `naive` those of the last period's demand,
    `true` what came, each [series, judged].
    """

    method: npt.NDArray[np.int64]
    rate: Floats
    dispersion: Floats
    past: Floats
    naive: Floats
    true: Floats


def forecast(demand: Floats, season: Floats, *, ahead: Floats | float = 1.0) -> Forecasts:
    """Forecast every series. `demand` [series, periods] with more than `ORIGINS` periods.

    `season`, of the shape of `demand`, is by what each period is above the average; it is taken out before, and put
    back where forecasts are judged. `ahead` is what drivers multiply the expected demand by, per series.
    """
    periods = demand.shape[1]
    level = demand / season
    origins = list(range(periods - ORIGINS, periods + 1))
    every = np.stack([method(level, origins) for method in METHODS.values()])  # [method, series, origin]
    tried = every[:, :, :-1] * season[None, :, -ORIGINS:]
    true = demand[:, -ORIGINS:]
    squares = (tried - true) ** 2
    early = squares[:, :, :-JUDGED].sum(axis=2).argmin(axis=0)
    chosen = squares.sum(axis=2).argmin(axis=0)
    rows = np.arange(len(demand))
    rate = every[chosen, rows, -1] * ahead
    spread = squares[chosen, rows].mean(axis=1)
    dispersion = np.clip(np.divide(spread, rate, out=np.ones_like(rate), where=rate > 0), 1.0, 50.0)
    naive = last(demand, origins[:-1])[:, -JUDGED:]
    return Forecasts(chosen, rate, dispersion, tried[early, rows, -JUDGED:], naive, true[:, -JUDGED:])


def errors(forecasts: Floats, true: Floats) -> dict[str, Any]:
    """WAPE = sum |forecast - true| / sum true, bias = sum (forecast - true) / sum true; none without any demand."""
    whole = float(true.sum())
    if whole <= 0:
        return {"wape": None, "bias": None, "pieces": 0.0}
    off = forecasts - true
    return {"wape": float(np.abs(off).sum()) / whole, "bias": float(off.sum()) / whole, "pieces": whole}
