"""One stream at one placement: frame -> faces -> tracks -> sightings."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from visavis.identity.identify import Recognition
from visavis.perception.quality import merit
from visavis.perception.track import Track, Tracker
from visavis.pipeline.edge import Edge, Welcome
from visavis.types import Embedding, Face, Frame, MemberId

AGAIN_AFTER = timedelta(seconds=8)  # the same member before the same screen is one visit
# Shares of the error rate that the looks at one person use up; more shots tell more, so later looks may dare more.
LOOKS = {1: (1.0,), 2: (0.3, 0.7), 3: (0.2, 0.3, 0.5)}

# Neighbouring frames say the same thing twice: a further shot is worth its embedding when it differs.
OTHER_MOMENT = timedelta(seconds=0.3)
OTHER_YAW_DEG = 8.0
BETTER = 1.3  # times the merit of the best shot so far
# A poor first shot may wait a moment for a better one.
GOOD_MERIT = 0.35
WAIT = timedelta(seconds=0.25)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one frame held."""

    faces: tuple[Face, ...]
    arrived: int  # faces that were not there before
    known: tuple[Face, ...]  # faces that were recognised just now, welcomed again or not
    welcomes: tuple[Welcome, ...]
    embedded: int = 0  # faces whose embedding was computed
    scores: tuple[float, ...] = ()  # of those that were recognised, in their order
    unknown: tuple[Face, ...] = ()  # of people who were compared for the last time, and are nobody's member


@dataclass(slots=True, kw_only=True)
class _Person:
    """A track while it lasts: the shots that were embedded, and whether it is settled. Gone with the track."""

    usable_since: datetime | None = None
    shots: list[Embedding] = field(default_factory=list, repr=False)
    yaws_deg: list[float] = field(default_factory=list)
    best_merit: float = 0.0
    last_shot_at: datetime | None = None
    settled: bool = False  # recognised, or given up
    face: Face | None = None  # of the last shot

    def wants(self, track: Track, most: int) -> bool:
        """Whether this face is worth an embedding."""
        quality, at = track.face.quality, track.seen_at
        if self.settled or not quality.usable or len(self.shots) >= most:
            return False
        self.usable_since = self.usable_since or at
        if self.last_shot_at is None:
            return most == 1 or merit(quality) >= GOOD_MERIT or at - self.usable_since >= WAIT
        return (
            at - self.last_shot_at >= OTHER_MOMENT
            or all(abs(quality.yaw_deg - yaw) >= OTHER_YAW_DEG for yaw in self.yaws_deg)
            or merit(quality) >= BETTER * self.best_merit
        )

    def keep(self, track: Track, shot: Embedding) -> None:
        self.shots.append(shot)
        self.yaws_deg.append(track.face.quality.yaw_deg)
        self.best_merit = max(self.best_merit, merit(track.face.quality))
        self.last_shot_at = track.seen_at
        self.face = track.face


@dataclass(slots=True, kw_only=True)
class Camera:
    """One stream at one placement. A stranger is embedded at most three times and leaves nothing behind."""

    edge: Edge
    placement: str
    shots: int = 3  # at most, of one person, fused
    detect_every: int = 1  # faces are looked for in every k-th frame; the others say what the last one said
    tracker: Tracker = field(default_factory=Tracker)
    _people: dict[int, _Person] = field(default_factory=dict)
    _last_seen: dict[MemberId, datetime] = field(default_factory=dict)
    _frames: int = 0
    _faces: tuple[Face, ...] = ()

    def __post_init__(self) -> None:
        self.edge.check_placement(self.placement)
        if self.shots not in LOOKS or self.detect_every < 1:
            raise ValueError(f"1 to 3 shots and every 1st frame or later, got {self.shots}, {self.detect_every}")

    async def see(self, frame: Frame) -> Seen:
        """Look at one frame; perception runs in a thread."""
        self._frames += 1
        if (self._frames - 1) % self.detect_every:
            return Seen(faces=self._faces, arrived=0, known=(), welcomes=())
        faces = self._faces = await asyncio.to_thread(self.edge.observer.observe, frame)
        tracks = self.tracker.update(faces, frame.captured_at)
        arrived = len({t.id for t in tracks} - self._people.keys())
        gone = [p for n, p in self._people.items() if n not in self.tracker.alive]
        self._people = {n: p for n, p in self._people.items() if n in self.tracker.alive}
        self._people |= {t.id: _Person() for t in tracks if t.id not in self._people}
        embedded, known = await asyncio.to_thread(self._identify, frame, tracks)
        welcomes = []
        for track, recognition in known:
            person = self._people[track.id]
            welcome = await self._greet(recognition, person.shots, people_in_view=len(faces), at=frame.captured_at)
            person.settled = True
            if welcome is not None:
                welcomes.append(welcome)
        return Seen(
            faces=faces,
            arrived=arrived,
            known=tuple(track.face for track, _ in known),
            welcomes=tuple(welcomes),
            embedded=embedded,
            scores=tuple(recognition.score for _, recognition in known),
            unknown=tuple(self._given_up(gone)),
        )

    def _given_up(self, gone: Sequence[_Person]) -> Iterator[Face]:
        """The last face of whoever left without being known, and of whoever has no further look; each once."""
        used_up = [person for person in self._people.values() if len(person.shots) >= self.shots]
        for person in (*gone, *used_up):
            if person.face is not None and not person.settled:
                person.settled = True
                yield person.face

    def _identify(self, frame: Frame, tracks: Sequence[Track]) -> tuple[int, list[tuple[Track, Recognition]]]:
        """How many faces were embedded, and who was recognised."""
        if not len(self.edge.gallery):
            return 0, []  # R6: with no consented gallery loaded, nothing is embedded at all
        wanted = [track for track in tracks if self._people[track.id].wants(track, self.shots)]
        found = []
        for track, shot in zip(wanted, self.edge.embed(frame, [track.face for track in wanted]), strict=True):
            person = self._people[track.id]
            person.keep(track, shot)
            recognition = self.edge.identify(person.shots, share=LOOKS[self.shots][len(person.shots) - 1])
            if recognition is not None:
                found.append((track, recognition))
        return len(wanted), found

    async def _greet(
        self, recognition: Recognition, shots: Sequence[Embedding], *, people_in_view: int, at: datetime
    ) -> Welcome | None:
        last = self._last_seen.get(recognition.member_id)
        if last is not None and at - last < AGAIN_AFTER:
            return None
        welcome = await self.edge.recognised(
            recognition, shots, placement=self.placement, people_in_view=people_in_view, at=at
        )
        if welcome is not None:
            self._last_seen[recognition.member_id] = at
        return welcome
