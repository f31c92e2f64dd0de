"""Turn, scale and cut a face so that its landmarks lie where the embedder expects them."""

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.perception.octaves import Octaves
from visavis.perception.packs import Alignment

Points = NDArray[np.float32] | NDArray[np.float64]

MIDDLE_GREY = 125.0


def similarity(source: Points, target: Points) -> NDArray[np.float64]:
    """The rotation, uniform scale and shift that bring points nearest to others, in least squares.

    The closed form of Umeyama (1991), IEEE TPAMI 13(4), for the plane: with points as complex numbers about their
    means, target = z * source has the least-squares solution z = <source, target> / <source, source>.

    Args:
        source: (N, 2), x and y; not all the same.
        target: (N, 2).

    Returns:
        (2, 3): target = matrix[:, :2] @ source + matrix[:, 2].

    Raises:
        ValueError: the source points coincide.

    >>> similarity(np.array([[0, 0], [1, 0.]]), np.array([[5, 5], [5, 7.]])).round(6).tolist()
    [[0.0, -2.0, 5.0], [2.0, 0.0, 5.0]]
    """
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    a, b = source - source_mean, target - target_mean
    spread = float((a * a).sum())
    if not spread > 0:
        raise ValueError("the points of a face coincide")
    cosine = (a * b).sum() / spread  # real part of z
    sine = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / spread  # imaginary part of z
    turn = np.array([[cosine, -sine], [sine, cosine]])
    return np.column_stack([turn, target_mean - turn @ source_mean])


def align(pixels: NDArray[np.uint8], landmarks: Points, alignment: Alignment) -> NDArray[np.uint8]:
    """The face as the embedder takes it: uint8 RGB (alignment.height, alignment.width, 3); black outside the picture.

    Args:
        pixels: the whole picture, uint8 RGB (H, W, 3).
        landmarks: (5, 2) in its pixels, in the order of `visavis.types.Face`.
        alignment: where the landmarks go.
    """
    places = np.array(alignment.landmarks)
    matrix = similarity(landmarks.astype(np.float64), places)
    octave = int(np.log2(max(1.0, 1 / np.hypot(matrix[0, 0], matrix[1, 0]))))
    if octave:  # a large face is averaged down first: to pick every second pixel would add noise and patterns
        pixels = Octaves.of(pixels).copies[octave]
        matrix = similarity((landmarks + 0.5) / 2.0**octave - 0.5, places)
    size = (alignment.width, alignment.height)
    return np.asarray(cv2.warpAffine(pixels, matrix, size, flags=cv2.INTER_LINEAR), np.uint8)


def levelled(face: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The face with its light multiplied so that its mean grey level is in the middle.

    Not done by default, for the default embedder hardly gains by it: with faces darkened to 15 % (mean level 19),
    genuine pairs above the score of one impostor pair in a thousand rose from 87.2 to 88.5 %; in normal light they
    fell from 93.0 to 92.7 %, with overexposure from 77.7 to 76.7 %.
    """
    level = max(float(np.asarray(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)).mean()), 1.0)
    return np.asarray(np.clip(face * (MIDDLE_GREY / level), 0, 255), np.uint8)
