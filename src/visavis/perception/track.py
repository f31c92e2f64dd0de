"""Which face of this frame is which of the last: one tracker a camera."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from visavis.perception.boxes import Boxes, overlaps
from visavis.perception.quality import merit
from visavis.types import Face

REACH = 0.25  # of its width, by which each box is widened: at five frames a second a walker moves about half a face
LEAST_OVERLAP = 0.25  # of the widened boxes
FORGET_AFTER = timedelta(seconds=1.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A face in view, and the number that it keeps while it stays."""

    id: int
    face: Face
    seen_at: datetime
    best_shot: bool = True  # no earlier usable face of this track was better: the one to embed


@dataclass(slots=True)
class Tracker:
    """Follows faces from frame to frame; a face that was gone for more than 1.2 s is another one.

    Faces are given to tracks greedily, the largest overlap first (Bochinski et al. 2017, "High-Speed Tracking-by-
    Detection Without Using Image Information").
    """

    _tracks: list[Track] = field(default_factory=list)
    _best: dict[int, float] = field(default_factory=dict)  # merit of the best usable shot of each living track
    _next: int = 0

    def update(self, faces: tuple[Face, ...], at: datetime) -> tuple[Track, ...]:
        """The tracks of the faces in this frame, in their order."""
        before = [track for track in self._tracks if at - track.seen_at <= FORGET_AFTER]
        ids = self._ids(faces, before)
        self._best = {track.id: self._best.get(track.id, 0.0) for track in before}
        now = tuple(self._track(number, face, at) for number, face in zip(ids, faces, strict=True))
        self._tracks = [*now, *(track for track in before if track.id not in ids)]
        return now

    @property
    def alive(self) -> frozenset[int]:
        """Ids of the tracks in view and of those that may still come back."""
        return frozenset(track.id for track in self._tracks)

    def _track(self, number: int, face: Face, at: datetime) -> Track:
        worth = merit(face.quality) if face.quality.usable else 0.0
        best = worth > 0 and worth >= self._best.get(number, 0.0)
        self._best[number] = max(worth, self._best.get(number, 0.0))
        return Track(id=number, face=face, seen_at=at, best_shot=best)

    def _ids(self, faces: tuple[Face, ...], before: list[Track]) -> list[int]:
        paired = _paired(faces, before)
        ids = []
        for index in range(len(faces)):
            if index not in paired:
                paired[index] = self._next
                self._next += 1
            ids.append(paired[index])
        return ids


def _paired(faces: tuple[Face, ...], before: list[Track]) -> dict[int, int]:
    """Index of a face -> id of the track that it goes on with."""
    shared = overlaps(_widened(faces), _widened(tuple(track.face for track in before)))
    pairs: dict[int, int] = {}
    for flat in np.argsort(-shared, axis=None, kind="stable"):
        face, track = divmod(int(flat), len(before))
        if shared[face, track] < LEAST_OVERLAP:
            break
        if face not in pairs and before[track].id not in pairs.values():
            pairs[face] = before[track].id
    return pairs


def _widened(faces: tuple[Face, ...]) -> Boxes:
    boxes = np.array([face.box for face in faces], np.float32).reshape(-1, 4)
    reach = REACH * (boxes[:, 2:] - boxes[:, :2])
    return np.concatenate([boxes[:, :2] - reach, boxes[:, 2:] + reach], axis=1)
