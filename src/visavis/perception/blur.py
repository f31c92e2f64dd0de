"""A picture that shows where people stand and not who they are."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.types import Face

WIDTH = 640  # of a preview; a face that the detector is too coarse for is a smudge at this size
TILES = 4  # of a hidden face, across and down: far too few to compare
REACH = 0.35  # of its size, by which a face's box is widened: hair and chin show people too
QUALITY = 75  # of the JPEG


def smaller(pixels: NDArray[np.uint8], width: int = WIDTH) -> NDArray[np.uint8]:
    """The picture, at most so many pixels wide."""
    height, now = pixels.shape[:2]
    if now <= width:
        return pixels
    size = (width, max(1, round(height * width / now)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def without_faces(pixels: NDArray[np.uint8], faces: Sequence[Face]) -> NDArray[np.uint8]:
    """A copy in which each face is 4 x 4 tiles of its mean colours."""
    hidden = pixels.copy()
    for face in faces:
        left, top, right, bottom = _widened(face, pixels.shape[1], pixels.shape[0])
        region = hidden[top:bottom, left:right]
        if region.size:
            tiles = cv2.resize(region, (TILES, TILES), interpolation=cv2.INTER_AREA)
            size = (right - left, bottom - top)
            hidden[top:bottom, left:right] = cv2.resize(tiles, size, interpolation=cv2.INTER_NEAREST)
    return hidden


def jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """RGB pixels as the bytes of a JPEG file, in memory."""
    _, data = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return data.tobytes()


def _widened(face: Face, width: int, height: int) -> tuple[int, int, int, int]:
    left, top, right, bottom = (float(v) for v in face.box)
    across, down = REACH * (right - left), REACH * (bottom - top)
    return (
        max(0, int(left - across)),
        max(0, int(top - down)),
        min(width, int(np.ceil(right + across))),
        min(height, int(np.ceil(bottom + down))),
    )
