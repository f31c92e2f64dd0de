"""frame -> faces -> embeddings, with one loaded pack."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from visavis.errors import NoFaceFound, QualityTooLow, SeveralFacesFound
from visavis.perception.align import align, levelled
from visavis.perception.detect import Detector, Region
from visavis.perception.detections import Detections
from visavis.perception.packs import Pack
from visavis.perception.quality import quality_of
from visavis.types import Embedding, Face, Frame

BYSTANDER = 0.4  # a face below this part of the largest one's width stands behind the person, not beside


class Observer:
    """Finds and embeds faces; may be used from several threads at once."""

    def __init__(
        self,
        pack: Pack,
        *,
        min_face_px: float = 60.0,
        region: Region | None = None,
        mirrored: bool = True,
        level_light: bool = False,
    ) -> None:
        """Choose what is looked for.

        Args:
            pack: detector, embedder and how faces are aligned between them.
            min_face_px: width of the smallest face that is looked for.
            region: part of each frame in which faces are looked for; None is all of it.
            mirrored: embed each face and its mirror image and take the mean of both. Twice the work of embedding; with
                the default pack, genuine pairs above the score of one impostor pair in a thousand rise from 94.1 to
                95.0 %, in ten thousand from 84.7 to 86.6 %.
            level_light: bring every face to the same mean grey level before it is embedded. Templates that were made
                with and without it compare less well.
        """
        self._pack = pack
        self._detector = Detector(nets=pack.detector, min_face_px=min_face_px, region=region)
        self._mirrored = mirrored
        self._level_light = level_light

    @property
    def model(self) -> str:
        """Which embedder this is; only embeddings of equal models compare."""
        return self._pack.model_id

    @property
    def dim(self) -> int:
        """Numbers in an embedding."""
        return self._pack.manifest.dim

    def observe(self, frame: Frame) -> tuple[Face, ...]:
        """The faces of a frame, largest first. Nothing is embedded."""
        found = self._detector.detect(frame.pixels)
        widths = found.boxes[:, 2] - found.boxes[:, 0]
        return tuple(self._face(frame.pixels, found, index) for index in np.argsort(-widths, kind="stable"))

    def embed(self, frame: Frame, faces: Sequence[Face]) -> tuple[Embedding, ...]:
        """One unit vector a face, in one batch.

        A face that is embedded can be compared, so the caller asks for this only to enrol, or while a gallery of
        people who consented is loaded.
        """
        if not faces:
            return ()
        aligned = [align(frame.pixels, face.landmarks, self._pack.alignment) for face in faces]
        if self._level_light:
            aligned = [levelled(face) for face in aligned]
        return tuple(Embedding(vector=vector, model=self.model) for vector in self._vectors(np.stack(aligned)))

    def _vectors(self, aligned: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Aligned faces (N, height, width, 3) -> unit vectors (N, D)."""
        if not self._mirrored:
            return self._pack.embed(aligned)
        both = self._pack.embed(np.concatenate([aligned, aligned[:, :, ::-1]]))  # (2 N, D)
        sums = both[: len(aligned)] + both[len(aligned) :]
        mean: NDArray[np.float32] = sums / np.linalg.norm(sums, axis=1, keepdims=True)
        return mean

    def _face(self, pixels: NDArray[np.uint8], found: Detections, index: np.intp) -> Face:
        landmarks, alignment = found.landmarks[index], self._pack.alignment
        return Face(
            box=found.boxes[index],
            landmarks=landmarks,
            confidence=float(found.scores[index]),
            quality=quality_of(align(pixels, landmarks, alignment), landmarks, alignment),
        )


def enrolment_face(faces: Sequence[Face]) -> Face:
    """The one face of an enrolment photograph.

    Args:
        faces: largest first, as `Observer.observe` gives them.

    Raises:
        NoFaceFound: there is none.
        SeveralFacesFound: a second face is at least 0.4 times as wide as the largest, so that it is not clear who
            enrols. Smaller ones are people in the background.
        QualityTooLow: it cannot be compared well; the detail names every reason.
    """
    if not faces:
        raise NoFaceFound
    nearest, *others = faces
    beside = sum(_width(other) >= BYSTANDER * _width(nearest) for other in others)
    if beside:
        raise SeveralFacesFound(f"{1 + beside} people")
    if not nearest.quality.usable:
        raise QualityTooLow(", ".join(nearest.quality.reasons))
    return nearest


def _width(face: Face) -> float:
    return float(face.box[2] - face.box[0])
