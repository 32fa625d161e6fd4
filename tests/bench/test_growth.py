"""The measurement of growth: what is measured, and what its bars compare."""

from bench.solver import growth


def test_a_trial_is_what_the_search_takes_beyond_the_first_plan() -> None:
    row = growth.measured("500x60/1")
    assert row["trials"] == growth.TRIALS * row["orders"] == 2000
    assert 0 < row["served"] <= 500
    assert row["better_fen"] < row["first_fen"]
    assert 10 < row["trial_us"] < 5000


def test_bars_of_growth() -> None:
    """Twice 300 µs is just allowed; 1.01 s are not, nor 1 501 MB."""
    small = {"first_s": 1.01, "trial_us": 300.0, "memory_mb": 700}
    large = {"first_s": 15.0, "trial_us": 600.0, "memory_mb": 1501}
    found = list(growth.bars({"2000x250/1": small, "20000x5000/1": large}))
    assert [(one["figure"], one["met"]) for one in found] == [(1.01, False), (15.0, True), (2.0, True), (1501, False)]
    assert [one["bar"] for one in growth.bars({"2000x250/1": small})] == ["first plan 2000x250/1, s"]
