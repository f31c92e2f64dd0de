"""Weights of pairs of items: a square where that is small, rows of what occurred where it is not."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

DENSE_ITEMS = 4096  # up to here the square takes at most 128 MiB
EXACT = 2.0**-20  # weights are multiples of it, so that sums are the same in whatever order events come


def exact(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The nearest multiples of 2^-20: sums of up to 2^33 of them are exact in float64."""
    rounded: NDArray[np.float64] = np.round(weights / EXACT) * EXACT
    return rounded


class PairCounts:
    """How much item i spoke for item j, summed over all events."""

    def __init__(self, item_count: int) -> None:
        self.item_count = item_count
        self._square = np.zeros((item_count, item_count)) if item_count <= DENSE_ITEMS else None
        self._starts: NDArray[np.int64] = np.zeros(item_count + 1, np.int64)  # row i: [s[i], s[i+1])
        self._columns: NDArray[np.int32] = np.zeros(0, np.int32)
        self._weights: NDArray[np.float64] = np.zeros(0)
        self._since: dict[int, dict[int, float]] = {}  # added one by one since the fit

    def add(self, rows: NDArray[np.int32], columns: NDArray[np.int32], weights: NDArray[np.float64]) -> None:
        """A few pairs; equal pairs add up."""
        self._grow(int(max(rows.max(initial=-1), columns.max(initial=-1))) + 1)
        if self._square is not None:
            np.add.at(self._square, (rows, columns), weights)
            return
        for i, j, w in zip(rows.tolist(), columns.tolist(), weights.tolist(), strict=True):
            row = self._since.setdefault(i, {})
            row[j] = row.get(j, 0.0) + w

    def add_many(self, rows: NDArray[np.int32], columns: NDArray[np.int32], weights: NDArray[np.float64]) -> None:
        """As `add`, for millions at once."""
        if self._square is not None:
            self.add(rows, columns, weights)
            return
        old_rows = np.repeat(np.arange(self.item_count, dtype=np.int64), np.diff(self._starts))
        keys = np.concatenate(
            [old_rows * self.item_count + self._columns, rows.astype(np.int64) * self.item_count + columns]
        )
        order = np.argsort(keys, kind="stable")
        keys, values = keys[order], np.concatenate([self._weights, weights])[order]
        first = np.flatnonzero(np.diff(keys, prepend=-1))
        self._weights = np.add.reduceat(values, first) if len(first) else np.zeros(0)
        self._columns = (keys[first] % self.item_count).astype(np.int32)
        self._starts = np.searchsorted(keys[first], np.arange(self.item_count + 1, dtype=np.int64) * self.item_count)

    def speak(self, items: NDArray[np.int32], weights: NDArray[np.float64], item_count: int) -> NDArray[np.float64]:
        """Sum over the items of weight x row, (item_count,)."""
        total = np.zeros(max(item_count, self.item_count))
        known = items < self.item_count
        items, weights = items[known], weights[known]
        if self._square is not None:
            total[: self.item_count] = weights @ self._square[items]
            return total[:item_count]
        for i, w in zip(items.tolist(), weights.tolist(), strict=True):
            part = slice(self._starts[i], self._starts[i + 1])
            total[self._columns[part]] += w * self._weights[part]
            for j, more in self._since.get(i, {}).items():
                total[j] += w * more
        return total[:item_count]

    def rows(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
        """Every pair with a weight: row, column, weight; ordered by row, then column."""
        if self._square is not None:
            rows, columns = np.nonzero(self._square)
            return rows.astype(np.int32), columns.astype(np.int32), self._square[rows, columns]
        since = [(i, j, w) for i, row in self._since.items() for j, w in row.items()]
        whole = PairCounts(self.item_count)
        whole._starts, whole._columns, whole._weights = self._starts, self._columns, self._weights
        if since:
            i, j, w = (np.array(column) for column in zip(*since, strict=True))
            whole.add_many(i.astype(np.int32), j.astype(np.int32), w)
        spread: NDArray[np.int32] = np.repeat(np.arange(self.item_count, dtype=np.int32), np.diff(whole._starts))
        return spread, whole._columns, whole._weights

    @classmethod
    def of(
        cls, item_count: int, rows: NDArray[np.int32], columns: NDArray[np.int32], weights: NDArray[np.float64]
    ) -> Self:
        """From what `rows` gave."""
        pairs = cls(item_count)
        pairs.add_many(rows, columns, weights)
        return pairs

    def _grow(self, item_count: int) -> None:
        if item_count <= self.item_count:
            return
        if self._square is not None and item_count <= DENSE_ITEMS:
            square = np.zeros((item_count, item_count))
            square[: self.item_count, : self.item_count] = self._square
            self._square = square
        else:
            held = self.rows()
            self._square, self._since = None, {}
            self.item_count = item_count
            self._starts = np.zeros(item_count + 1, np.int64)
            self._columns, self._weights = np.zeros(0, np.int32), np.zeros(0)
            self.add_many(*held)
        self.item_count = item_count
