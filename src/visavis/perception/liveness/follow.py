"""The one person before the camera, from frame to frame: nobody may step in between, nothing may jump."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from visavis.perception.boxes import overlaps
from visavis.perception.observe import BYSTANDER
from visavis.types import Face

LEAST_OVERLAP = 0.3  # of two consecutive boxes; at six frames a second a head moves half its width at most
ELSEWHERE = 0.05  # an overlap below this is another face
MOST_GROWTH = 1.19  # of the box's side from frame to frame; less than what "closer" asks for
MOST_TURN_DEG = 14.5  # from frame to frame, less than what a turn asks for; 115 degrees a second at 8 frames a second
OUT_OF_SIGHT = timedelta(seconds=0.8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """What one frame showed of the person."""

    at: datetime
    face: Face | None = None  # None: nobody, or not alone
    hint: str | None = None  # what the person should change
    displaced: bool = False  # not where, or not as large, as the last frame lets expect
    jumped: bool = False  # displaced, or turned faster than heads are asked to
    lost: bool = False  # gone for too long, or somebody else: what was shown before does not count


@dataclass(slots=True)
class Follower:
    """Follows one face by the overlap of its boxes; compares it with nobody."""

    _last: Face | None = None
    _seen_at: datetime | None = None

    def see(self, faces: Sequence[Face], at: datetime) -> Glimpse:
        """The person in this frame.

        Args:
            faces: of the frame, largest first.
            at: when it was taken.
        """
        if not faces or _several(faces):
            away = self._seen_at is not None and at - self._seen_at > OUT_OF_SIGHT
            return Glimpse(at=at, hint="several_faces" if faces else "no_face", lost=away)
        face, before = faces[0], self._last
        late = self._seen_at is not None and at - self._seen_at > OUT_OF_SIGHT
        self._last, self._seen_at = face, at
        hint = next(iter(face.quality.reasons), None)
        if before is None:
            return Glimpse(at=at, face=face, hint=hint)
        shared = float(overlaps(before.box[None], face.box[None])[0, 0])
        displaced = shared < LEAST_OVERLAP or _growth(before, face) > MOST_GROWTH
        return Glimpse(
            at=at,
            face=face,
            hint=hint,
            displaced=displaced,
            jumped=displaced or _turn(before, face) > MOST_TURN_DEG,
            lost=late or shared < ELSEWHERE,
        )


def _several(faces: Sequence[Face]) -> bool:
    """Somebody else stands beside the person, as in `visavis.perception.observe.enrolment_face`."""
    return any(_side(other) >= BYSTANDER * _side(faces[0]) for other in faces[1:])


def _growth(before: Face, face: Face) -> float:
    one, other = _side(before), _side(face)
    return max(one, other) / max(min(one, other), 1.0)


def _turn(before: Face, face: Face) -> float:
    return abs(face.quality.yaw_deg - before.quality.yaw_deg)


def _side(face: Face) -> float:
    return float(face.box[2] - face.box[0])
