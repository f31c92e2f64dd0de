"""One stream at one placement: frame -> faces -> tracks -> sightings."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from visavis.identity.identify import Recognition, identify
from visavis.perception.track import Track, Tracker
from visavis.pipeline.edge import Edge, Welcome
from visavis.types import Face, Frame, MemberId

EMBEDDINGS_A_TRACK = 3
AGAIN_AFTER = timedelta(seconds=8)  # the same member before the same screen is one visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one frame held."""

    faces: tuple[Face, ...]
    arrived: int  # faces that were not there before
    known: tuple[Face, ...]  # faces that were recognised just now, welcomed again or not
    welcomes: tuple[Welcome, ...]


@dataclass(slots=True)
class _Person:
    """A track while it lasts: how often it was embedded, and whether it is settled."""

    embedded: int = 0
    settled: bool = False


@dataclass(slots=True, kw_only=True)
class Camera:
    """One stream at one placement. A stranger is embedded at most three times and leaves nothing behind."""

    edge: Edge
    placement: str
    tracker: Tracker = field(default_factory=Tracker)
    _people: dict[int, _Person] = field(default_factory=dict)
    _last_seen: dict[MemberId, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.edge.check_placement(self.placement)

    async def see(self, frame: Frame) -> Seen:
        """Look at one frame; perception runs in a thread."""
        edge = self.edge
        faces = await asyncio.to_thread(edge.observer.observe, frame)
        tracks = self.tracker.update(faces, frame.captured_at)
        arrived = len({t.id for t in tracks} - self._people.keys())
        self._people = {n: p for n, p in self._people.items() if n in self.tracker.alive}
        self._people |= {t.id: _Person() for t in tracks if t.id not in self._people}
        known = await asyncio.to_thread(self._identify, frame, tracks)
        welcomes = []
        for track, recognition in known:
            welcome = await self._greet(recognition, people_in_view=max(1, len(faces)), at=frame.captured_at)
            self._people[track.id].settled = True
            if welcome is not None:
                welcomes.append(welcome)
        return Seen(
            faces=faces, arrived=arrived, known=tuple(track.face for track, _ in known), welcomes=tuple(welcomes)
        )

    def _identify(self, frame: Frame, tracks: Sequence[Track]) -> list[tuple[Track, Recognition]]:
        if not len(self.edge.gallery):
            return []  # R6: with no consented gallery loaded, nothing is embedded at all
        open_tracks = [t for t in tracks if t.face.quality.usable and self._wants_embedding(t.id)]
        if not open_tracks:
            return []
        embeddings = self.edge.observer.embed(frame, tuple(t.face for t in open_tracks))
        for track in open_tracks:
            self._people[track.id].embedded += 1
        found = identify(embeddings, self.edge.gallery, self.edge.threshold)
        return [(track, hit) for track, hit in zip(open_tracks, found, strict=True) if hit is not None]

    def _wants_embedding(self, track_id: int) -> bool:
        person = self._people[track_id]
        return not person.settled and person.embedded < EMBEDDINGS_A_TRACK

    async def _greet(self, recognition: Recognition, *, people_in_view: int, at: datetime) -> Welcome | None:
        last = self._last_seen.get(recognition.member_id)
        if last is not None and at - last < AGAIN_AFTER:
            return None
        welcome = await self.edge.recognised(
            recognition, placement=self.placement, people_in_view=people_in_view, at=at
        )
        if welcome is not None:
            self._last_seen[recognition.member_id] = at
        return welcome
