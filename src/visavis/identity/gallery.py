"""Templates of consenting members, in memory, searched exactly."""

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.errors import GalleryMismatch
from visavis.types import Embedding, MemberId

GROWTH = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The member whose template is nearest to a probe."""

    member_id: MemberId
    template_id: str
    score: float  # cosine


class Gallery:
    """Exact 1:N search by one matrix product; edits are visible to the next search.

    Safe across threads: perception searches in one while the event loop enrols and forgets in another. Up to some
    100,000 templates this is as fast as an index and misses nobody.
    """

    def __init__(self, *, model: str, dim: int) -> None:
        self.model = model
        self._lock = threading.Lock()
        self._rows: NDArray[np.float32] = np.zeros((64, dim), np.float32)
        self._owners: list[tuple[MemberId, str]] = []

    def __repr__(self) -> str:
        return f"Gallery(model={self.model!r}, templates={len(self)})"

    def __len__(self) -> int:
        return len(self._owners)

    def add(self, member_id: MemberId, template_id: str, embedding: Embedding) -> None:
        """Raises GalleryMismatch for another model's embedding."""
        self._check(embedding)
        with self._lock:
            size = len(self._owners)
            if size == len(self._rows):
                grown = np.zeros((int(size * GROWTH) + 1, self._rows.shape[1]), np.float32)
                grown[:size] = self._rows
                self._rows.fill(0.0)  # the old copy leaves no template behind
                self._rows = grown
            self._rows[size] = embedding.vector
            self._owners.append((member_id, template_id))

    def drop(self, member_id: MemberId) -> int:
        """Forget a member's templates, overwriting them; how many there were."""
        with self._lock:
            keep = [n for n, (owner, _) in enumerate(self._owners) if owner != member_id]
            dropped = len(self._owners) - len(keep)
            if dropped:
                self._rows[: len(keep)] = self._rows[keep]
                self._rows[len(keep) : len(self._owners)] = 0.0
                self._owners = [self._owners[n] for n in keep]
            return dropped

    def search(self, embeddings: tuple[Embedding, ...]) -> tuple[Match | None, ...]:
        """The nearest template of each probe; None in an empty gallery."""
        for embedding in embeddings:
            self._check(embedding)
        with self._lock:
            size = len(self._owners)
            if not size or not embeddings:
                return (None,) * len(embeddings)
            probes = np.stack([embedding.vector for embedding in embeddings])
            scores = probes @ self._rows[:size].T  # cosine: all lengths are 1
            best = scores.argmax(axis=1)
            return tuple(
                Match(
                    member_id=self._owners[n][0],
                    template_id=self._owners[n][1],
                    score=float(np.clip(scores[probe, n], -1.0, 1.0)),
                )
                for probe, n in enumerate(best)
            )

    def _check(self, embedding: Embedding) -> None:
        if embedding.model != self.model or embedding.vector.shape != (self._rows.shape[1],):
            raise GalleryMismatch(f"gallery of {self.model}, embedding of {embedding.model}")
