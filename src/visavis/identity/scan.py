"""A large gallery read in four bits a pair of dimensions, ranked again exactly, and used only where that is proved.

Codes of a product quantiser are scanned in registers (André, Kermarrec and Le Scouarnec, 2015, "Cache locality is not
enough"; FAISS's fast scan); the best candidates are then compared as they are. Graphs and inverted lists are not used:
templates of different people are nearly orthogonal, so that neighbourhoods lead nowhere and members are missed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

TRAINED_ON = 65_536
TRIED, PROVED = 2_000, 10_000  # probes that choose the depth, and others that prove it: none of 10,000 wrong is 99.97 %
SHALLOWEST, DEEPEST = 256, 4_096  # candidates that are compared exactly
RESERVE = 3  # times as many as the worst of the first probes needed
WIDEST_CODE = 128  # dimensions up to which two share four bits; of wider templates four do
MATED_COSINES = (0.4, 0.9)
LOT = 500  # probes drawn at once; each is overwritten after its lot
ROUNDING = 1e-3  # of a cosine
DOUBT = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How often the scan finds the template that exact search finds."""

    templates: int
    probes: int  # at cosines of 0.4 to 0.9 to one of the templates, most of them near 0.4
    agreed: int
    depth: int  # candidates that are compared exactly

    @property
    def holds(self) -> bool:
        """Whether the scan may be used: not one probe disagreed."""
        return self.agreed == self.probes

    @property
    def agreement(self) -> float:
        """Share of the probes in which the scan found the same, in [0, 1]."""
        return self.agreed / max(1, self.probes)

    @property
    def assured(self) -> float:
        """If the proof holds: the least agreement on such probes, at 95 % confidence (Clopper and Pearson, 1934)."""
        return float(DOUBT ** (1 / self.probes)) if self.holds and self.probes else 0.0

    @property
    def method(self) -> str:
        """What searches."""
        return f"4-bit scan, {self.depth} compared exactly" if self.holds else "exact"


class Scan:
    """One code a row of the gallery, in the same order."""

    def __init__(self, rows: NDArray[np.float32]) -> None:
        """Learn the code from these rows, float32 (N, D) of length 1, and encode them."""
        dim = rows.shape[1]
        share = 2 if dim <= WIDEST_CODE else 4
        self._index = faiss.IndexPQFastScan(dim, max(1, dim // share), 4, faiss.METRIC_INNER_PRODUCT)
        chosen = np.linspace(0, len(rows) - 1, min(len(rows), TRAINED_ON)).astype(int)
        with one_thread():
            self._index.train(np.ascontiguousarray(rows[chosen]))
            self._index.add(rows)
        self._packer = self._index.get_CodePacker()  # type: ignore[attr-defined]  # missing in its stubs

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @staticmethod
    def fits(dim: int) -> bool:
        """Whether templates of this length can be encoded."""
        return dim % (2 if dim <= WIDEST_CODE else 4) == 0

    def append(self, rows: NDArray[np.float32]) -> None:
        """Encode rows (N, D) that come after the last."""
        with one_thread():
            self._index.add(np.ascontiguousarray(rows))

    def put(self, row: int, vector: NDArray[np.float32]) -> None:
        """Another vector (D,) in the place of this row."""
        self._write(row, self._index.sa_encode(vector[None])[0])

    def pop(self) -> None:
        """Forget the last row; its code is overwritten."""
        self.blank(len(self) - 1)
        self._index.ntotal -= 1

    def blank(self, row: int) -> None:
        """Overwrite the code of this row."""
        self._write(row, np.zeros(self._packer.code_size, np.uint8))

    def candidates(self, probe: NDArray[np.float32], depth: int) -> NDArray[np.int64]:
        """Rows that are probably nearest to a probe (D,), best first; `depth` of them, or all."""
        with one_thread():
            _, rows = self._index.search(probe[None], min(depth, len(self)))
        found: NDArray[np.int64] = rows[0][rows[0] >= 0]
        return found

    def prove(self, rows: NDArray[np.float32], rng: np.random.Generator) -> Proof:
        """Choose how many candidates are compared exactly, and test that with other probes.

        Args:
            rows: what was encoded, float32 (N, D); a row that is overwritten with zeros meanwhile is left out.
            rng: draws the probes.
        """
        deepest = min(DEEPEST, len(self))
        needed = max(int(places.max(initial=0)) + 1 for places in self._places(rows, TRIED, deepest, rng))
        depth = min(deepest, max(SHALLOWEST, RESERVE * needed))
        while True:
            probes = agreed = 0
            for places in self._places(rows, PROVED, depth, rng):
                probes += len(places)
                agreed += int((places < depth).sum())
                if agreed < probes:
                    break
            if agreed == probes or depth == deepest:
                return Proof(templates=len(rows), probes=probes, agreed=agreed, depth=depth)
            depth = min(deepest, RESERVE * depth)

    def _places(
        self, rows: NDArray[np.float32], count: int, depth: int, rng: np.random.Generator
    ) -> Iterator[NDArray[np.int64]]:
        """Lots of probes: where among the candidates the exactly nearest row comes; `depth` where it does not."""
        for begin in range(0, count, LOT):
            probes = mated_probes(rows, min(LOT, count - begin), rng)
            with one_thread():
                scores, nearest = faiss.knn(probes, rows, 1, metric=faiss.METRIC_INNER_PRODUCT)
            places = np.array(
                [self._place(probe, row, depth) for probe, row in zip(probes, nearest[:, 0], strict=True)]
            )
            probes.fill(0.0)
            kept = (scores[:, 0] > MATED_COSINES[0] - ROUNDING) & rows[nearest[:, 0]].any(axis=1)
            yield places[kept]

    def _place(self, probe: NDArray[np.float32], row: np.int64, depth: int) -> int:
        hits = np.flatnonzero(self.candidates(probe, depth) == row)
        return int(hits[0]) if len(hits) else depth

    def _write(self, row: int, code: NDArray[np.uint8]) -> None:
        block, offset = divmod(row, self._packer.nvec)
        size = self._packer.block_size
        codes = faiss.rev_swig_ptr(self._index.codes.get(), self._index.codes.size())
        self._packer.pack_1(code, offset, codes[block * size : (block + 1) * size].reshape(1, size))


@contextmanager
def one_thread() -> Iterator[None]:
    """FAISS computes with this thread alone, and as before afterwards."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def mated_probes(
    rows: NDArray[np.float32],
    count: int,
    rng: np.random.Generator,
    cosines: tuple[float, float] = MATED_COSINES,
) -> NDArray[np.float32]:
    """Unit vectors at known cosines to random rows: half turned anyhow, half towards where other templates lie.

    Args:
        rows: templates, float32 (N, D).
        count: of probes.
        rng: draws them.
        cosines: lowest and highest; those near the lowest are drawn most often.

    Returns:
        (count, D) float32.
    """
    mates = rows[rng.integers(0, len(rows), count)]
    away = rng.standard_normal(mates.shape, dtype=np.float32)
    away[::2] = rows[rng.integers(0, len(rows), len(away[::2]))] - rows[rng.integers(0, len(rows), len(away[::2]))]
    away += 1e-3 * rng.standard_normal(away.shape, dtype=np.float32)
    away -= (away * mates).sum(axis=1, keepdims=True) * mates
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    low, high = cosines
    near = (low + (high - low) * rng.random((count, 1), dtype=np.float32) ** 2).astype(np.float32)
    return np.ascontiguousarray(near * mates + np.sqrt(1 - near**2) * away)
