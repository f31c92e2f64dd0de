"""Templates of consenting members, in memory, searched exactly or by a scan that is proved to find the same."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.errors import GalleryMismatch
from visavis.identity.draft import Draft
from visavis.identity.scan import Proof, Scan
from visavis.types import Embedding, MemberId

GROWTH = 1.5
SCAN_FROM = 30_000  # templates; one thread compares them exactly in about 0.6 ms
STALE = 1.0  # edits, as a share of the proved templates, after which a scan is learned and proved anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The member whose template is nearest to a probe."""

    member_id: MemberId
    template_id: str
    score: float  # cosine


class Gallery:
    """1:N search; edits are visible to the next one.

    Safe across threads: perception searches in one while the event loop enrols and forgets in another. Small galleries
    are compared exactly, by one matrix product. From `scan_from` templates on, a thread learns a `Scan` and proves it
    while search stays exact; if the proof holds the scan is used, its candidates compared exactly. Forgetting moves the
    last template into the gap, so it costs the same in a gallery of any size.
    """

    def __init__(self, *, model: str, dim: int, scan_from: int = SCAN_FROM, seed: int = 0) -> None:
        """An empty gallery of one embedder's templates.

        Args:
            model: whose templates they are.
            dim: numbers in each.
            scan_from: templates from which exact search is replaced, once that is proved.
            seed: of the probes that prove it.
        """
        self.model = model
        self._lock = threading.Lock()
        self._rows: NDArray[np.float32] = np.zeros((64, dim), np.float32)
        self._owners: list[tuple[MemberId, str]] = []  # of each row
        self._rows_of: dict[MemberId, set[int]] = {}
        self._scan_from, self._seed = scan_from, seed
        self._scan: Scan | None = None
        self._proof: Proof | None = None
        self._edits = 0  # templates that came and went since learning began
        self._draft: Draft | None = None  # while a scan is being learned
        self._learning: threading.Thread | None = None

    def __repr__(self) -> str:
        return f"Gallery(model={self.model!r}, templates={len(self)})"

    def __len__(self) -> int:
        return len(self._owners)

    @property
    def members(self) -> int:
        """People with at least one template."""
        return len(self._rows_of)

    @property
    def proof(self) -> Proof | None:
        """Of the scan; None while the gallery was never large enough for one."""
        return self._proof

    @property
    def exact(self) -> bool:
        """Whether the next search compares every template."""
        return self._scan is None

    # ------ edits

    def add(self, member_id: MemberId, template_id: str, embedding: Embedding) -> None:
        """Raises GalleryMismatch for another model's embedding."""
        self._check(embedding)
        self.add_many([(member_id, template_id)], embedding.vector[None])

    def add_many(self, owners: Sequence[tuple[MemberId, str]], vectors: NDArray[np.float32]) -> None:
        """Templates of this gallery's model: member and template id of each, and unit vectors (N, D)."""
        with self._lock:
            size, after = len(self._owners), len(self._owners) + len(owners)
            if after > len(self._rows):
                grown = np.zeros((int(after * GROWTH) + 1, self._rows.shape[1]), np.float32)
                grown[:size] = self._rows[:size]
                self._rows.fill(0.0)  # the old copy leaves no template behind
                self._rows = grown
            self._rows[size:after] = vectors
            self._owners.extend(owners)
            for row, (member_id, _) in enumerate(owners, start=size):
                self._rows_of.setdefault(member_id, set()).add(row)
            if self._scan is not None:
                self._scan.append(self._rows[size:after])
            self._edits += len(owners)
            if self._draft is not None:
                self._draft.added(range(size, after))

    def drop(self, member_id: MemberId) -> int:
        """Forget a member's templates, overwriting them; how many there were."""
        with self._lock:
            rows = self._rows_of.pop(member_id, set())
            for row in sorted(rows, reverse=True):  # so that no row of this member is moved into a gap
                self._remove(row)
            return len(rows)

    def _remove(self, row: int) -> None:
        moved = self._owners.pop()
        last = len(self._owners)
        self._edits += 1
        if self._draft is not None:
            self._draft.forget(row)
        if row != last:
            self._rows[row] = self._rows[last]
            self._owners[row] = moved
            self._rows_of[moved[0]].remove(last)
            self._rows_of[moved[0]].add(row)
            if self._scan is not None:
                self._scan.put(row, self._rows[row])
            if self._draft is not None:
                self._draft.moved(last, row)
        self._rows[last] = 0.0
        if self._scan is not None:
            self._scan.pop()

    # ------ search

    def search(self, embeddings: tuple[Embedding, ...]) -> tuple[Match | None, ...]:
        """The nearest template of each probe; None in an empty gallery."""
        probes = self._probes(embeddings)
        self._learn_if_due()
        with self._lock:
            size = len(self._owners)
            if not size or not len(probes):
                return (None,) * len(embeddings)
            if self._scan is not None:
                return tuple(self._scanned(probe, 1)[0] for probe in probes)
            scores = self._rows[:size] @ probes.T  # (size, n), cosine: all lengths are 1; this order is twice as fast
            return tuple(self._match(int(row), scores[row, n]) for n, row in enumerate(scores.argmax(axis=0)))

    def nearest(self, embeddings: tuple[Embedding, ...], most: int) -> tuple[tuple[Match, ...], ...]:
        """The nearest members of each probe by their best template, nearest first; at most `most` of them."""
        probes = self._probes(embeddings)
        self._learn_if_due()
        with self._lock:
            if self._scan is not None:
                return tuple(self._scanned(probe, most) for probe in probes)
            rows = self._rows[: len(self._owners)]
            return tuple(self._members_of(None, rows @ probe, most) for probe in probes)

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

    def _probes(self, embeddings: tuple[Embedding, ...]) -> NDArray[np.float32]:
        for embedding in embeddings:
            self._check(embedding)
        return np.stack([embedding.vector for embedding in embeddings]) if embeddings else np.zeros((0, 0), np.float32)

    def _scanned(self, probe: NDArray[np.float32], most: int) -> tuple[Match, ...]:
        """By the scan; exactly where its candidates are the templates of too few members."""
        assert self._scan is not None  # noqa: S101 - the callers hold the lock and have looked
        assert self._proof is not None  # noqa: S101
        candidates = self._scan.candidates(probe, self._proof.depth)
        found = self._members_of(candidates, self._rows.take(candidates, axis=0) @ probe, most)
        if len(found) < min(most, len(self._rows_of)):
            return self._members_of(None, self._rows[: len(self._owners)] @ probe, most)
        return found

    def _members_of(self, rows: NDArray[np.int64] | None, scores: NDArray[np.float32], most: int) -> tuple[Match, ...]:
        """Best first; `rows` None: scores of all."""
        found: dict[MemberId, Match] = {}
        for place in [int(scores.argmax())] if most == 1 and len(scores) else np.argsort(-scores, kind="stable"):
            if len(found) == most:
                break
            match = self._match(int(place if rows is None else rows[place]), scores[place])
            found.setdefault(match.member_id, match)
        return tuple(found.values())

    def _match(self, row: int, score: np.float32) -> Match:
        member_id, template_id = self._owners[row]
        return Match(member_id=member_id, template_id=template_id, score=float(np.clip(score, -1.0, 1.0)))

    def _check(self, embedding: Embedding) -> None:
        if embedding.model != self.model or embedding.vector.shape != (self._rows.shape[1],):
            raise GalleryMismatch(f"gallery of {self.model}, embedding of {embedding.model}")

    # ------ the scan

    def settle(self) -> Proof | None:
        """Wait until a scan that is due is learned and proved; the proof of the one that is there."""
        self._learn_if_due()
        learning = self._learning
        if learning is not None:
            learning.join()
        return self._proof

    def _learn_if_due(self) -> None:
        with self._lock:
            large = len(self._owners) >= max(self._scan_from, 1) and Scan.fits(self._rows.shape[1])
            proved = self._proof is not None and self._edits < STALE * self._proof.templates
            if not large or proved or self._draft is not None:
                return
            self._edits = 0
            self._draft = Draft(self._rows[: len(self._owners)])
            self._learning = threading.Thread(target=self._learn, args=(self._draft,), name="gallery", daemon=True)
            self._learning.start()

    def _learn(self, draft: Draft) -> None:
        """Learn and prove beside the searches, then catch up with what changed meanwhile."""
        scan = Scan(draft.rows)
        with self._lock:
            draft.learned(scan)
        proof = scan.prove(draft.rows, np.random.default_rng(self._seed))
        with self._lock:
            self._scan = draft.finished(scan, self._rows[: len(self._owners)]) if proof.holds else None
            self._proof, self._draft = proof, None
        draft.rows.fill(0.0)
