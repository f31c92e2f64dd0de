"""Whoever is forgotten while a scan is learned is forgotten there too."""

import numpy as np
import pytest

from visavis.identity.draft import Draft
from visavis.identity.scan import PROVED, Proof, Scan

EYE = np.eye(4, dtype=np.float32)


def test_a_forgotten_row_is_overwritten() -> None:
    draft = Draft(EYE)
    draft.forget(1)
    assert draft.rows.sum(axis=1).tolist() == [1, 0, 1, 1]


def test_a_row_that_moved_is_found_where_it_was() -> None:
    """Row 1 goes and row 3 moves into its gap; then row 1, which lies at 3 in the copy, goes as well."""
    draft = Draft(EYE)
    draft.forget(1)
    draft.moved(3, 1)
    draft.forget(1)
    assert draft.rows.sum(axis=1).tolist() == [1, 0, 1, 0]


def test_a_template_that_came_later_is_not_in_the_copy() -> None:
    """The last row goes, another comes in its place and goes: nobody else is overwritten."""
    draft = Draft(EYE)
    draft.forget(3)
    draft.added(range(3, 5))
    draft.forget(3)
    draft.forget(4)
    assert draft.rows.sum(axis=1).tolist() == [1, 1, 1, 0]


def test_codes_are_overwritten_before_and_after_they_are_learned() -> None:
    rows = np.random.default_rng(0).standard_normal((200, 8), dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    draft, scan = Draft(rows), Scan(rows)
    blanked: list[int] = []
    scan.blank = blanked.append  # type: ignore[method-assign]
    draft.forget(7)
    draft.learned(scan)
    draft.forget(9)
    assert blanked == [7, 9]


def test_those_who_are_forgotten_meanwhile_do_not_spoil_the_proof() -> None:
    """Half of the templates are gone before the proof: their probes are left out, the others agree."""
    rows = np.random.default_rng(0).standard_normal((2_000, 32), dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    scan = Scan(rows)
    rows[::2] = 0.0
    proof = scan.prove(rows, np.random.default_rng(1))
    assert proof.holds
    assert 0.4 * PROVED < proof.probes < 0.95 * PROVED


def test_what_a_proof_assures() -> None:
    """0.9997 ** 10,000 is about 0.05: a lower agreement gives as good a result less than once in twenty."""
    proof = Proof(templates=100_000, probes=10_000, agreed=10_000, depth=256)
    assert proof.assured == pytest.approx(0.9997, abs=1e-5)
    assert (proof.agreement, proof.method) == (1.0, "4-bit scan, 256 compared exactly")
    broken = Proof(templates=100_000, probes=10_000, agreed=9_999, depth=4_096)
    assert (broken.agreement, broken.assured, broken.method) == (0.9999, 0.0, "exact")
