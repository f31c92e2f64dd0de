"""A member takes their data from the kiosk to their own phone: one address that opens once, for some minutes."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from visavis.errors import NotFound
from visavis.ports import Clock
from visavis.types import MemberId

LIFETIME = timedelta(minutes=5)
LIMIT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    member_id: MemberId
    expires_at: datetime


class Handoffs:
    """Held in memory; a restart ends them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, _Waiting] = {}

    def offer(self, member_id: MemberId) -> str:
        """A key for one download; an earlier one of this member opens no more."""
        now = self._clock.now()
        kept = {k: w for k, w in self._open.items() if w.member_id != member_id and w.expires_at > now}
        while len(kept) >= LIMIT:
            del kept[next(iter(kept))]
        key = secrets.token_urlsafe(24)
        self._open = kept | {key: _Waiting(member_id=member_id, expires_at=now + LIFETIME)}
        return key

    def take(self, key: str) -> MemberId:
        """Whose data it opens, once; raises NotFound."""
        waiting = self._open.pop(key, None)
        if waiting is None or waiting.expires_at <= self._clock.now():
            raise NotFound("this address has been used, or its time is over; ask for another at the kiosk")
        return waiting.member_id
