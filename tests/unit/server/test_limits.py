"""How often a place may ask, and who is staff."""

import pytest
from starlette.requests import Request

from visavis.errors import StaffOnly, TooManyRequests
from visavis.server.limits import PLACES, Limits
from visavis.server.staff import is_staff, staff_only
from visavis.testing import FixedClock


def asked_from(host: str, **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "client": (host, 1234), "headers": raw})


def test_a_place_that_asks_too_often_waits_and_others_do_not_notice() -> None:
    """Three a minute: the fourth is refused until the first is a minute old."""
    clock = FixedClock()
    limits = Limits(clock, requests=3)
    for _ in range(3):
        limits.take("entrance")
        clock.advance(seconds=10)
    with pytest.raises(TooManyRequests):
        limits.take("entrance")
    limits.take("aisle-1")
    clock.advance(seconds=30)
    limits.take("entrance")
    with pytest.raises(TooManyRequests):
        limits.take("entrance")


def test_invented_places_do_not_fill_the_memory() -> None:
    """The oldest place is forgotten."""
    limits = Limits(FixedClock(), requests=1)
    for number in range(PLACES + 1):
        limits.take(f"place-{number}")
    limits.take("place-0")
    with pytest.raises(TooManyRequests):
        limits.take(f"place-{PLACES}")


def test_staff_sits_at_the_machine() -> None:
    """Another machine is not staff, nor is whoever comes through a proxy on this one."""
    assert is_staff(asked_from("127.0.0.1"))
    assert is_staff(asked_from("::1"))
    for request in (
        asked_from("10.0.0.7"),
        asked_from("nowhere"),
        asked_from("127.0.0.1", x_forwarded_for="10.0.0.7"),
        asked_from("127.0.0.1", forwarded="for=10.0.0.7"),
    ):
        with pytest.raises(StaffOnly):
            staff_only(request)
