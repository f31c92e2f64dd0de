"""Which face of this frame is which of the last: greedy overlap, one tracker a camera."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from visavis.types import Face

LEAST_OVERLAP = 0.25
FORGET_AFTER = timedelta(seconds=1.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A face in view, and the number that it keeps while it stays."""

    id: int
    face: Face
    seen_at: datetime


@dataclass(slots=True)
class Tracker:
    """Follows faces from frame to frame; a face that was gone for more than 1.2 s is another one."""

    _tracks: list[Track] = field(default_factory=list)
    _next: int = 0

    def update(self, faces: tuple[Face, ...], at: datetime) -> tuple[Track, ...]:
        """Tracks of the faces in this frame, in their order."""
        before = [t for t in self._tracks if at - t.seen_at <= FORGET_AFTER]
        found = self._pair(before, faces)
        now = []
        for n, face in enumerate(faces):
            if n not in found:
                found[n] = self._next
                self._next += 1
            now.append(Track(id=found[n], face=face, seen_at=at))
        kept = {track.id for track in now}
        self._tracks = [*now, *(t for t in before if t.id not in kept)]
        return tuple(now)

    @property
    def alive(self) -> frozenset[int]:
        """Ids of tracks that may still come back."""
        return frozenset(track.id for track in self._tracks)

    def _pair(self, before: list[Track], faces: tuple[Face, ...]) -> dict[int, int]:
        if not before or not faces:
            return {}
        overlaps = overlap(np.stack([f.box for f in faces]), np.stack([t.face.box for t in before]))
        pairs: dict[int, int] = {}
        for flat in np.argsort(-overlaps, axis=None):
            n, m = divmod(int(flat), len(before))
            if overlaps[n, m] < LEAST_OVERLAP:
                break
            if n not in pairs and before[m].id not in pairs.values():
                pairs[n] = before[m].id
        return pairs


def overlap(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of boxes (N, 4) with boxes (M, 4), as (N, M)."""
    corner = np.maximum(a[:, None, :2], b[None, :, :2])
    far = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inter = np.clip(far - corner, 0, None).prod(axis=2)
    union = area(a)[:, None] + area(b)[None] - inter
    shares: NDArray[np.float32] = (inter / np.maximum(union, 1e-9)).astype(np.float32)
    return shares


def area(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Area of each box (N, 4)."""
    areas: NDArray[np.float32] = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1)
    return areas
