"""How often one caller may ask: by place, address, device, key and member, in one mechanism with a bounded memory.

Generic cell rate algorithm (ITU-T I.371, annex A): one time a caller is all that is kept, and a caller whose time has
come is as one who never asked.
"""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from visavis.errors import TooManyRequests
from visavis.ports import Clock

KEYS = 20_000  # callers of one rate; who was quiet longest is forgotten beyond this, so that nobody fills the memory
AT_ONCE = 2  # pictures that are looked at for the API at one time; cameras and kiosks keep the rest of the machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many at once, and then so many a minute."""

    name: str
    burst: int
    a_minute: float

    @property
    def spacing(self) -> timedelta:
        """Between two requests of somebody who asks without a pause."""
        return timedelta(minutes=1 / self.a_minute)


ADDRESS = Rate(name="address", burst=3000, a_minute=3000)  # a shop's kiosks and screens may share one
DEVICE = Rate(name="device", burst=600, a_minute=600)
KEY = Rate(name="key", burst=6000, a_minute=6000)
PICTURES = Rate(name="pictures", burst=120, a_minute=120)  # a terminal that looks twice a second
CODES = Rate(name="wrong-codes", burst=10, a_minute=2)  # failures only: a busy kiosk is never in its own way
MEMBER = Rate(name="member", burst=60, a_minute=60)  # one code, or one member's visit
PAIRINGS = Rate(name="pairing", burst=5, a_minute=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What a caller may still ask (draft-ietf-httpapi-ratelimit-headers)."""

    rate: Rate
    requests: int
    full_in_s: int  # until the whole burst is there again

    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """`RateLimit-Policy` and `RateLimit`."""
        window_s = math.ceil(60 * self.rate.burst / self.rate.a_minute)
        return (
            (b"ratelimit-policy", f'"{self.rate.name}";q={self.rate.burst};w={window_s}'.encode()),
            (b"ratelimit", f'"{self.rate.name}";r={self.requests};t={self.full_in_s}'.encode()),
        )


class Limits:
    """Counts by rate and caller."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._quiet_from: dict[str, dict[str, datetime]] = {}  # rate -> caller -> when nothing is counted any more
        self._seats = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def turn(self, *who: str) -> AsyncIterator[None]:
        """Wait for a seat to look at pictures; raises TooManyRequests at once when one of them asked too often."""
        self.take(PICTURES, *who)
        async with self._seats:
            yield

    def take(self, rate: Rate, *who: str) -> Left:
        """Count one request of each; raises TooManyRequests, and then counts none."""
        self.check(rate, *who)
        return self.count(rate, *who)

    def check(self, rate: Rate, *who: str) -> None:
        """Raises TooManyRequests when one of them may not ask now."""
        now = self._clock.now()
        begins = max((self._busy_until(rate, one, now) for one in who), default=now)
        wait_s = (begins + rate.spacing - rate.burst * rate.spacing - now).total_seconds()
        if wait_s > 0:
            raise TooManyRequests(f"{rate.name}: again in {math.ceil(wait_s)} s", retry_after_s=math.ceil(wait_s))

    def count(self, rate: Rate, *who: str) -> Left:
        """Count one request of each, whether or not it is one too many; what the busiest has left."""
        now = self._clock.now()
        kept = self._quiet_from.setdefault(rate.name, {})
        latest = now
        for one in who:
            until = min(self._busy_until(rate, one, now), now + rate.burst * rate.spacing) + rate.spacing
            latest = max(latest, until)
            kept.pop(one, None)
            kept[one] = until
        while len(kept) > KEYS:
            del kept[next(iter(kept))]
        spent_s = (latest - now).total_seconds()
        requests = max(0, math.floor(rate.burst - spent_s / rate.spacing.total_seconds() + 1e-6))
        return Left(rate=rate, requests=requests, full_in_s=math.ceil(spent_s))

    def _busy_until(self, rate: Rate, one: str, now: datetime) -> datetime:
        return max(now, self._quiet_from.get(rate.name, {}).get(one, now))


def address_key(host: str) -> str | None:
    """Whom an address stands for: itself, for IPv6 its network; None for what is no address."""
    try:
        address = ip_address(host.split("%", maxsplit=1)[0])
    except ValueError:
        return None  # a test's client, a Unix socket
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return f"address {int(address) >> 64:016x}"  # RFC 6177: one customer has at least the 64 bits behind it
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return f"address {mapped or address}"


def is_here(host: str) -> bool:
    """Whether it is this machine itself; behind a proxy on it, the server has put the caller's address there."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
