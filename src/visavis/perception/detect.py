"""Find faces and five landmarks in each, with the pack's detector.

That of the default pack is the cascade of Zhang et al. (2016), arXiv:1604.02878. P-Net judges every window of a pyramid
of the picture, R-Net what P-Net proposes, O-Net what R-Net leaves. Each moves the boxes; the last one places the
landmarks. Thresholds and pyramid step are the published ones.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.perception.boxes import Boxes, coverages, moved, overlaps, squared, strongest
from visavis.perception.detections import Detections, Scores
from visavis.perception.octaves import Octaves, Pixels
from visavis.perception.one_shot import find
from visavis.perception.packs import MtcnnNets, OneShotNet

Region = tuple[float, float, float, float]
"""Left, top, right, bottom as parts of the picture's width and height, 0 to 1."""

SMALLEST_FACE_PX = 20  # the nets were trained on nothing smaller
SMALL_SIDE_PX = 320  # a picture with a shorter side was probably cut around a face
SURROUND = 0.3  # part of the longer side that is added around such a picture

_WINDOW, _STRIDE, _STEP = 12, 2, 0.709
_P_SCORE, _R_SCORE, _O_FIRST_SCORE, _O_SCORE = 0.6, 0.7, 0.7, 0.8
_LEVEL_OVERLAP, _P_OVERLAP, _R_OVERLAP, _O_COVERAGE = 0.5, 0.7, 0.7, 0.7
_R_SIDE, _O_SIDE = 24, 48
_HALF = np.float32(0.5)

# However large, crowded or hostile the picture, the work ends: these many pixels of the pyramid's first level, and
# strongest first, these many windows of a level, boxes for R-Net and boxes for O-Net.
_FIRST_LEVEL_PIXELS = 200_000
_LEVEL_WINDOWS, _P_BOXES, _R_BOXES = 512, 256, 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """A pack's detector, and what is looked for."""

    nets: MtcnnNets | OneShotNet
    min_face_px: float = 60.0  # side of the smallest face that is looked for
    region: Region | None = None  # None: the whole picture

    def __post_init__(self) -> None:
        if not self.min_face_px >= SMALLEST_FACE_PX:
            raise ValueError(f"min_face_px must be at least {SMALLEST_FACE_PX}, got {self.min_face_px}")
        left, top, right, bottom = self.region or (0, 0, 1, 1)
        if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
            raise ValueError(f"region must be left < right and top < bottom in [0, 1], got {self.region}")

    def detect(self, pixels: Pixels) -> Detections:
        """Find the faces of a picture, uint8 RGB (H, W, 3).

        In pictures of more than some 4 megapixels the smallest face that is found grows with their size. A small
        picture in which nothing is found is looked at again with a surround and down to the smallest size: it may have
        been cut close around a face.
        """
        height, width = pixels.shape[:2]
        left, top, right, bottom = self.region or (0, 0, 1, 1)
        x, y = int(left * width), int(top * height)
        part = pixels[y : int(np.ceil(bottom * height)), x : int(np.ceil(right * width))]
        found = _found(self.nets, part, self.min_face_px)
        if not len(found) and _WINDOW <= min(part.shape[:2]) < SMALL_SIDE_PX:
            edge = round(SURROUND * max(part.shape[:2]))
            wide = cv2.copyMakeBorder(part, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
            found = _found(self.nets, np.asarray(wide, np.uint8), SMALLEST_FACE_PX).shifted(-edge, -edge)
        return found.shifted(x, y)


def _found(nets: MtcnnNets | OneShotNet, pixels: Pixels, min_face_px: float) -> Detections:
    return _cascade(nets, pixels, min_face_px) if isinstance(nets, MtcnnNets) else find(nets, pixels, min_face_px)


def _cascade(nets: MtcnnNets, pixels: Pixels, min_face_px: float) -> Detections:
    octaves = Octaves.of(pixels)
    return _placed(nets, octaves, _refined(nets, octaves, _proposed(nets, octaves, min_face_px)))


def _proposed(nets: MtcnnNets, octaves: Octaves, min_face_px: float) -> Boxes:
    """P-Net over the pyramid -> squares (N, 4)."""
    height, width = octaves.copies[0].shape[:2]
    scale = min(_WINDOW / min_face_px, (_FIRST_LEVEL_PIXELS / max(1, height * width)) ** 0.5)
    boxes, scores = [np.zeros((0, 4), np.float32)], [np.zeros(0, np.float32)]
    while min(height, width) * scale >= _WINDOW:
        level_boxes, level_scores = _level(nets, *octaves.reduced(scale))
        boxes.append(level_boxes)
        scores.append(level_scores)
        scale *= _STEP
    every, their = np.concatenate(boxes), np.concatenate(scores)
    return squared(every[strongest(their, overlaps(every, every), _P_OVERLAP)[:_P_BOXES]])


def _level(nets: MtcnnNets, small: Pixels, scale: NDArray[np.float64]) -> tuple[Boxes, Scores]:
    """One level of the pyramid -> boxes (N, 4) in the whole picture's pixels, scores (N,)."""
    scores, offsets = (output[0] for output in nets.p_net.run(small[None]))
    rows, columns = np.nonzero(scores > _P_SCORE)
    strong = np.argsort(-scores[rows, columns], kind="stable")[:_LEVEL_WINDOWS]
    rows, columns = rows[strong], columns[strong]
    corners = np.stack([columns, rows], axis=1) * _STRIDE
    windows = np.concatenate([corners / scale, (corners + _WINDOW) / scale], axis=1).astype(np.float32)
    kept = strongest(scores[rows, columns], overlaps(windows, windows), _LEVEL_OVERLAP)
    rows, columns = rows[kept], columns[kept]
    return moved(windows[kept], offsets[:, rows, columns].T), scores[rows, columns]


def _refined(nets: MtcnnNets, octaves: Octaves, boxes: Boxes) -> Boxes:
    """R-Net: squares (N, 4) -> fewer and better squares."""
    boxes, patches = octaves.patches(boxes, _R_SIDE)
    scores, offsets = nets.r_net.run(patches)
    strong = scores > _R_SCORE
    boxes, scores = moved(boxes[strong], offsets[strong]), scores[strong]
    return squared(boxes[strongest(scores, overlaps(boxes, boxes), _R_OVERLAP)[:_R_BOXES]])


def _placed(nets: MtcnnNets, octaves: Octaves, boxes: Boxes) -> Detections:
    """O-Net, twice: squares (N, 4) -> faces with landmarks.

    The second look is at the box that the first one gave. A face is found again where it was; what only resembled one
    (a print on a shirt) is not. Mean landmarks of both tell people apart better than those of either.
    """
    first = _looked_at(nets, octaves, boxes)
    likely = strongest(first.scores, coverages(first.boxes, first.boxes), _O_COVERAGE)
    likely = likely[first.scores[likely] > _O_FIRST_SCORE]
    second = _looked_at(nets, octaves, squared(first.boxes[likely]))
    scores = _HALF * (first.scores[likely] + second.scores)
    landmarks = _HALF * (first.landmarks[likely] + second.landmarks)
    kept = strongest(scores, coverages(second.boxes, second.boxes), _O_COVERAGE)
    kept = kept[scores[kept] > _O_SCORE]
    return Detections(boxes=second.boxes[kept], landmarks=landmarks[kept], scores=scores[kept])


def _looked_at(nets: MtcnnNets, octaves: Octaves, boxes: Boxes) -> Detections:
    """O-Net once: squares (N, 4) -> as many boxes with landmarks, whatever the scores."""
    boxes, patches = octaves.patches(boxes, _O_SIDE)
    scores, offsets, places = nets.o_net.run(patches)
    landmarks = boxes[:, None, :2] + places * (boxes[:, 2:] - boxes[:, :2])[:, None]
    return Detections(boxes=moved(boxes, offsets), landmarks=landmarks - _HALF, scores=scores)
