"""The MTCNN cascade (Zhang et al., 2016): windows over a pyramid, refined twice, with five landmarks at the end."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.perception.packs import MtcnnNets

Floats = NDArray[np.float32]

WINDOW, STRIDE = 12, 2
FACTOR = 0.709  # between levels of the pyramid: half the area
MAX_WINDOWS = 2000  # candidates that the second network looks at: bounds the work of one frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """Finds faces of at least `min_face_px`."""

    nets: MtcnnNets
    min_face_px: int = 60
    thresholds: tuple[float, float, float] = (0.6, 0.7, 0.8)

    def detect(self, pixels: NDArray[np.uint8]) -> tuple[Floats, Floats, Floats]:
        """Boxes (N, 4), scores (N,) and landmarks (N, 5, 2) of faces in an RGB picture (H, W, 3), in its pixels."""
        boxes = self._propose(pixels)
        boxes = self._refine(pixels, boxes)
        return self._finish(pixels, boxes)

    def _propose(self, pixels: NDArray[np.uint8]) -> Floats:
        """Square windows where the first network sees something like a face."""
        height, width = pixels.shape[:2]
        found, scores = [np.empty((0, 4), np.float32)], [np.empty(0, np.float32)]
        scale = WINDOW / self.min_face_px
        picture = pixels
        while min(height, width) * scale >= WINDOW:
            size = (int(np.ceil(width * scale)), int(np.ceil(height * scale)))
            picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)  # each level from the one before it
            score, offset = (out[0] for out in self.nets.p_net.run(picture[None]))
            row, column = np.nonzero(score > self.thresholds[0])
            corner = np.stack([column, row], axis=1).astype(np.float32) * STRIDE
            window = np.hstack([corner, corner + WINDOW]) + offset[:, row, column].T * WINDOW
            boxes = window / np.tile(np.array([size[0] / width, size[1] / height], np.float32), 2)
            keep = suppress(boxes, score[row, column], 0.5)
            found.append(boxes[keep])
            scores.append(score[row, column][keep])
            scale *= FACTOR
        boxes, score = np.concatenate(found), np.concatenate(scores)
        keep = suppress(boxes, score, 0.7)[:MAX_WINDOWS]
        return squared(boxes[keep])

    def _refine(self, pixels: NDArray[np.uint8], boxes: Floats) -> Floats:
        if not len(boxes):
            return boxes
        score, offset = self.nets.r_net.run(crops(pixels, boxes, 24))
        good = score > self.thresholds[1]
        boxes = shifted(boxes[good], offset[good])
        return squared(boxes[suppress(boxes, score[good], 0.7)])

    def _finish(self, pixels: NDArray[np.uint8], boxes: Floats) -> tuple[Floats, Floats, Floats]:
        if not len(boxes):
            return boxes, np.empty(0, np.float32), np.empty((0, 5, 2), np.float32)
        score, offset, landmarks = self.nets.o_net.run(crops(pixels, boxes, 48))
        good = score > self.thresholds[2]
        boxes, score, offset, landmarks = boxes[good], score[good], offset[good], landmarks[good]
        side = boxes[:, None, 2:] - boxes[:, None, :2]
        points = boxes[:, None, :2] + landmarks * side
        boxes = shifted(boxes, offset)
        keep = suppress(boxes, score, 0.7, smaller=True)
        return boxes[keep], score[keep], points[keep].astype(np.float32)


def shifted(boxes: Floats, offsets: Floats) -> Floats:
    """Boxes (N, 4) moved by offsets (N, 4) in parts of their sides."""
    sides = boxes[:, 2:] - boxes[:, :2]
    return boxes + offsets * np.tile(sides, 2)


def squared(boxes: Floats) -> Floats:
    """The smallest squares around boxes (N, 4), with the same centres."""
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0, keepdims=True) / 2
    return np.hstack([centre - half, centre + half]).astype(np.float32)


def crops(pixels: NDArray[np.uint8], boxes: Floats, size: int) -> NDArray[np.uint8]:
    """Squares of the picture, (N, size, size, 3); black outside of it, as the networks were trained."""
    out = np.empty((len(boxes), size, size, 3), np.uint8)
    for n, (left, top, right, _) in enumerate(boxes):
        scale = size / max(float(right - left), 1.0)
        # pixel centres: x' = (x + 0.5 - left) * scale - 0.5
        shift = (0.5 - np.array([left, top])) * scale - 0.5
        matrix = np.array([[scale, 0.0, shift[0]], [0.0, scale, shift[1]]])
        out[n] = cv2.warpAffine(pixels, matrix, (size, size), flags=cv2.INTER_LINEAR)
    return out


def suppress(boxes: Floats, scores: Floats, most: float, *, smaller: bool = False) -> NDArray[np.intp]:
    """Non-maximum suppression: indices to keep, best first.

    Args:
        boxes: (N, 4).
        scores: (N,).
        most: Overlap above which the weaker box goes.
        smaller: Measure the overlap against the smaller box instead of the union.
    """
    areas = (boxes[:, 2:] - boxes[:, :2]).clip(0).prod(axis=1)
    order = np.argsort(-scores, kind="stable")
    keep = []
    while len(order):
        first, rest = order[0], order[1:]
        keep.append(first)
        corner = np.maximum(boxes[first, :2], boxes[rest, :2])
        far = np.minimum(boxes[first, 2:], boxes[rest, 2:])
        inter = (far - corner).clip(0).prod(axis=1)
        base = np.minimum(areas[first], areas[rest]) if smaller else areas[first] + areas[rest] - inter
        order = rest[inter <= most * base]
    return np.array(keep, dtype=np.intp)
