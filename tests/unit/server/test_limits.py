"""How often a caller may ask, and who is staff."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from visavis.errors import TooManyRequests
from visavis.server.access import at_machine
from visavis.server.callers import asking, code_key
from visavis.server.limits import KEYS, Limits, Rate, address_key
from visavis.testing import FixedClock

THREE = Rate(name="three", burst=3, a_minute=3)


def asked_from(host: str, **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "client": (host, 1234), "headers": raw})


def test_who_asks_too_often_waits_and_others_do_not_notice() -> None:
    """Three at once, then one every 20 s: the fourth is told to come again in 20 s, and then comes in."""
    clock = FixedClock()
    limits = Limits(clock)
    for left in (2, 1, 0):
        assert limits.take(THREE, "entrance").requests == left
    with pytest.raises(TooManyRequests) as refused:
        limits.take(THREE, "entrance")
    assert refused.value.retry_after_s == 20
    limits.take(THREE, "aisle-1")
    clock.advance(seconds=19.9)
    with pytest.raises(TooManyRequests):
        limits.take(THREE, "entrance")
    clock.advance(seconds=0.1)
    limits.take(THREE, "entrance")
    with pytest.raises(TooManyRequests):
        limits.take(THREE, "entrance")


def test_one_of_several_is_enough_to_refuse_and_nobody_is_counted() -> None:
    """A device that is refused leaves its placement's allowance as it was."""
    limits = Limits(FixedClock())
    for _ in range(3):
        limits.take(THREE, "device 1")
    for _ in range(5):
        with pytest.raises(TooManyRequests):
            limits.take(THREE, "placement", "device 1")
    assert limits.take(THREE, "placement").requests == 2


def test_rates_do_not_count_each_other() -> None:
    """A caller who has used up one rate has all of the other."""
    limits = Limits(FixedClock())
    for _ in range(3):
        limits.take(THREE, "entrance")
    assert limits.take(Rate(name="other", burst=3, a_minute=3), "entrance").requests == 2


def test_invented_callers_do_not_fill_the_memory() -> None:
    """Who was quiet longest is forgotten."""
    limits = Limits(FixedClock())
    once = Rate(name="once", burst=1, a_minute=1)
    for number in range(KEYS + 1):
        limits.take(once, f"caller {number}")
    limits.take(once, "caller 0")
    with pytest.raises(TooManyRequests):
        limits.take(once, f"caller {KEYS}")
    assert len(limits._quiet_from["once"]) == KEYS


def test_counting_beyond_the_limit_does_not_lock_for_longer() -> None:
    """A hundred failures at once: as after three, one may try again 20 s later."""
    clock = FixedClock()
    limits = Limits(clock)
    for _ in range(100):
        limits.count(THREE, "entrance")
    clock.advance(seconds=40)
    limits.check(THREE, "entrance")


@given(st.lists(st.floats(min_value=0, max_value=90), max_size=60), st.integers(1, 5), st.integers(1, 30))
def test_nobody_gets_more_than_burst_and_rate(pauses: list[float], burst: int, a_minute: int) -> None:
    """However requests are spread: within any stretch of time at most the burst and what the time gives."""
    clock = FixedClock()
    limits = Limits(clock)
    rate = Rate(name="any", burst=burst, a_minute=a_minute)
    came = []
    for pause in pauses:
        clock.advance(seconds=pause)
        try:
            limits.take(rate, "caller")
        except TooManyRequests:
            continue
        came.append(clock.now())
    for first in range(len(came)):
        for last in range(first, len(came)):
            stretch_s = (came[last] - came[first]).total_seconds()
            assert last - first + 1 <= burst + stretch_s * a_minute / 60 + 1e-6


def test_headers_say_what_is_left() -> None:
    """As in draft-ietf-httpapi-ratelimit-headers: quota and window, remaining and seconds."""
    left = Limits(FixedClock()).take(THREE, "entrance")
    assert dict(left.headers()) == {b"ratelimit-policy": b'"three";q=3;w=60', b"ratelimit": b'"three";r=2;t=20'}


def test_who_is_counted_for_a_request() -> None:
    """The placement and the address; IPv6 by network, so that a home has one allowance."""
    assert asking(asked_from("203.0.113.7"), placement="entrance") == ("placement entrance", "address 203.0.113.7")
    assert asking(asked_from("127.0.0.1"), placement="entrance") == ("placement entrance",)
    assert asking(asked_from("127.0.0.1")) == ("address 127.0.0.1",)
    assert asking(asked_from("nowhere")) == ()
    assert address_key("2001:db8:1:2::3") == address_key("2001:db8:1:2:ffff::9") != address_key("2001:db8:1:3::3")
    assert address_key("::ffff:203.0.113.7") == "address 203.0.113.7"


def test_codes_are_counted_without_being_kept() -> None:
    """One key a code, in which the code does not stand."""
    assert code_key("0123456789") == code_key("0123456789") != code_key("0123456788")
    assert "0123456789" not in code_key("0123456789")


def test_staff_sits_at_the_machine() -> None:
    """Another machine is not staff, nor is whoever comes through a proxy on this one."""
    assert at_machine(asked_from("127.0.0.1"))
    assert at_machine(asked_from("::1"))
    for request in (
        asked_from("10.0.0.7"),
        asked_from("nowhere"),
        asked_from("127.0.0.1", x_forwarded_for="10.0.0.7"),
        asked_from("127.0.0.1", forwarded="for=10.0.0.7"),
    ):
        assert not at_machine(request)
