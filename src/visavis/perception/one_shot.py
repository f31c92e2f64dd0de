"""Detectors that look once: the answers of YuNet, SCRFD and RetinaFace, read for all places at once.

YuNet: Wu et al. (2023), doi 10.1007/s11633-023-1423-y. SCRFD: Guo et al. (2022), arXiv:2105.04714. RetinaFace: Deng et
al. (2020), arXiv:1905.00641.
"""

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.perception.boxes import overlaps, strongest
from visavis.perception.detections import Detections
from visavis.perception.octaves import Pixels
from visavis.perception.packs import DetectorKind, OneShot, OneShotNet
from visavis.perception.packs.feeding import feed
from visavis.perception.packs.manifest import Layout

MOST_BOXES = 512  # strongest first, so that a hostile picture costs no more
Floats = NDArray[np.float32]
Read = tuple[Floats, Floats, Floats]
"""Boxes (N, 4), landmarks (N, 5, 2) and scores (N,) in the pixels of the input."""


def find(net: OneShotNet, pixels: Pixels, min_face_px: float) -> Detections:
    """The faces of a picture, uint8 RGB (H, W, 3), whose longer side is at least `min_face_px`.

    Pictures larger than the input are reduced to fit, so that the smallest face that can be found grows with them.
    """
    canvas, scale = _framed(pixels, net)
    outputs = net.model.run(feed(canvas[None], net.image))
    flat = [output.reshape(-1, output.shape[-1]).astype(np.float32, copy=False) for output in outputs]
    match net.kind:
        case DetectorKind.YUNET:
            boxes, landmarks, scores = _yunet(flat, canvas.shape[:2], net.how)
        case DetectorKind.SCRFD:
            boxes, landmarks, scores = _scrfd(flat, canvas.shape[:2], net.how)
        case _:
            boxes, landmarks, scores = _retinaface(flat, canvas.shape[:2], net.how)
    boxes = boxes / np.float32(scale)
    landmarks = (landmarks + np.float32(0.5)) / np.float32(scale) - np.float32(0.5)
    large = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0) >= min_face_px
    sound = large & np.isfinite(boxes).all(axis=1) & np.isfinite(landmarks).all(axis=(1, 2))
    chosen = np.flatnonzero(sound & (scores >= net.how.score))
    chosen = chosen[np.argsort(-scores[chosen], kind="stable")[:MOST_BOXES]]
    boxes, landmarks, scores = boxes[chosen], landmarks[chosen], scores[chosen]
    kept = strongest(scores, overlaps(boxes, boxes), net.how.overlap)
    return Detections(boxes=boxes[kept], landmarks=landmarks[kept], scores=scores[kept])


def _framed(pixels: Pixels, net: OneShotNet) -> tuple[Pixels, float]:
    """The picture at the left top of the input, reduced to fit, never enlarged; black beside it."""
    shape, step = net.image.tensor.shape, max(net.how.strides)
    wanted = shape[1:3] if net.image.layout is Layout.NHWC else shape[2:4]
    limits = [side or net.how.longest_px for side in wanted]
    scale = min(1.0, limits[0] / pixels.shape[0], limits[1] / pixels.shape[1])
    size = [max(1, round(side * scale)) for side in pixels.shape[:2]]
    small = pixels if scale == 1.0 else cv2.resize(pixels, size[::-1], interpolation=cv2.INTER_AREA)
    sides = [fixed or -(-side // step) * step for fixed, side in zip(wanted, size, strict=True)]
    canvas = np.zeros((*sides, 3), np.uint8)
    canvas[: size[0], : size[1]] = small
    return canvas, scale


def _yunet(outputs: Sequence[Floats], size: tuple[int, ...], how: OneShot) -> Read:
    classes, objects, boxes, places = _by_stride(outputs, 4)
    corner, stride = _cells(size, how.strides, 1)
    centres = (corner + boxes[:, :2]) * stride
    reach = np.exp(np.minimum(boxes[:, 2:], 8)) * stride / 2
    landmarks = (places.reshape(-1, 5, 2) + corner[:, None]) * stride[:, None]
    scores = np.sqrt(classes[:, 0].clip(0, 1) * objects[:, 0].clip(0, 1))
    return np.concatenate([centres - reach, centres + reach], axis=1), landmarks, scores


def _scrfd(outputs: Sequence[Floats], size: tuple[int, ...], how: OneShot) -> Read:
    scores, distances, places = _by_stride(outputs, 3)
    corner, stride = _cells(size, how.strides, how.per_cell)
    centres, distances = corner * stride, distances * stride
    boxes = np.concatenate([centres - distances[:, :2], centres + distances[:, 2:]], axis=1)
    return boxes, centres[:, None] + places.reshape(-1, 5, 2) * stride[:, None], scores[:, 0]


def _retinaface(outputs: Sequence[Floats], size: tuple[int, ...], how: OneShot) -> Read:
    moves, probabilities, places = outputs
    corner, stride = _cells(size, how.strides, [len(sizes) for sizes in how.sizes])
    centres = (corner + np.float32(0.5)) * stride
    cells = [len(found) for found in _places(size, how.strides)]
    sides = np.concatenate([np.tile(s, count) for s, count in zip(how.sizes, cells, strict=True)])[:, None]
    sides = sides.astype(np.float32)
    near, wide = (np.float32(variance) for variance in how.variances)
    middles = centres + moves[:, :2] * near * sides
    reach = sides * np.exp(np.minimum(moves[:, 2:] * wide, 8)) / 2
    landmarks = centres[:, None] + places.reshape(-1, 5, 2) * near * sides[:, None]
    return np.concatenate([middles - reach, middles + reach], axis=1), landmarks, probabilities[:, -1]


def _by_stride(outputs: Sequence[Floats], parts: int) -> list[Floats]:
    """Outputs part by part, each stride by stride -> each part with all strides."""
    strides = len(outputs) // parts
    return [np.concatenate(outputs[part * strides : (part + 1) * strides]) for part in range(parts)]


def _cells(size: tuple[int, ...], strides: Sequence[int], per_cell: int | Sequence[int]) -> tuple[Floats, Floats]:
    """Column and row (N, 2) and stride (N, 1) of every anchor, row by row, in the order of the outputs."""
    found = _places(size, tuple(strides))
    repeats = [per_cell] * len(found) if isinstance(per_cell, int) else per_cell
    every = [np.repeat(places, times, axis=0) for places, times in zip(found, repeats, strict=True)]
    stride = np.concatenate([np.full((len(p), 1), s, np.float32) for p, s in zip(every, strides, strict=True)])
    return np.concatenate(every), stride


@lru_cache(maxsize=32)
def _places(size: tuple[int, ...], strides: tuple[int, ...]) -> tuple[Floats, ...]:
    """Column and row of each cell, stride by stride."""
    grids = (np.indices((size[0] // stride, size[1] // stride), dtype=np.float32) for stride in strides)
    return tuple(grid[::-1].reshape(2, -1).T for grid in grids)
