"""Arithmetic of boxes: rows of left, top, right, bottom in pixels, x right and y down, right and bottom outside."""

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float32]


def areas(boxes: Boxes) -> NDArray[np.float32]:
    """Width times height, (..., 4) -> (...); never negative."""
    area: NDArray[np.float32] = np.maximum(boxes[..., 2] - boxes[..., 0], 0) * np.maximum(
        boxes[..., 3] - boxes[..., 1], 0
    )
    return area


def overlaps(one: Boxes, other: Boxes) -> NDArray[np.float32]:
    """Intersection over union of each with each: (N, 4), (M, 4) -> (N, M) in [0, 1]."""
    shared = _shared(one, other)
    union = areas(one)[:, None] + areas(other)[None, :] - shared
    return shared / np.maximum(union, np.finfo(np.float32).tiny)


def coverages(one: Boxes, other: Boxes) -> NDArray[np.float32]:
    """Intersection over the smaller area of each with each: (N, 4), (M, 4) -> (N, M) in [0, 1]."""
    smaller = np.minimum(areas(one)[:, None], areas(other)[None, :])
    return _shared(one, other) / np.maximum(smaller, np.finfo(np.float32).tiny)


def _shared(one: Boxes, other: Boxes) -> NDArray[np.float32]:
    left_top = np.maximum(one[:, None, :2], other[None, :, :2])
    right_bottom = np.minimum(one[:, None, 2:], other[None, :, 2:])
    return areas(np.concatenate([left_top, right_bottom], axis=-1))


def strongest(scores: NDArray[np.float32], shared: NDArray[np.float32], most: float) -> NDArray[np.intp]:
    """Non-maximum suppression: indices by falling score, none sharing more than `most` with a stronger one.

    Args:
        scores: (N,).
        shared: (N, N), what each shares with each: `overlaps` or `coverages`.
        most: in [0, 1].
    """
    order = np.argsort(-scores, kind="stable")
    alive = np.ones(len(scores), dtype=np.bool_)
    kept = []
    for index in order:
        if alive[index]:
            kept.append(index)
            alive &= shared[index] <= most
    return np.array(kept, dtype=np.intp)


def squared(boxes: Boxes) -> Boxes:
    """Squares of the same centre whose side is the longer side."""
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True) / 2
    return np.concatenate([centres - half, centres + half], axis=1)


def shifted(boxes: Boxes, offsets: NDArray[np.float32]) -> Boxes:
    """Boxes moved by offsets (N, 4), given as parts of their width and height."""
    sides = boxes[:, 2:] - boxes[:, :2]
    return boxes + offsets * np.concatenate([sides, sides], axis=1)
