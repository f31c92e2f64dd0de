"""The bench of galleries measures what it says."""

import sys

import numpy as np
import pytest

from visavis.server.bench import gallery as bench
from visavis.server.bench.gallery import GalleryBench, Peer, bench_gallery, drawn_templates


def measured(*peers: Peer) -> GalleryBench:
    return bench_gallery(
        400, dim=16, clustered=True, probes=20, rounds=2, peers=peers, seed=1, progress=lambda *_: None
    )


def test_ours_and_flat_agree_with_exact_search() -> None:
    result = measured(Peer.FLAT)
    assert [(s.name, s.agreement) for s in result.searchers] == [("visavis", 1.0), ("faiss-flat", 1.0)]
    assert result.searchers[0].times_as_fast is None
    assert result.searchers[1].times_as_fast is not None
    assert result.edits_seen
    assert result.proof == "exact search"


def test_a_peer_that_is_not_installed_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    (missing,) = [s for s in measured(Peer.USEARCH).searchers if s.name == "usearch"]
    assert missing.note == "not installed: pip install 'visavis[peers]'"


def test_graphs_of_large_galleries_are_built_when_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "GRAPHS_UP_TO", 300)
    notes = {searcher.name: searcher.note for searcher in measured().searchers}
    assert notes == {"visavis": "", "faiss-flat": "", "usearch": "--peer usearch", "hnswlib": "--peer hnswlib"}


def test_clustered_templates_lie_in_directions_of_unequal_weight() -> None:
    """Of 64 directions the heaviest four hold 37 to 51 percent (weights 1/k: 2.08 of 4.74, 44 %); evenly, 4 of 64."""
    rng = np.random.default_rng(0)
    shares = {}
    for clustered in (False, True):
        rows = drawn_templates(20_000, 64, clustered=clustered, rng=rng)
        assert np.linalg.norm(rows, axis=1) == pytest.approx(1.0, abs=1e-5)
        spectrum = np.linalg.eigvalsh(np.cov(rows.T))[::-1]
        shares[clustered] = spectrum[:4].sum() / spectrum.sum()
    assert 0.06 < shares[False] < 0.08
    assert 0.37 < shares[True] < 0.51
