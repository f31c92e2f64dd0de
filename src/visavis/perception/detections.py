"""What every detector gives."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.perception.boxes import Boxes

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Detections:
    """Faces of one picture, strongest first, in its pixels."""

    boxes: Boxes  # (N, 4): left, top, right, bottom; pixel k reaches from k to k + 1
    landmarks: NDArray[np.float32]  # (N, 5, 2): x, y; pixel k has its centre at k; order of visavis.types.Face
    scores: Scores  # (N,), probabilities

    def __len__(self) -> int:
        return len(self.scores)

    def shifted(self, x: float, y: float) -> "Detections":
        """The same faces in a picture whose corner lies elsewhere."""
        shift = np.array([x, y], np.float32)
        return Detections(boxes=self.boxes + np.tile(shift, 2), landmarks=self.landmarks + shift, scores=self.scores)
