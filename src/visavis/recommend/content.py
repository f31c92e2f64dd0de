"""Items that nobody has chosen yet: their attributes tell where they lie among the factors of the others."""

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from visavis.recommend.candidates import Floats, History
from visavis.recommend.factors import Factors


def attribute_rows(attributes: Sequence[Sequence[str]]) -> Floats:
    """One row an item, one column a word that any item has, 1 where the item has it; a last column of ones."""
    words = {word: n for n, word in enumerate(sorted({word for item in attributes for word in item}))}
    rows = np.zeros((len(attributes), len(words) + 1), np.float32)
    for n, item in enumerate(attributes):
        rows[n, [words[word] for word in item]] = 1.0
    rows[:, -1] = 1.0
    return rows


class Content:
    """Ridge regression from attributes to item factors, over the items that were chosen."""

    name = "content"

    def __init__(self, placed: Floats, factors: Factors) -> None:
        self.placed = placed  # (I, F) where attributes put each item
        self.factors = factors

    @classmethod
    def fit(cls, rows: Floats, chosen: NDArray[np.bool_], factors: Factors, *, ridge: float = 10.0) -> Self:
        """Learn from chosen items, place all of them.

        Args:
            rows: (I, A) attributes of every item, new ones included.
            chosen: (I,) items whose factors were learned from choices.
            factors: of at least the chosen items.
            ridge: pulls weights of rare attributes to zero.
        """
        known = np.flatnonzero(chosen)
        x, y = rows[known].astype(np.float64), factors.items[known].astype(np.float64)
        weights = np.linalg.solve(x.T @ x + ridge * np.eye(x.shape[1]), x.T @ y)
        return cls((rows @ weights).astype(np.float32), factors)

    def scores(self, history: History, item_count: int) -> Floats:
        """Factors of the member times the place of each item."""
        scores = np.zeros(max(item_count, len(self.placed)), np.float32)
        scores[: len(self.placed)] = self.placed @ self.factors.member(history).astype(np.float32)
        return scores[:item_count]

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """All that a restart needs, besides the factors."""
        return {"placed": self.placed}

    @classmethod
    def restored(cls, arrays: Mapping[str, NDArray[np.generic]], factors: Factors) -> Self:
        """From what `arrays` gave."""
        return cls(np.asarray(arrays["placed"], np.float32), factors)
