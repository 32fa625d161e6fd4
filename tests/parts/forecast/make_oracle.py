"""Writes `oracle.json`: what statsforecast says about some series. By hand, where statsforecast is installed.

It is no dependency of ours: with what it needs it weighs 430 MB and takes 3.7 s to import (ADR 9).
"""

import json
from pathlib import Path

import numpy as np

SERIES, PERIODS, SEED = 40, 36, 9


def main() -> None:
    """Intermittent, lumpy, smooth and dying series, by seed."""
    import statsforecast
    from statsforecast.models import IMAPA, TSB, CrostonSBA

    rng = np.random.default_rng(SEED)
    chance = rng.uniform(0.05, 0.95, (SERIES, 1))
    demand = (rng.random((SERIES, PERIODS)) < chance) * rng.geometric(rng.uniform(0.2, 1, (SERIES, 1)))
    demand[::8, PERIODS // 2 :] = 0
    models = {"sba": CrostonSBA(), "tsb": TSB(alpha_d=0.1, alpha_p=0.1), "imapa": IMAPA()}
    said = {
        name: [round(float(model.forecast(row.astype(float), h=1)["mean"][0]), 6) for row in demand]
        for name, model in models.items()
    }
    told = {"statsforecast": statsforecast.__version__, "demand": demand.tolist(), **said}
    Path(__file__).with_name("oracle.json").write_text(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
