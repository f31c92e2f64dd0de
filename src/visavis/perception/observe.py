"""frame -> faces -> embeddings, with one loaded pack."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.errors import NoFaceFound, QualityTooLow, SeveralFacesFound
from visavis.perception.align import align
from visavis.perception.detect import Detector
from visavis.perception.packs import Pack
from visavis.perception.quality import quality
from visavis.types import Embedding, Face, Frame

MAX_SIDE = 1600  # larger pictures are looked at in this size: bounds the work of one frame
BYSTANDER = 0.4  # a face below this part of the nearest one's size is behind, not beside


class Observer:
    """Finds and embeds faces; safe to use from several threads."""

    def __init__(self, pack: Pack, *, min_face_px: int = 60) -> None:
        self._pack = pack
        self._detector = Detector(nets=pack.detector, min_face_px=min_face_px)
        self._template = np.asarray(pack.alignment.landmarks, np.float32)
        self._size = (pack.alignment.width, pack.alignment.height)

    @property
    def model(self) -> str:
        """Which embedder this is; only embeddings of equal models compare."""
        return self._pack.model_id

    def observe(self, frame: Frame) -> tuple[Face, ...]:
        """Faces of a frame, largest first; nothing is embedded."""
        pixels, scale = _bounded(frame.pixels)
        boxes, scores, landmarks = self._detector.detect(pixels)
        order = np.argsort(-(boxes[:, 2] - boxes[:, 0]), kind="stable")
        return tuple(
            Face(
                box=(boxes[n] * scale).astype(np.float32),
                landmarks=(landmarks[n] * scale).astype(np.float32),
                confidence=float(np.clip(scores[n], 0.0, 1.0)),
                quality=quality(self._align(frame.pixels, points), points),
            )
            for n in order
            for points in [(landmarks[n] * scale).astype(np.float32)]
        )

    def embed(self, frame: Frame, faces: Sequence[Face]) -> tuple[Embedding, ...]:
        """One unit vector a face, in one batch. Call it only for consented comparison or enrolment."""
        if not faces:
            return ()
        batch = np.stack([self._align(frame.pixels, face.landmarks) for face in faces])
        return tuple(Embedding(vector=vector, model=self.model) for vector in self._pack.embed(batch))

    def _align(self, pixels: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> NDArray[np.uint8]:
        return align(pixels, landmarks, self._template, self._size)


def enrolment_face(faces: Sequence[Face]) -> Face:
    """The one face of an enrolment photo, from faces ordered largest first.

    Raises:
        NoFaceFound: There is none.
        SeveralFacesFound: Another face is at least 0.4 times as large: it is unclear who enrols.
        QualityTooLow: It cannot be compared well; the detail names the reasons.
    """
    if not faces:
        raise NoFaceFound
    first, *others = faces
    if any(_width(other) > BYSTANDER * _width(first) for other in others):
        raise SeveralFacesFound
    if not first.quality.usable:
        raise QualityTooLow(", ".join(first.quality.reasons))
    return first


def _width(face: Face) -> float:
    return float(face.box[2] - face.box[0])


def _bounded(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """The picture at a bounded size, and what its coordinates are multiplied with to get back."""
    side = max(pixels.shape[:2])
    if side <= MAX_SIDE:
        return pixels, 1.0
    scale = side / MAX_SIDE
    size = (round(pixels.shape[1] / scale), round(pixels.shape[0] / scale))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), scale
