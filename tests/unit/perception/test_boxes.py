"""Arithmetic of boxes, by hand and by its laws."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from visavis.perception.boxes import areas, coverages, moved, overlaps, squared, strongest


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


SOME_BOXES = st.lists(
    st.tuples(*[st.integers(-50, 50)] * 2, *[st.integers(0, 60)] * 2).map(
        lambda row: (row[0], row[1], row[0] + row[2], row[1] + row[3])
    ),
    max_size=8,
).map(lambda rows: boxes(*rows))


def test_overlaps_by_hand() -> None:
    """Two 10 x 10 boxes that share 5 x 10: 50 of 150; one inside another: 25 of 100; apart or only touching: 0."""
    one = boxes((0, 0, 10, 10))
    others = boxes((5, 0, 15, 10), (0, 0, 5, 5), (10, 0, 20, 10), (50, 50, 60, 60), (0, 0, 10, 10))
    np.testing.assert_allclose(overlaps(one, others), [[1 / 3, 0.25, 0, 0, 1]], atol=1e-6)
    np.testing.assert_allclose(coverages(one, others), [[0.5, 1, 0, 0, 1]], atol=1e-6)


def test_areas_by_hand() -> None:
    """A box that is turned inside out has none."""
    assert areas(boxes((0, 0, 2, 3), (5, 5, 4, 9), (1, 1, 1, 1))).tolist() == [6, 0, 0]


def test_squares_by_hand() -> None:
    """20 x 10 about (10, 5) becomes 20 x 20 about the same point."""
    assert squared(boxes((0, 0, 20, 10))).tolist() == [[0, -5, 20, 15]]


def test_moved_by_hand() -> None:
    """Edges move by parts of the width (20) and of the height (10)."""
    offsets = np.array([[0.1, -0.1, 0.5, 0.2]], np.float32)
    np.testing.assert_allclose(moved(boxes((0, 0, 20, 10)), offsets), [[2, -1, 30, 12]], atol=1e-6)


def test_the_strongest_stays() -> None:
    """Of two that share 0.9 the better stays; a third apart from both stays too; best first."""
    shared = np.array([[1, 0.9, 0], [0.9, 1, 0.2], [0, 0.2, 1]], np.float32)
    scores = np.array([0.7, 0.8, 0.6], np.float32)
    assert strongest(scores, shared, 0.5).tolist() == [1, 2]
    assert strongest(scores, shared, 0.95).tolist() == [1, 0, 2]


def test_nothing_is_no_error() -> None:
    """Zero boxes in, zero out."""
    none = boxes()
    assert strongest(np.zeros(0, np.float32), overlaps(none, none), 0.5).shape == (0,)
    assert squared(none).shape == moved(none, none).shape == (0, 4)


@given(SOME_BOXES, SOME_BOXES)
def test_laws_of_overlap(one: np.ndarray, other: np.ndarray) -> None:
    """In [0, 1], the same both ways, never more than the coverage, and 1 of a box with itself."""
    shares = overlaps(one, other)
    assert shares.shape == (len(one), len(other))
    assert ((shares >= 0) & (shares <= 1 + 1e-6)).all()
    np.testing.assert_allclose(shares, overlaps(other, one).T, atol=1e-6)
    assert (shares <= coverages(one, other) + 1e-6).all()
    np.testing.assert_allclose(np.diag(overlaps(one, one)), areas(one) > 0, atol=1e-6)


@given(SOME_BOXES, st.integers(0, 2**32), st.floats(0, 1))
def test_laws_of_suppression(some: np.ndarray, seed: int, most: float) -> None:
    """A box goes if, and only if, it shares too much with a better one that stays."""
    scores = np.random.default_rng(seed).random(len(some)).astype(np.float32)
    shares = overlaps(some, some)
    kept = strongest(scores, shares, most)
    assert (np.diff(scores[kept]) <= 0).all()
    for index in range(len(some)):
        better = [other for other in kept if scores[other] >= scores[index] and other != index]
        suppressed = any(shares[other, index] > most for other in better)
        assert suppressed != (index in kept)
