"""Arithmetic of boxes: rows of left, top, right, bottom in pixels, x right and y down."""

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float32]
_ALMOST_NOTHING = np.float32(1e-12)


def areas(boxes: Boxes) -> NDArray[np.float32]:
    """Width times height, (..., 4) -> (...); a box that is turned inside out has none.

    >>> areas(np.array([[0, 0, 2, 3], [5, 5, 4, 9]], np.float32)).tolist()
    [6.0, 0.0]
    """
    sides = np.maximum(boxes[..., 2:] - boxes[..., :2], 0)
    area: NDArray[np.float32] = sides[..., 0] * sides[..., 1]
    return area


def overlaps(one: Boxes, other: Boxes) -> NDArray[np.float32]:
    """Intersection over union of each with each: (N, 4), (M, 4) -> (N, M) in [0, 1]."""
    shared = _shared(one, other)
    return _share(shared, areas(one)[:, None] + areas(other)[None, :] - shared)


def coverages(one: Boxes, other: Boxes) -> NDArray[np.float32]:
    """Intersection over the smaller of both, of each with each: (N, 4), (M, 4) -> (N, M) in [0, 1]."""
    return _share(_shared(one, other), np.minimum(areas(one)[:, None], areas(other)[None, :]))


def strongest(scores: NDArray[np.float32], shared: NDArray[np.float32], most: float) -> NDArray[np.intp]:
    """Greedy non-maximum suppression: indices by falling score, none sharing more than `most` with one before it.

    Args:
        scores: (N,).
        shared: (N, N), what each box shares with each: `overlaps` or `coverages`.
        most: in [0, 1].
    """
    alive = np.ones(len(scores), dtype=np.bool_)
    kept = []
    for index in np.argsort(-scores, kind="stable"):
        if alive[index]:
            kept.append(index)
            alive &= shared[index] <= most
    return np.array(kept, dtype=np.intp)


def squared(boxes: Boxes) -> Boxes:
    """Squares about the same centres with the longer side: (N, 4) -> (N, 4)."""
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    reach = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True) / 2
    return np.concatenate([centres - reach, centres + reach], axis=1)


def moved(boxes: Boxes, offsets: NDArray[np.float32]) -> Boxes:
    """Boxes (N, 4) with each edge moved by a part of the box's width or height: offsets (N, 4)."""
    sides = boxes[:, 2:] - boxes[:, :2]
    result: Boxes = boxes + offsets * np.concatenate([sides, sides], axis=1)
    return result


def _shared(one: Boxes, other: Boxes) -> NDArray[np.float32]:
    left_top = np.maximum(one[:, None, :2], other[None, :, :2])
    right_bottom = np.minimum(one[:, None, 2:], other[None, :, 2:])
    return areas(np.concatenate([left_top, right_bottom], axis=-1))


def _share(part: NDArray[np.float32], whole: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.divide(part, np.maximum(whole, _ALMOST_NOTHING), dtype=np.float32)
