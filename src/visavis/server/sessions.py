"""What a kiosk may do for the member who stands before it, for a few minutes."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from visavis.errors import CredentialRefused
from visavis.ports import Clock
from visavis.types import Decision, MemberId

LIFETIME = timedelta(minutes=5)
LIMIT = 10_000  # oldest are dropped beyond this, so that nobody fills the memory


@dataclass(slots=True, kw_only=True)
class Session:
    """One member at one kiosk."""

    member_id: MemberId
    placement: str
    decision: Decision | None
    by_face: bool  # a picture of the member might have opened it
    template_id: str | None  # of the member, that matched; None for card and PIN
    expires_at: datetime
    holder: bytes = field(default=b"", repr=False)  # of the card that opened it, where nothing opens without


class Sessions:
    """Held in memory: a restart ends them, and the member presses start again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, Session] = {}

    def start(
        self,
        member_id: MemberId,
        placement: str,
        decision: Decision | None,
        *,
        by_face: bool,
        template_id: str | None = None,
        holder: bytes = b"",
    ) -> str:
        """An opaque key for the kiosk."""
        key = secrets.token_urlsafe(24)
        if len(self._open) >= LIMIT:
            self._drop_expired()
            while len(self._open) >= LIMIT:
                del self._open[next(iter(self._open))]
        self._open[key] = Session(
            member_id=member_id,
            placement=placement,
            decision=decision,
            by_face=by_face,
            template_id=template_id,
            holder=holder,
            expires_at=self._clock.now() + LIFETIME,
        )
        return key

    def get(self, authorization: str | None) -> Session:
        """The session of an `Authorization: Bearer` header; raises CredentialRefused."""
        scheme, _, key = (authorization or "").partition(" ")
        session = self._open.get(key) if scheme.lower() == "bearer" else None
        if session is None or session.expires_at <= self._clock.now():
            raise CredentialRefused("this session has ended; press start again")
        return session

    def end(self, member_id: MemberId) -> None:
        """Close every session of a member."""
        self._open = {key: s for key, s in self._open.items() if s.member_id != member_id}

    def close(self, authorization: str | None) -> None:
        """End this one session."""
        self._open.pop((authorization or "").partition(" ")[2], None)

    def _drop_expired(self) -> None:
        now = self._clock.now()
        self._open = {key: s for key, s in self._open.items() if s.expires_at > now}
