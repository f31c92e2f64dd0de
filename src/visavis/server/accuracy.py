"""How looks at people end, counted while the site runs: by placement and light, never by whom."""

import asyncio
import math
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from visavis.identity.accuracy import light_of
from visavis.pipeline.camera import Seen
from visavis.pipeline.edge import Edge, Welcome
from visavis.ports import AccuracyLog, Clock
from visavis.types import Face, Light, Look, Looks, MemberId, Method

KEEP_EVERY_S = 15.0
SAME_VISIT = timedelta(seconds=45)  # from a look that knew nobody to the card or PIN of who stood there
COMPLAINT = timedelta(minutes=10)
REMEMBERED = 200  # looks that may still be judged, at each placement


@dataclass(slots=True, kw_only=True)
class Accuracy:
    """Counts in memory, written every few seconds; what a crash takes is missing from the report, no more."""

    log: AccuracyLog
    edge: Edge
    clock: Clock
    _counts: Counter[tuple[str, str, Light, Look, int]] = field(default_factory=Counter)
    _unknown: dict[str, deque[tuple[datetime, Light]]] = field(default_factory=dict)
    _greeted: dict[tuple[MemberId, str], tuple[datetime, Light]] = field(default_factory=dict)

    def saw(self, placement: str, seen: Seen) -> None:
        """Count who was recognised, and who was given up."""
        now = self.clock.now()
        for face, score in zip(seen.known, seen.scores, strict=True):
            self._count(placement, _light(face), Look.RECOGNISED, math.floor(score * 20))
        for face in seen.unknown:
            light = _light(face)
            self._count(placement, light, Look.UNKNOWN)
            self._unknown.setdefault(placement, deque(maxlen=REMEMBERED)).append((now, light))
        if len(seen.known) == 1:
            for welcome in seen.welcomes:
                self._greeted[welcome.member_id, placement] = (now, _light(seen.known[0]))
        self._greeted = {key: at for key, at in self._greeted.items() if now - at[0] < COMPLAINT}

    def known_otherwise(self, welcome: Welcome) -> None:
        """A member with templates shows card or PIN where somebody was just given up: a member was missed."""
        member = self.edge.members.get(welcome.member_id)
        if welcome.sighting.method is Method.FACE or member is None or not member.templates:
            return
        placement, now = welcome.sighting.placement, self.clock.now()
        waiting = self._unknown.get(placement, deque())
        while waiting and now - waiting[0][0] > SAME_VISIT:
            waiting.popleft()
        if waiting:
            _, light = waiting.pop()
            self._count(placement, light, Look.MISSED)

    def not_me(self, member_id: MemberId, placement: str) -> None:
        """Whoever was greeted there is somebody else."""
        _, light = self._greeted.pop((member_id, placement), (None, Light.UNKNOWN))
        self._count(placement, light, Look.WRONG)

    def _count(self, placement: str, light: Light, look: Look, score: int = -1) -> None:
        self._counts[f"{self.clock.now():%Y-%m}", placement, light, look, score] += 1

    # ------ to the log

    async def keep(self) -> None:
        """Write what was counted, again and again."""
        while True:
            await asyncio.sleep(KEEP_EVERY_S)
            await self.flush()

    async def flush(self) -> None:
        """Write what was counted; what could not be written waits for the next time."""
        counts, self._counts = self._counts, Counter()
        looks = [
            Looks(month=month, placement=placement, light=light, look=look, score=score, count=count)
            for (month, placement, light, look, score), count in counts.items()
        ]
        try:
            await self.log.add(looks)
        except BaseException:
            self._counts.update(counts)
            raise


def _light(face: Face) -> Light:
    return light_of(face.quality.brightness)
