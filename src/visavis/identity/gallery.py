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
    100,000 templates this is as fast as an index and misses nobody. Forgetting moves the last template into the gap,
    so it costs the same in a gallery of any size.
    """

    def __init__(self, *, model: str, dim: int) -> None:
        self.model = model
        self._lock = threading.Lock()
        self._rows: NDArray[np.float32] = np.zeros((64, dim), np.float32)
        self._owners: list[tuple[MemberId, str]] = []  # of each row
        self._rows_of: dict[MemberId, set[int]] = {}

    def __repr__(self) -> str:
        return f"Gallery(model={self.model!r}, templates={len(self)})"

    def __len__(self) -> int:
        return len(self._owners)

    @property
    def members(self) -> int:
        """People with at least one template."""
        return len(self._rows_of)

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
            self._rows_of.setdefault(member_id, set()).add(size)

    def drop(self, member_id: MemberId) -> int:
        """Forget a member's templates, overwriting them; how many there were."""
        with self._lock:
            rows = self._rows_of.pop(member_id, set())
            for row in sorted(rows, reverse=True):  # so that no row of this member is moved into a gap
                self._remove(row)
            return len(rows)

    def search(self, embeddings: tuple[Embedding, ...]) -> tuple[Match | None, ...]:
        """The nearest template of each probe; None in an empty gallery."""
        for embedding in embeddings:
            self._check(embedding)
        with self._lock:
            size = len(self._owners)
            if not size or not embeddings:
                return (None,) * len(embeddings)
            probes = np.stack([embedding.vector for embedding in embeddings])
            scores = self._rows[:size] @ probes.T  # (size, n), cosine: all lengths are 1; this order is twice as fast
            return tuple(self._match(int(row), scores[row, n]) for n, row in enumerate(scores.argmax(axis=0)))

    def nearest(self, embeddings: tuple[Embedding, ...], most: int) -> tuple[tuple[Match, ...], ...]:
        """The nearest members of each probe by their best template, nearest first; at most `most` of them."""
        for embedding in embeddings:
            self._check(embedding)
        with self._lock:
            rows = self._rows[: len(self._owners)]
            return tuple(self._members_of(rows @ embedding.vector, most) for embedding in embeddings)

    def _members_of(self, scores: NDArray[np.float32], most: int) -> tuple[Match, ...]:
        found: dict[MemberId, Match] = {}
        for row in np.argsort(-scores, kind="stable"):
            if len(found) == most:
                break
            match = self._match(int(row), scores[row])
            found.setdefault(match.member_id, match)
        return tuple(found.values())

    def compare(self, embedding: Embedding, member_id: MemberId) -> Match | None:
        """The nearest template of this one member (1:1); None when there is none of theirs."""
        self._check(embedding)
        with self._lock:
            rows = sorted(self._rows_of.get(member_id, ()))
            if not rows:
                return None
            scores = self._rows[rows] @ embedding.vector
            best = int(scores.argmax())
            return self._match(rows[best], scores[best])

    def _match(self, row: int, score: np.float32) -> Match:
        member_id, template_id = self._owners[row]
        return Match(member_id=member_id, template_id=template_id, score=float(np.clip(score, -1.0, 1.0)))

    def _remove(self, row: int) -> None:
        moved = self._owners.pop()
        last = len(self._owners)
        if row != last:
            self._rows[row] = self._rows[last]
            self._owners[row] = moved
            self._rows_of[moved[0]].remove(last)
            self._rows_of[moved[0]].add(row)
        self._rows[last] = 0.0

    def _check(self, embedding: Embedding) -> None:
        if embedding.model != self.model or embedding.vector.shape != (self._rows.shape[1],):
            raise GalleryMismatch(f"gallery of {self.model}, embedding of {embedding.model}")
