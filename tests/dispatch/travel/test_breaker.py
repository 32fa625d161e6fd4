"""The circuit breaker alone."""

import asyncio

import pytest

from services.dispatch.travel.breaker import BreakerOpen, CircuitBreaker
from tests.dispatch.travel.conftest import StillClock


def _fail(breaker: CircuitBreaker) -> None:
    with pytest.raises(RuntimeError), breaker.attempt():
        raise RuntimeError


def _succeed(breaker: CircuitBreaker) -> None:
    with breaker.attempt():
        pass


def test_it_opens_after_three_failures_in_a_row_and_not_before(clock: StillClock) -> None:
    breaker = CircuitBreaker(clock=clock)
    _fail(breaker)
    _fail(breaker)
    _succeed(breaker)
    _fail(breaker)
    _fail(breaker)
    assert not breaker.is_open
    _fail(breaker)
    assert breaker.is_open
    with pytest.raises(BreakerOpen), breaker.attempt():
        pytest.fail("let through")


def test_after_its_rest_it_lets_one_through_and_a_failure_opens_it_again(clock: StillClock) -> None:
    breaker = CircuitBreaker(clock=clock)
    for _ in range(3):
        _fail(breaker)
    clock.pass_by(29)
    assert breaker.is_open
    clock.pass_by(1)
    with breaker.attempt():
        assert breaker.is_open  # for everybody else, while one is on trial
    assert not breaker.is_open
    for _ in range(3):
        _fail(breaker)
    clock.pass_by(30)
    _fail(breaker)
    assert breaker.is_open


def test_what_is_not_the_other_sides_fault_does_not_count(clock: StillClock) -> None:
    breaker = CircuitBreaker(clock=clock, most_failures=1)
    with pytest.raises(KeyError), breaker.attempt(lambda error: not isinstance(error, KeyError)):
        raise KeyError
    assert not breaker.is_open


def test_a_cancelled_trial_leaves_the_next_one_free(clock: StillClock) -> None:
    breaker = CircuitBreaker(clock=clock, most_failures=1)
    _fail(breaker)
    clock.pass_by(30)
    with pytest.raises(asyncio.CancelledError), breaker.attempt():
        raise asyncio.CancelledError
    assert not breaker.is_open
    _succeed(breaker)
