"""Rows of a click log -> which cells of a hashed table speak for each, and its numbers on one scale.

A context is a column, a pair of columns, or four numbers together; a row names one cell of each. Numbers take part by
the part of their distribution in which they lie; where the parts end is read from the rows before, never from later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint64]
Floats = NDArray[np.float32]

TINY, MEDIUM, FINE = 4, 8, 32  # parts of a number's distribution
CUT_FROM, CUT_TIMES = 64, 4  # parts are cut anew after 64 rows, and whenever there are four times as many
MEMORY = 4096  # latest rows that say where
MOST_PAIRS = 450
QUADS, FROM_NUMBERS = 24, 6  # contexts of four numbers, where there are so many to choose from
SQUARED = 16  # numbers whose products are inputs too
LIMIT = 4.0  # standard deviations
FEW = 8  # rows that say nothing of mean and deviation yet
ODD = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5], np.uint64)
NOTHING = np.uint64(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickColumns:
    """What a row holds; a whole number whose values have a meaning of their own stands in both lists."""

    categories: tuple[str, ...]
    numbers: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.categories and not self.numbers:
            raise ValueError("a row has at least one column")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows of a log as arrays."""

    categories: Codes  # (N, C), from `code`
    numbers: NDArray[np.float64]  # (N, M), finite

    def __len__(self) -> int:
        return len(self.categories)

    def __getitem__(self, part: slice) -> "Rows":
        return Rows(categories=self.categories[part], numbers=self.numbers[part])

    @classmethod
    def of(cls, columns: ClickColumns, rows: Sequence[Mapping[str, Any]]) -> "Rows":
        """From mappings; raises ValueError for a number that is not finite."""
        categories = [[code(name, row[name]) for name in columns.categories] for row in rows]
        numbers = np.array([[float(row[name]) for name in columns.numbers] for row in rows], np.float64)
        if not np.isfinite(numbers).all():
            raise ValueError("a number is not finite")
        return cls(
            categories=np.array(categories, np.uint64).reshape(len(rows), len(columns.categories)),
            numbers=numbers.reshape(len(rows), len(columns.numbers)),
        )


def code(column: str, value: object) -> int:
    """The same on every machine and in every run."""
    return int.from_bytes(blake2b(f"{column}\0{value}".encode(), digest_size=8).digest(), "little")


def mixed(h: Codes) -> Codes:
    """Every bit of the result hangs on every bit (the finaliser of MurmurHash3)."""
    h = (h ^ (h >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    h = (h ^ (h >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(33))


class Contexts:
    """What is known of the columns so far, and the contexts that are in use."""

    def __init__(self, columns: ClickColumns, *, bits: int, seed: int) -> None:
        self._shift = np.uint64(64 - bits)
        self.rows = 0
        self.number_count = len(columns.numbers)
        self._first = np.zeros(self.number_count)  # taken off before summing, so that dates keep their digits
        self._sum = np.zeros(self.number_count)
        self._square = np.zeros(self.number_count)
        self._latest = np.zeros((MEMORY, self.number_count))  # a ring
        self._edges: list[list[NDArray[np.float64]]] = []  # size of the parts -> of each number; empty at first
        members, self.single, self.plain = _members(len(columns.categories), self.number_count, seed)
        self.kept = np.arange(len(members))
        self._members = members

    @property
    def count(self) -> int:
        """Contexts in use."""
        return len(self.kept)

    @property
    def dense_size(self) -> int:
        """1, each number, and each product of two of the first numbers."""
        squared = min(self.number_count, SQUARED)
        return 1 + self.number_count + squared * (squared + 1) // 2

    def keep(self, chosen: NDArray[np.intp]) -> None:
        """Go on with these alone, by their place among those in use, ascending."""
        self.kept = self.kept[chosen]
        self.plain = int((self.kept < self.plain).sum())

    def until_cut(self) -> int:
        """Rows until the parts are cut anew; a block must not reach beyond."""
        mark = CUT_FROM
        while mark <= self.rows:
            mark *= CUT_TIMES
        return mark - self.rows

    # ------ reading

    def slots(self, rows: Rows) -> NDArray[np.intp]:
        """(N, contexts) cells, of rows of one block."""
        atoms = self._atoms(rows)
        members = self._members[self.kept]
        h = np.broadcast_to(mixed(self.kept.astype(np.uint64) + np.uint64(1)), (len(rows), len(members))).copy()
        for place in range(2):
            h += atoms[:, members[:, place]] * ODD[place]
        if self.plain < len(members):
            for place in (2, 3):
                h[:, self.plain :] += atoms[:, members[self.plain :, place]] * ODD[place]
        return (mixed(h) >> self._shift).astype(np.intp)

    def dense(self, rows: Rows, *, still: bool = False) -> Floats:
        """(N, dense_size): 1, numbers by mean and deviation of the rows before each, products of two of them, halved.

        With `still` by those before the first of them alone.
        """
        past = np.vstack([np.zeros((1, self.number_count)), rows.numbers[:-1] - self._start(rows)])
        count = self.rows + np.arange(len(rows))[:, None]
        if still:
            past, count = np.zeros_like(past), np.full_like(count, self.rows)
        enough = np.maximum(count, 1)
        mean = np.cumsum(np.vstack([self._sum, past[1:]]), axis=0) / enough
        square = np.cumsum(np.vstack([self._square, past[1:] ** 2]), axis=0) / enough
        spread = np.sqrt(np.maximum(square - mean**2, 1e-12 + 1e-12 * square))
        scaled = np.clip((rows.numbers - self._start(rows) - mean) / spread, -LIMIT, LIMIT)
        scaled[count[:, 0] < FEW] = 0.0
        left, right = np.triu_indices(min(self.number_count, SQUARED))
        products = scaled[:, left] * scaled[:, right] / 2
        return np.hstack([np.ones((len(rows), 1)), scaled, products]).astype(np.float32)

    def _start(self, rows: Rows) -> NDArray[np.float64]:
        return self._first if self.rows else rows.numbers[0]

    def _atoms(self, rows: Rows) -> Codes:
        """(N, categories + 3 x numbers + 1): categories, numbers by their part at each size, and nothing."""
        parts = [self._parts(rows.numbers, size) for size in range(3)]
        nothing = np.full((len(rows), 1), NOTHING, np.uint64)
        return np.hstack([rows.categories, *parts, nothing])

    def _parts(self, numbers: NDArray[np.float64], size: int) -> Codes:
        parts = np.empty(numbers.shape, np.int64)
        for column in range(self.number_count):
            x = numbers[:, column]
            if self._edges:
                parts[:, column] = np.searchsorted(self._edges[size][column], x, side="right")
            else:  # nothing is known yet: by order of magnitude
                parts[:, column] = np.floor(np.sign(x) * np.log2(1.0 + np.abs(x)) * (size + 1) / 2)
        name = np.arange(self.number_count) * 3 + size + (len(self._edges) and self._cuts()) * 3 * self.number_count
        return mixed(parts.astype(np.uint64) * ODD[0] + mixed(name.astype(np.uint64) + np.uint64(1)))

    def _cuts(self) -> int:
        """How often the parts were cut."""
        cuts, mark = 0, CUT_FROM
        while mark <= self.rows:
            cuts, mark = cuts + 1, mark * CUT_TIMES
        return cuts

    # ------ learning

    def observe(self, rows: Rows) -> None:
        """Count rows of one block, after they were read."""
        if not len(rows):
            return
        cut = len(rows) == self.until_cut()
        self._first = self._start(rows)
        shifted = rows.numbers - self._first
        # row by row, as one after the other would add them
        self._sum = np.cumsum(np.vstack([self._sum, shifted]), axis=0)[-1]
        self._square = np.cumsum(np.vstack([self._square, shifted**2]), axis=0)[-1]
        self._latest[(self.rows + np.arange(len(rows)))[-MEMORY:] % MEMORY] = rows.numbers[-MEMORY:]
        self.rows += len(rows)
        if cut:
            seen = self._latest[: min(self.rows, MEMORY)]
            self._edges = [[_edges(x, size) for x in seen.T] for size in (TINY, MEDIUM, FINE)]

    # ------ keeping

    def state(self) -> dict[str, NDArray[np.float64]]:
        """All that was learned of the columns, as arrays."""
        edges = [edge for size in self._edges for edge in size]
        return {
            "rows": np.array([self.rows, self.plain], np.float64),
            "kept": self.kept.astype(np.float64),
            "moments": np.vstack([self._first, self._sum, self._square]),
            "latest": self._latest[: min(self.rows, MEMORY)].copy(),
            "edge_sizes": np.array([len(edge) for edge in edges], np.float64),
            "edges": np.concatenate(edges) if edges else np.zeros(0),
        }

    def restore(self, state: Mapping[str, NDArray[np.float64]]) -> None:
        """Go on where that state was taken."""
        self.rows, self.plain = (int(number) for number in state["rows"])
        self.kept = state["kept"].astype(np.intp)
        self._first, self._sum, self._square = (row.copy() for row in state["moments"])
        self._latest[: len(state["latest"])] = state["latest"]
        ends = np.cumsum(state["edge_sizes"].astype(np.intp))
        edges = np.split(state["edges"], ends)[:-1]
        width = self.number_count
        self._edges = [edges[at : at + width] for at in range(0, len(edges), width)] if width else []


def _edges(seen: NDArray[np.float64], parts: int) -> NDArray[np.float64]:
    """Where each part but the first begins; fewer where one value is frequent."""
    return np.unique(np.quantile(seen, np.arange(1, parts) / parts))


def _members(categories: int, numbers: int, seed: int) -> tuple[NDArray[np.intp], int, int]:
    """(contexts, 4) atoms of each context; how many are of one column, and of at most two."""
    rng = np.random.default_rng(seed)
    tiny, medium, fine = (categories + numbers * size for size in range(3))
    nothing = categories + 3 * numbers
    one = [*range(categories), *range(medium, medium + numbers)]
    singles = [(atom, nothing, nothing, nothing) for atom in [*one, *range(fine, fine + numbers)]]
    pairs = [(a, b, nothing, nothing) for a, b in combinations(one, 2)]
    if len(pairs) > MOST_PAIRS:
        pairs = [pairs[n] for n in np.sort(rng.choice(len(pairs), MOST_PAIRS, replace=False))]
    quads = []
    if numbers >= FROM_NUMBERS:
        quads = [tuple(sorted(tiny + rng.choice(numbers, 4, replace=False))) for _ in range(QUADS)]
    members = np.array([*singles, *pairs, *quads], np.intp).reshape(-1, 4)
    return members, len(singles), len(singles) + len(pairs)
