"""What lately happened before each monitor: in memory, bounded, gone with the process. Strangers are a count."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from visavis.ports import Clock

MOST = 1000  # of each monitor; the oldest go first


class Kind(StrEnum):
    """What can happen."""

    CONNECTED = "connected"
    LOST = "lost"
    ARRIVED = "arrived"  # faces came into view, whoever they are
    RECOGNISED = "recognised"  # a member was greeted


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One line; its number only grows, also over restarts."""

    number: int
    at: datetime
    kind: Kind
    faces: int = 0  # that arrived
    member: str | None = None  # a pseudonym
    decision_id: str | None = None
    trouble: str | None = None  # why the camera was lost


class Happenings:
    """The last lines of each monitor."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lines: dict[str, deque[Happening]] = {}
        self._last = 0

    def add(
        self,
        monitor: str,
        kind: Kind,
        *,
        faces: int = 0,
        member: str | None = None,
        decision_id: str | None = None,
        trouble: str | None = None,
    ) -> None:
        """Write a line."""
        now = self._clock.now()
        self._last = max(self._last + 1, int(now.timestamp() * 1e6))
        line = Happening(
            number=self._last,
            at=now,
            kind=kind,
            faces=faces,
            member=member,
            decision_id=decision_id,
            trouble=trouble,
        )
        self._lines.setdefault(monitor, deque(maxlen=MOST)).append(line)

    def after(self, monitor: str, number: int, limit: int) -> tuple[Sequence[Happening], bool]:
        """The next lines after this number, oldest first, and whether older ones may have been missed."""
        kept = self._lines.get(monitor, deque())
        missed = len(kept) == MOST and kept[0].number > number
        return [line for line in kept if line.number > number][:limit], missed

    def forget(self, monitor: str) -> None:
        """Drop the lines of a monitor that was removed."""
        self._lines.pop(monitor, None)
