"""The measurement of parts runs whole at a small size, and says what it does not know."""

import json
import sys

import pytest

from bench.parts.__main__ import MEASURED, main
from bench.parts.nation import NATION, Sizes, nation, with_a_past

TINY = Sizes(places=12, depots=4, parts=30, parts_per_place=10, series=60, orders=5, facts=8)


def test_every_figure_of_a_small_nation_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    nation(TINY)
    out = capsys.readouterr().out
    figures = json.loads(out.splitlines()[-1])
    asked = {"copy_stock_s", "stock_page_ms", "availability_ms", "movements_per_s", "forecast_page_ms"}
    assert asked < set(figures)
    assert min(figures.values()) >= 0
    assert "120 rows" in out
    assert "60 series" in out


def test_a_nation_has_as_many_series_as_it_says() -> None:
    """A step that was rounded down over all shelves, before depots were left out, came to 180 090 of 200 000."""
    shelves = [(place, part) for place in range(NATION.places) for part in range(NATION.parts_per_place)]
    chosen = with_a_past(shelves, NATION)
    assert len(set(chosen)) == NATION.series == 200_000
    assert min(chosen)[0] == NATION.depots
    assert max(chosen)[0] == NATION.places - 1
    with pytest.raises(ValueError, match="fewer"):
        with_a_past(shelves[:10], NATION)


def test_an_unknown_figure_is_named_beside_those_that_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "forecast"])
    with pytest.raises(SystemExit, match="there is no forecast: name some of availability_500x40_ms"):
        main()
    assert "forecast_200k_s" in MEASURED
