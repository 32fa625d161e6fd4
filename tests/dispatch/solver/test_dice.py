"""The solver's own random numbers: repeatable, within bounds, and spread evenly."""

from collections import Counter

from services.dispatch.solver.dice import Dice


def test_the_same_seed_gives_the_same_numbers_and_another_does_not() -> None:
    assert [Dice(3).random() for _ in range(2)] == [Dice(3).random()] * 2
    assert len({Dice(seed).random() for seed in range(-50, 50)}) == 100


def test_numbers_stay_in_bounds_and_fall_evenly() -> None:
    dice = Dice(1)
    throws = Counter(dice.randint(1, 6) for _ in range(6000))
    # 1 000 expected of each; the standard deviation is 29
    assert set(throws) == {1, 2, 3, 4, 5, 6}
    assert all(abs(count - 1000) < 150 for count in throws.values())
    assert all(2.0 <= dice.uniform(2.0, 3.0) < 3.0 for _ in range(1000))


def test_samples_are_different_items() -> None:
    dice, cards = Dice(2), list(range(20))
    drawn = dice.sample(cards, 5)
    assert len(set(drawn)) == 5
    assert set(drawn) <= set(cards)
    assert dice.choice([7]) == 7
