"""Copies of a picture, each half as wide and high as the one before, so that any size is cut out cheaply."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.perception.boxes import Boxes

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Octaves:
    """A picture, uint8 RGB (H, W, 3), and its halves down to a shorter side of less than 24 pixels."""

    copies: Sequence[Pixels]  # copies[k] is smaller by 2 ** k

    @classmethod
    def of(cls, pixels: Pixels) -> "Octaves":
        """Average every 2 x 2 pixels, again and again; an odd last row or column is left out."""
        copies = [pixels]
        while min(copies[-1].shape[:2]) >= 24:
            height, width = (side // 2 for side in copies[-1].shape[:2])
            even = copies[-1][: 2 * height, : 2 * width]
            half = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)
            copies.append(np.asarray(half, np.uint8))
        return cls(copies)

    def reduced(self, scale: float) -> tuple[Pixels, NDArray[np.float64]]:
        """The picture at a scale of at most 1, and the exact scales that came of it: (x, y)."""
        octave = self._octave(1 / scale)
        copy = self.copies[octave]
        height, width = (round(side * scale * 2**octave) for side in copy.shape[:2])
        small = cv2.resize(copy, (width, height), interpolation=cv2.INTER_AREA)
        return np.asarray(small, np.uint8), np.array([width, height]) / copy.shape[1::-1] / 2**octave

    def patches(self, boxes: Boxes, side: int) -> tuple[Boxes, Pixels]:
        """What boxes show, black outside the picture: (N, 4) -> (N, 4), (N, side, side, 3).

        The boxes that come back lie at whole pixels of the copies that their patches were cut from.
        """
        placed = np.zeros((len(boxes), 4), np.float32)
        patches = np.zeros((len(boxes), side, side, 3), np.uint8)
        for box, place, patch in zip(boxes, placed, patches, strict=True):
            place[:] = self._cut(box, patch)
        return placed, patches

    def _cut(self, box: NDArray[np.float32], patch: Pixels) -> NDArray[np.float32]:
        octave = self._octave((box[2] - box[0]) / len(patch))
        copy = self.copies[octave]
        height, width = copy.shape[:2]
        place: NDArray[np.float32] = np.rint(box / np.float32(2**octave))
        left, top, right, bottom = place.astype(int)
        piece = copy[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
        if piece.size:
            if left < 0 or top < 0 or right > width or bottom > height:
                border = max(0, -top), max(0, bottom - height), max(0, -left), max(0, right - width)
                piece = np.asarray(cv2.copyMakeBorder(piece, *border, cv2.BORDER_CONSTANT), np.uint8)
            cv2.resize(piece, patch.shape[:2], dst=patch, interpolation=cv2.INTER_AREA)
        return place * np.float32(2**octave)

    def _octave(self, reduction: float) -> int:
        """The smallest copy that is still at least as fine as asked for."""
        return min(int(np.log2(max(1.0, reduction))), len(self.copies) - 1)
