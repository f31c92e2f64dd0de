"""Matrix factorisation of what was chosen; a new member is folded in by one small linear system."""

from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from visavis.recommend.candidates import Floats, History


class Factors:
    """Item factors of weighted alternating least squares (Hu, Koren and Volinsky 2008)."""

    name = "factors"

    def __init__(self, items: Floats, *, confidence: float, ridge: float) -> None:
        if items.ndim != 2:
            raise ValueError(f"item factors are rows, not {items.shape}")
        self.items = items  # (I, F)
        self.confidence, self.ridge = confidence, ridge
        wide = items.astype(np.float64)
        self._base = wide.T @ wide + ridge * np.eye(items.shape[1])

    def member(self, history: History) -> NDArray[np.float64]:
        """Factors of a member, (F,): (Y^T Y + ridge I + (c - 1) sum y y^T)^-1 c sum y, over what they chose."""
        chosen = self.items[np.unique(history.items[history.items < len(self.items)])].astype(np.float64)
        left = self._base + (self.confidence - 1.0) * chosen.T @ chosen
        solved: NDArray[np.float64] = np.linalg.solve(left, self.confidence * chosen.sum(axis=0))
        return solved

    def scores(self, history: History, item_count: int) -> Floats:
        """Factors of the member times those of each item."""
        scores = np.zeros(max(item_count, len(self.items)), np.float32)
        scores[: len(self.items)] = self.items @ self.member(history).astype(np.float32)
        return scores[:item_count]

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """All that a restart needs."""
        return {"items": self.items, "fit": np.array([self.confidence, self.ridge])}

    @classmethod
    def restored(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Self:
        """From what `arrays` gave."""
        confidence, ridge = np.asarray(arrays["fit"], np.float64).tolist()
        return cls(np.asarray(arrays["items"], np.float32), confidence=confidence, ridge=ridge)
