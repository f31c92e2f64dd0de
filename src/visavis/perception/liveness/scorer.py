"""What a model of liveness answers, where the pack has one: a vote on single pictures, beside the challenges."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

VOTES = 7  # pictures of one person that it is asked about; their median counts
FRONTAL_DEG = 12.0  # of those pictures


class LiveScorer(Protocol):
    """Judges faces in one picture."""

    @property
    def threshold(self) -> float:
        """Score from which a face counts as live."""
        ...

    def live_scores(self, pixels: NDArray[np.uint8], boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scores (N,) in [0, 1] of the faces in these boxes (N, 4) of an RGB picture (H, W, 3)."""
        ...
