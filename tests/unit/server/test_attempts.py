"""Liveness checks that fail lock a place for longer and longer; those that pass open it again."""

import pytest

from visavis.errors import LivenessLocked
from visavis.server.attempts import Backoff
from visavis.testing.clock import FixedClock


def locked(backoff: Backoff, *keys: str) -> bool:
    try:
        backoff.check(*keys)
    except LivenessLocked:
        return True
    return False


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


def test_five_failures_lock_for_thirty_seconds(clock: FixedClock) -> None:
    """The fifth locks, the fourth does not; only the key that failed."""
    backoff = Backoff(clock)
    for _ in range(4):
        backoff.failed("entrance")
    assert not locked(backoff, "entrance")
    backoff.failed("entrance")
    assert locked(backoff, "entrance")
    assert not locked(backoff, "aisle-1")
    clock.advance(29.9)
    assert locked(backoff, "entrance")
    clock.advance(0.1)
    assert not locked(backoff, "entrance")


def test_each_further_failure_doubles_the_pause_up_to_an_hour(clock: FixedClock) -> None:
    """30 s, 1 min, 2, 4, 8, 16, 32 min, then an hour."""
    backoff = Backoff(clock)
    for _ in range(4):
        backoff.failed("entrance")
    for pause in (30, 60, 120, 240, 480, 960, 1920, 3600, 3600):
        backoff.failed("entrance")
        clock.advance(pause - 1)
        assert locked(backoff, "entrance")
        clock.advance(1)
        assert not locked(backoff, "entrance")


def test_place_and_member_lock_each_for_themselves(clock: FixedClock) -> None:
    """A member who fails everywhere is locked everywhere; the last place is not locked for others."""
    backoff = Backoff(clock)
    for place in range(5):
        backoff.failed(f"place {place}", "member")
    assert locked(backoff, "place 9", "member")
    assert not locked(backoff, "place 4")


def test_passing_takes_a_failure_back(clock: FixedClock) -> None:
    """Nineteen of twenty pass: never locked. One of six passes: locked."""
    busy = Backoff(clock)
    for visit in range(200):
        busy.failed("entrance") if visit % 20 == 0 else busy.passed("entrance")
        assert not locked(busy, "entrance")
    attacked = Backoff(clock)
    for visit in range(6):
        attacked.passed("entrance") if visit == 3 else attacked.failed("entrance")
    attacked.failed("entrance")
    assert locked(attacked, "entrance")


def test_failures_are_forgotten_after_two_hours(clock: FixedClock) -> None:
    """Yesterday's bad light does not count today."""
    backoff = Backoff(clock)
    for _ in range(4):
        backoff.failed("entrance")
    clock.advance(2 * 3600)
    backoff.failed("entrance")
    assert not locked(backoff, "entrance")


def test_the_message_says_how_long(clock: FixedClock) -> None:
    """In seconds."""
    backoff = Backoff(clock)
    for _ in range(5):
        backoff.failed("entrance")
    clock.advance(10)
    with pytest.raises(LivenessLocked, match="20 s"):
        backoff.check("entrance")
