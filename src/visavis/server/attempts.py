"""Guessing cards and PINs is slowed down: ten wrong ones a minute at one placement, then a pause."""

from collections import deque
from datetime import datetime, timedelta

from visavis.errors import CredentialRefused
from visavis.ports import Clock

WRONG = 10
WITHIN = timedelta(minutes=1)


class Attempts:
    """Counts failures only, so that a busy kiosk is never in its own way."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: dict[str, deque[datetime]] = {}

    def check(self, placement: str) -> None:
        """Raises CredentialRefused while a placement has too many wrong codes."""
        recent = self._failures.get(placement)
        if recent is None:
            return
        while recent and self._clock.now() - recent[0] >= WITHIN:
            recent.popleft()
        if len(recent) >= WRONG:
            raise CredentialRefused("too many wrong codes here; wait a minute")

    def failed(self, placement: str) -> None:
        """Remember one wrong code."""
        self._failures.setdefault(placement, deque(maxlen=WRONG)).append(self._clock.now())
