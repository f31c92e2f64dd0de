"""How often one place may ask for work that costs a camera's share of the machine."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from visavis.errors import TooManyRequests
from visavis.ports import Clock

A_MINUTE = timedelta(minutes=1)
REQUESTS = 120  # a minute and place: a terminal that looks twice a second
AT_ONCE = 2  # pictures that are looked at for the API at one time; cameras and kiosks keep the rest of the machine
PLACES = 1000  # the oldest is forgotten beyond this, so that nobody fills the memory


class Limits:
    """Counts requests by place (a placement, or a caller's address) over the last minute."""

    def __init__(self, clock: Clock, requests: int = REQUESTS) -> None:
        self._clock, self._requests = clock, requests
        self._asked: dict[str, deque[datetime]] = {}
        self._seats = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def turn(self, place: str) -> AsyncIterator[None]:
        """Wait for a seat; raises TooManyRequests at once when the place asked too often."""
        self.take(place)
        async with self._seats:
            yield

    def take(self, place: str) -> None:
        """Count one request; raises TooManyRequests."""
        now = self._clock.now()
        if place not in self._asked and len(self._asked) >= PLACES:
            del self._asked[next(iter(self._asked))]
        asked = self._asked.setdefault(place, deque(maxlen=self._requests))
        if len(asked) == self._requests and now - asked[0] < A_MINUTE:
            raise TooManyRequests(f"more than {self._requests} in a minute")
        asked.append(now)
