"""Staff reads about people: one place that writes down who looked at whom, and what for, before anything is shown.

A page that stays open asks again and again: the same look within ten minutes is written once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from visavis.ports import AuditLog, Clock

AGAIN_AFTER = timedelta(minutes=10)
MOST_KEPT = 10_000
EVERYBODY = "everybody"


class Why(StrEnum):
    """What staff may look at people for."""

    REVIEW = "review"  # a doubtful match waits
    CAMERAS = "cameras"  # who was greeted before a camera
    REQUEST = "request"  # the member asked for it
    AUDIT = "audit"  # what was done to whom
    BREACH = "breach"  # whom an incident concerns


@dataclass(slots=True, kw_only=True)
class Readings:
    """What was looked at, told to the audit log."""

    audit: AuditLog
    clock: Clock
    _lately: dict[tuple[str, str, str], datetime] = field(default_factory=dict)

    async def note(self, *, actor: str, why: Why, subjects: Iterable[str], what: str) -> None:
        """Write it down; raises what the audit log raises, and then nothing may be shown."""
        now = self.clock.now()
        for subject in sorted(set(subjects)):
            look = (actor, f"{why} {what}", subject)
            if look in self._lately and now - self._lately[look] < AGAIN_AFTER:
                continue
            detail = {"purpose": why.value, "what": what}
            await self.audit.append(actor=actor, action="read", subject=subject, detail=detail, at=now)
            if len(self._lately) >= MOST_KEPT:
                self._lately.clear()
            self._lately[look] = now


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look of one of the staff, for one reason."""

    readings: Readings
    actor: str
    why: Why
    what: str  # path of the route, without its values

    async def at(self, subjects: Iterable[str]) -> None:
        """Write down whom it is about, by token; to be called before the answer is given."""
        await self.readings.note(actor=self.actor, why=self.why, subjects=subjects, what=self.what)
