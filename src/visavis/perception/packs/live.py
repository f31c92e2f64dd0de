"""A network that tells live faces from pictures of faces, in single pictures (MiniFASNet and its like)."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.perception.packs.feeding import feed, run_each
from visavis.perception.packs.manifest import ImageSpec, Layout, LivenessCrop
from visavis.runtime import Model


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LiveModel:
    """The network, and what of a picture it looks at."""

    model: Model
    image: ImageSpec
    crop: LivenessCrop

    @property
    def threshold(self) -> float:
        """Probability from which a face counts as live."""
        return self.crop.threshold

    def live_scores(self, pixels: NDArray[np.uint8], boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities of live (N,) of the faces in these boxes (N, 4) of a picture, uint8 RGB (H, W, 3)."""
        if not len(boxes):
            return np.zeros(0, np.float32)
        shape = self.image.tensor.shape
        height, width = shape[1:3] if self.image.layout is Layout.NHWC else shape[2:4]
        crops = [cv2.resize(_around(pixels, box, self.crop.reach), (width or 1, height or 1)) for box in boxes]
        classes = run_each(self.model, feed(np.stack(crops).astype(np.uint8), self.image)).astype(np.float64)
        classes = np.exp(classes - classes.max(axis=1, keepdims=True))
        live: NDArray[np.float32] = (classes / classes.sum(axis=1, keepdims=True))[:, self.crop.live].astype(np.float32)
        return live


def _around(pixels: NDArray[np.uint8], box: NDArray[np.float32], reach: float) -> NDArray[np.uint8]:
    """The surroundings of a face; moved, and where they are larger than the picture shrunk, so that they lie in it."""
    size = np.array(pixels.shape[1::-1], np.float64)
    sides = np.maximum(box[2:] - box[:2], 1.0)
    wanted = sides * min(reach, *(size / sides))
    corner = np.clip((box[:2] + box[2:]) / 2 - wanted / 2, 0, size - wanted)
    left, top = corner.round().astype(int)
    right, bottom = np.maximum((corner + wanted).round().astype(int), (left + 1, top + 1))
    return pixels[top:bottom, left:right]
