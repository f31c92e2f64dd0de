"""The gallery against a plain comparison of everything, whatever comes and goes, while a scan is in use or learned."""

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from visavis.identity import scan
from visavis.identity.gallery import Gallery, Match
from visavis.types import Embedding, MemberId

MODEL, DIM, BASE, SCAN_FROM = "net@0123456789ab", 16, 320, 200
seeds = st.integers(0, 2**40)


@pytest.fixture(autouse=True)
def _few_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proof takes milliseconds, and a scan that is wrong about a template does not reach it among its candidates."""
    monkeypatch.setattr(scan, "SHALLOWEST", 64)
    monkeypatch.setattr(scan, "TRIED", 20)
    monkeypatch.setattr(scan, "PROVED", 50)


def unit(seed: int, count: int = 1) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((count, DIM), dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


class ComingAndGoing(RuleBasedStateMachine):
    """Templates of members by id in a dictionary are the oracle."""

    def __init__(self) -> None:
        super().__init__()
        self.gallery = Gallery(model=MODEL, dim=DIM, scan_from=SCAN_FROM)
        self.people: dict[str, dict[str, np.ndarray]] = {}

    @initialize(seed=seeds)
    def enrolled(self, seed: int) -> None:
        rows = unit(seed, BASE)
        self.gallery.add_many([(MemberId(f"m{n}"), "t") for n in range(BASE)], rows)
        self.people = {f"m{n}": {"t": row} for n, row in enumerate(rows)}
        proof = self.gallery.settle()
        assert proof is not None
        assert proof.holds
        assert not self.gallery.exact

    @rule(number=st.integers(0, BASE + 30), seed=seeds)
    def add(self, number: int, seed: int) -> None:
        (vector,) = unit(seed)
        own = self.people.setdefault(f"m{number}", {})
        template = f"t{len(own)}"
        own[template] = vector
        self.gallery.add(MemberId(f"m{number}"), template, Embedding(vector=vector, model=MODEL))

    @rule(first=st.integers(0, BASE + 30), count=st.integers(1, 40))
    def drop(self, first: int, count: int) -> None:
        for number in range(first, first + count):
            gone = self.people.pop(f"m{number}", {})
            assert self.gallery.drop(MemberId(f"m{number}")) == len(gone)

    @rule()
    def learning_begins(self) -> None:
        """As it does after many edits; the edits that follow fall into it."""
        self.gallery._edits = BASE * 10

    @rule()
    def learning_ends(self) -> None:
        self.gallery.settle()

    @rule(seed=seeds, most=st.integers(1, 4), nudge=st.floats(0.0, 1.0))
    def look(self, seed: int, most: int, nudge: float) -> None:
        """For somebody who is there or was, or for a stranger."""
        rng = np.random.default_rng(seed)
        rows = np.stack([row for own in self.people.values() for row in own.values()] or [unit(seed)[0]])
        probe = rows[rng.integers(len(rows))] + np.float32(nudge) * unit(seed + 1)[0]
        probe = (probe / np.linalg.norm(probe)).astype(np.float32)
        embedding = Embedding(vector=probe, model=MODEL)
        best = sorted((max(float(row @ probe) for row in own.values()) for own in self.people.values()), reverse=True)
        (found,) = self.gallery.search((embedding,))
        (several,) = self.gallery.nearest((embedding,), most)
        assert [match.score for match in several] == pytest.approx(best[:most], abs=1e-5)
        assert len({match.member_id for match in several}) == len(several)
        assert (found.score if found else None) == (pytest.approx(best[0], abs=1e-5) if best else None)
        for match in (*several, *([found] if found else [])):
            self.check(match, probe)

    def check(self, match: Match, probe: np.ndarray) -> None:
        """The template is that member's, and its score is its cosine."""
        assert match.score == pytest.approx(float(self.people[match.member_id][match.template_id] @ probe), abs=1e-5)

    @rule()
    def everybody_is_found(self) -> None:
        """Each by each of their templates."""
        own = [row for templates in self.people.values() for row in templates.values()]
        found = self.gallery.search(tuple(Embedding(vector=row, model=MODEL) for row in own))
        assert len(found) == len(own)
        for match, row in zip(found, own, strict=True):
            assert match is not None
            assert match.score == pytest.approx(1.0, abs=1e-5)  # two people may have been drawn alike
            self.check(match, row)

    @invariant()
    def counts(self) -> None:
        assert len(self.gallery) == sum(map(len, self.people.values()))
        assert self.gallery.members == len(self.people)

    def teardown(self) -> None:
        self.gallery.settle()
        self.everybody_is_found()


ComingAndGoing.TestCase.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
TestComingAndGoing = ComingAndGoing.TestCase
