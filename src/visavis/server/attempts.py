"""Liveness checks that fail are slowed down, by pauses that double."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from visavis.errors import LivenessLocked
from visavis.ports import Clock

FAILURES = 5  # failed checks until the first pause
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
FORGOTTEN_AFTER = timedelta(hours=2)  # without another failure
KEYS = 10_000  # the oldest are forgotten beyond this, so that nobody fills the memory


@dataclass(slots=True, kw_only=True)
class _Failed:
    """Checks that failed at one place, or for one member, less those that passed."""

    count: int
    last: datetime
    until: datetime  # nobody is checked before


class Backoff:
    """Five failed checks lock a place or a member for 30 seconds; each one more doubles that, up to an hour.

    A check that passes takes one failure back, so that a busy kiosk where now and then somebody fails stays open.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failed: dict[str, _Failed] = {}

    def check(self, *keys: str) -> None:
        """Raises LivenessLocked while one of the keys is locked."""
        now = self._clock.now()
        ends = [one.until for key in keys if (one := self._failed.get(key)) is not None and one.until > now]
        if ends:
            raise LivenessLocked(f"{(max(ends) - now).total_seconds():.0f} s")

    def failed(self, *keys: str) -> None:
        """Remember one failed check for each key."""
        now = self._clock.now()
        for key in keys:
            before = self._failed.pop(key, None)
            known = before is not None and now - before.last < FORGOTTEN_AFTER
            count = 1 + (before.count if before is not None and known else 0)
            pause = (
                min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(count - FAILURES, 20)) if count >= FAILURES else timedelta()
            )
            self._failed[key] = _Failed(count=count, last=now, until=now + pause)
        while len(self._failed) > KEYS:
            del self._failed[next(iter(self._failed))]

    def passed(self, *keys: str) -> None:
        """Take one failure of each key back."""
        for key in keys:
            one = self._failed.get(key)
            if one is not None:
                one.count = max(0, one.count - 1)
