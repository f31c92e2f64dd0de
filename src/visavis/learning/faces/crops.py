"""Faces for training: cut once with a margin, kept in memory, varied anew each time that they are shown."""

from dataclasses import dataclass, field
from datetime import datetime

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputRefused
from visavis.learning.faces.folders import People, Progress, Whose, face_of, frames
from visavis.learning.faces.recipe import Augmentation
from visavis.perception.align import align
from visavis.perception.observe import Observer
from visavis.perception.packs import Alignment

MAX_BYTES = 4 * 2**30
_MARGIN = 0.125  # of the side, on each edge: what turning and shifting may bring into view


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crops:
    """Aligned faces with a margin. In memory only."""

    pixels: NDArray[np.uint8] = field(repr=False)  # (N, side + 2 margins, side + 2 margins, 3), RGB
    labels: NDArray[np.int64] = field(repr=False)  # (N,), 0 to people - 1
    people: int
    side: int  # of the picture that the network takes
    alignment: Alignment  # of that picture
    without_face: int  # photographs that were left out

    def __len__(self) -> int:
        return len(self.labels)

    def plain(self, indices: NDArray[np.intp]) -> NDArray[np.uint8]:
        """These faces as they are: (len(indices), side, side, 3)."""
        margin = (self.pixels.shape[1] - self.side) // 2
        return self.pixels[indices, margin : margin + self.side, margin : margin + self.side]

    def varied(
        self, indices: NDArray[np.intp], augmentation: Augmentation, rng: np.random.Generator
    ) -> NDArray[np.uint8]:
        """These faces, each moved, turned, scaled, lit and mirrored at random: (len(indices), side, side, 3)."""
        return np.stack([vary(self.pixels[index], self.side, augmentation, rng) for index in indices])


def scaled_alignment(alignment: Alignment, side: int) -> Alignment:
    """The same view of the face in a square of another size."""
    factors = np.array([side / alignment.width, side / alignment.height])
    places = (np.array(alignment.landmarks) + 0.5) * factors - 0.5  # pixel centres are whole numbers
    eye, other, nose, left, right = ((round(float(x), 3), round(float(y), 3)) for x, y in places)
    evidence = f"as {alignment.width} x {alignment.height}, scaled: {alignment.evidence}"[:500]
    return Alignment(width=side, height=side, landmarks=(eye, other, nose, left, right), evidence=evidence)


def cut_faces(
    people: People,
    observer: Observer,
    alignment: Alignment,
    *,
    whose: Whose,
    now: datetime,
    progress: Progress,
) -> Crops:
    """Find and cut the face that is meant on each photograph; those without one are left out.

    Args:
        people: whose photographs.
        observer: finds faces; nothing is embedded.
        alignment: square, of the pictures that the network takes.
        whose: which face of several.
        now: stamped on the frames.
        progress: told of the share that is done.

    Raises:
        InputRefused: the faces would not fit into `MAX_BYTES`, a photograph cannot be read, or faces of fewer than
            two people were found.
    """
    margin = round(_MARGIN * alignment.width)
    wide = alignment.width + 2 * margin
    if len(people) * wide * wide * 3 > MAX_BYTES:
        raise InputRefused(f"{people.root}: {len(people)} pictures do not fit into {MAX_BYTES // 2**30} GiB of memory")
    places: NDArray[np.float64] = np.array(alignment.landmarks) + margin
    eye, other, nose, left, right = ((float(x), float(y)) for x, y in places)
    target = Alignment(width=wide, height=wide, landmarks=(eye, other, nose, left, right), evidence="with a margin")
    pixels, labels = [], []
    for number, (frame, label) in enumerate(zip(frames(people, now=now), people.labels.tolist(), strict=True)):
        face = face_of(frame, observer.observe(frame), whose)
        if face is not None:
            pixels.append(align(frame.pixels, face.landmarks, target))
            labels.append(label)
        progress("reading the photographs", (number + 1) / len(people))
    present, numbers = np.unique(np.array(labels, np.int64), return_inverse=True)
    if len(present) < 2:
        raise InputRefused(f"{people.root}: faces of {len(present)} people were found; two are the least")
    return Crops(
        pixels=np.stack(pixels),
        labels=numbers.astype(np.int64),
        people=len(present),
        side=alignment.width,
        alignment=alignment,
        without_face=len(people) - len(pixels),
    )


def vary(
    picture: NDArray[np.uint8], side: int, augmentation: Augmentation, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """One variation of a picture (H, W, 3), around its middle: (side, side, 3)."""
    a = augmentation
    scale, angle = 1 + rng.uniform(-a.scale, a.scale), np.deg2rad(rng.uniform(-a.rotation_deg, a.rotation_deg))
    shift = rng.uniform(-a.shift, a.shift, 2) * side
    mirror = -1.0 if rng.random() < a.flip else 1.0
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ np.diag([mirror, 1])
    height, width = picture.shape[:2]
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    matrix = np.column_stack([turn, (side - 1) / 2 + shift - turn @ middle])
    moved = cv2.warpAffine(picture, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    gain, contrast, gamma = (1 + rng.uniform(-x, x) for x in (a.brightness, a.contrast, a.gamma))
    levels = 255 * (np.arange(256) / 255) ** gamma
    mean = float(levels[moved].mean())
    lit = np.clip(gain * (mean + contrast * (levels - mean)), 0, 255)
    return np.asarray(lit.round().astype(np.uint8)[moved])
