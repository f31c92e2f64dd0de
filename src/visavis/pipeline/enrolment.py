"""The photos of one person who joins or adds templates: each is taken or refused for its own reasons."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from visavis.errors import (
    FaceAlreadyEnrolled,
    ImageRefused,
    InputRefused,
    NoFaceFound,
    QualityTooLow,
    SeveralFacesFound,
)
from visavis.identity.rotation import version_of
from visavis.identity.threshold import for_rate
from visavis.perception.decode import decode_image
from visavis.perception.observe import enrolment_face
from visavis.pipeline.edge import SAME_PERSON_RATE, Edge
from visavis.types import Embedding, Face, Frame, MemberId, Quality


class ReviewMode(StrEnum):
    """How closely photos are looked at before they become templates."""

    OFF = "off"  # the largest face, whatever its quality: for archives that were checked elsewhere
    STANDARD = "standard"  # exactly one face, good enough to compare
    STRICT = "strict"  # and more like this person's other photos than like any other member


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One photo, and why it was refused; no reason: it is taken."""

    index: int
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()  # duplicate: the face already belongs to a member, and this was allowed
    quality: Quality | None = None
    embedding: Embedding | None = field(default=None, repr=False)
    refusal: InputRefused | None = field(default=None, repr=False)

    @property
    def accepted(self) -> bool:
        return not self.reasons

    def refused(self, reason: str, error: InputRefused) -> "Shot":
        """The same photo, not taken, and without its embedding."""
        return replace(self, reasons=(reason,), embedding=None, refusal=error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """All photos, in their order."""

    shots: tuple[Shot, ...]

    @property
    def embeddings(self) -> tuple[Embedding, ...]:
        """Of those that are taken."""
        return tuple(shot.embedding for shot in self.shots if shot.accepted and shot.embedding is not None)

    def refusal(self) -> InputRefused | None:
        """What to tell when none is taken: the first photo's error, and every photo's reasons."""
        if not self.shots or self.embeddings:
            return None
        first = next(shot.refusal for shot in self.shots if shot.refusal is not None)
        if len(self.shots) == 1:
            return first
        told = "; ".join(f"image {shot.index + 1}: {', '.join(shot.reasons)}" for shot in self.shots)
        return type(first)(told)


def judge(
    edge: Edge,
    photos: Sequence[bytes],
    *,
    review: ReviewMode = ReviewMode.STANDARD,
    allow_duplicate: bool = False,
    member_id: MemberId | None = None,
    own: Sequence[Embedding] = (),
) -> Judged:
    """Look at each photo on its own, then at all together. Perception: runs in a thread.

    Args:
        edge: Finds, embeds, and knows the members.
        photos: Files as they came.
        review: How closely.
        allow_duplicate: Take a face that already belongs to another member, with a warning.
        member_id: Who adds templates; None while they join.
        own: Their templates so far.
    """
    shots = [_looked(edge, index, photo, review) for index, photo in enumerate(photos)]
    version = edge.rotations.version  # it may be renewed between two photos
    shots, own = _turned(edge, shots, version), edge.rotations.turned(own, version)
    shots = _one_person(edge, shots, own)
    if review is ReviewMode.STRICT:
        shots = _nearest_to_own(edge, shots, member_id, own)
    return Judged(shots=tuple(_not_another(edge, shots, member_id, allow_duplicate=allow_duplicate)))


# ------ one photo


def _looked(edge: Edge, index: int, photo: bytes, review: ReviewMode) -> Shot:
    shot = Shot(index=index)
    try:
        frame = Frame(pixels=decode_image(photo), source="enrolment", captured_at=edge.clock.now())
        faces = edge.observer.observe(frame)
        face = _largest(faces) if review is ReviewMode.OFF else enrolment_face(faces)
    except ImageRefused as error:
        return shot.refused("invalid_image", error)
    except NoFaceFound as error:
        return shot.refused("no_face", error)
    except SeveralFacesFound as error:
        return shot.refused("several_faces", error)
    except QualityTooLow as error:
        return replace(shot, reasons=faces[0].quality.reasons, quality=faces[0].quality, refusal=error)
    return replace(shot, quality=face.quality, embedding=edge.embed(frame, (face,))[0])


def _turned(edge: Edge, shots: list[Shot], version: int) -> list[Shot]:
    """All in this rotation, so that they can be compared with each other."""
    turned = iter(edge.rotations.turned(_vectors(shots), version))
    return [shot if shot.embedding is None else replace(shot, embedding=next(turned)) for shot in shots]


def _largest(faces: Sequence[Face]) -> Face:
    if not faces:
        raise NoFaceFound
    return faces[0]


# ------ all together


def _one_person(edge: Edge, shots: list[Shot], own: Sequence[Embedding]) -> list[Shot]:
    """More than half of the usable photos agree with each other, and with the templates so far; the rest is refused."""
    usable = [shot for shot in shots if shot.embedding is not None]
    same = for_rate(edge.calibration, SAME_PERSON_RATE).score
    agreeing = _clique(_scores([*own, *_vectors(usable)]), same, fixed=len(own))
    enough = bool(own) or 2 * len(agreeing) > len(usable)
    kept = {usable[number].index for number in agreeing} if enough else set()
    told = InputRefused("photos: they do not all show the same person; take them again alone")
    return _refuse(shots, lambda shot: shot.index not in kept, "other_person", told)


def _clique(scores: np.ndarray, same: float, *, fixed: int) -> list[int]:
    """Photos that all agree with each other, grown from the one that agrees with most.

    Args:
        scores: of templates and photos with each other.
        same: least score of one person.
        fixed: how many of them are templates, which come first; a photo has to agree with the best of these.
    """
    fits = scores >= same
    photos = [row for row in range(fixed, len(scores)) if not fixed or fits[row, :fixed].any()]
    best: list[int] = []
    for anchor in photos:
        chosen = [anchor]
        for row in sorted(photos, key=lambda row: -scores[anchor, row]):
            if row != anchor and fits[row, chosen].all():
                chosen.append(row)
        best = max(best, chosen, key=len)
    return sorted(row - fixed for row in best)


def _nearest_to_own(edge: Edge, shots: list[Shot], member_id: MemberId | None, own: Sequence[Embedding]) -> list[Shot]:
    """Refuse photos that are no more like this person's others than like another member."""
    taken = [shot for shot in shots if shot.embedding is not None]

    def is_nearer_to_another(shot: Shot) -> bool:
        others = [*own, *(other.embedding for other in taken if other is not shot and other.embedding is not None)]
        if not others or shot.embedding is None:
            return False  # the first photo has nothing of its own to be compared with
        to_own = max(float(shot.embedding.vector @ other.vector) for other in others)
        return _to_others(edge, shot.embedding, member_id) >= to_own

    told = FaceAlreadyEnrolled("photos: more like another member")
    return _refuse(shots, is_nearer_to_another, "nearer_to_another", told)


def _to_others(edge: Edge, embedding: Embedding, member_id: MemberId | None) -> float:
    """Comparison score of the nearest member who is somebody else; -1 without any."""
    gallery = edge.gallery
    (nearest,) = gallery.nearest(edge.rotations.turned((embedding,), version_of(gallery.model)), 2)
    return max((match.score for match in nearest if match.member_id != member_id), default=-1.0)


def _not_another(edge: Edge, shots: list[Shot], member_id: MemberId | None, *, allow_duplicate: bool) -> list[Shot]:
    """Refuse, or mark, the face of somebody who is a member already. Nobody learns whose it is."""
    embeddings = [shot.embedding for shot in shots if shot.embedding is not None]
    known = edge.identify(embeddings) if embeddings and len(edge.gallery) else None
    if known is None or known.member_id == member_id:
        return shots
    if allow_duplicate:
        return [replace(shot, warnings=("duplicate",)) if shot.embedding is not None else shot for shot in shots]
    return _refuse(shots, lambda _: True, "duplicate", FaceAlreadyEnrolled())


def _refuse(shots: list[Shot], which: Callable[[Shot], bool], reason: str, error: InputRefused) -> list[Shot]:
    """Refuse those of the usable photos for which this holds."""
    return [shot.refused(reason, error) if shot.embedding is not None and which(shot) else shot for shot in shots]


def _vectors(shots: Sequence[Shot]) -> list[Embedding]:
    return [shot.embedding for shot in shots if shot.embedding is not None]


def _scores(embeddings: Sequence[Embedding]) -> np.ndarray:
    vectors = np.stack([embedding.vector for embedding in embeddings]) if embeddings else np.empty((0, 1), np.float32)
    return np.asarray(vectors @ vectors.T)
