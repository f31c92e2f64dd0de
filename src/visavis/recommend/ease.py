"""Linear item models in closed form: EASE, and its directed sister that asks what comes soon after."""

from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from visavis.recommend.candidates import Floats, History

MOST_ITEMS = (
    8192  # an inverse of this side takes 512 MiB and under a minute; beyond, neighbours and factors stand alone
)


def ease_weights(gram: NDArray[np.float64], ridge: float) -> Floats:
    """EASE (Steck 2019, equation 8): B = I - P diag(P)^-1 with P = (X^T X + ridge I)^-1; the diagonal is zero.

    Args:
        gram: (I, I) X^T X of the members' choices; it is not changed.
        ridge: at least as large as a few choices, so that the inverse exists.
    """
    inverse = np.linalg.inv(gram + ridge * np.eye(len(gram)))
    weights: NDArray[np.float64] = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights.astype(np.float32)


def successor_weights(gram: NDArray[np.float64], following: NDArray[np.float64], ridge: float) -> Floats:
    """Ridge regression of what follows on what was chosen: B = (X^T X + ridge I)^-1 X^T Y.

    Args:
        gram: (I, I) X^T X, a row of X being the latest choices at one moment, faded.
        following: (I, I) X^T Y, a row of Y being what came soon after, faded.
        ridge: as of `ease_weights`.
    """
    return np.linalg.solve(gram + ridge * np.eye(len(gram)), following).astype(np.float32)


class LinearItems:
    """Each choice speaks for other items by one row of weights; the d-th latest with weight d^-recency."""

    def __init__(self, name: str, weights: Floats, *, recency: float, recent: int) -> None:
        if weights.ndim != 2 or weights.shape[0] != weights.shape[1]:
            raise ValueError(f"weights are a square, not {weights.shape}")
        self.name = name
        self.weights = weights
        self.recency, self.recent = recency, recent
        self._voices = (np.arange(1.0, recent + 1) ** -recency).astype(np.float32)

    def scores(self, history: History, item_count: int) -> Floats:
        """Sum over the latest `recent` choices i of d^-recency x weights[i]."""
        known = len(self.weights)
        recent = history.items[::-1][: self.recent]
        total = np.zeros(max(item_count, known), np.float32)
        heard = recent < known
        total[:known] = self._voices[: len(recent)][heard] @ self.weights[recent[heard]]
        return total[:item_count]

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """All that a restart needs."""
        return {"weights": self.weights, "reading": np.array([self.recency, self.recent])}

    @classmethod
    def restored(cls, name: str, arrays: Mapping[str, NDArray[np.generic]]) -> Self:
        """From what `arrays` gave."""
        recency, recent = np.asarray(arrays["reading"], np.float64).tolist()
        return cls(name, np.asarray(arrays["weights"], np.float32), recency=recency, recent=int(recent))
