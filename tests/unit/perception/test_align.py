"""Bringing landmarks to where the embedder wants them."""

import cv2
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from visavis.perception.align import MIDDLE_GREY, align, levelled, similarity
from visavis.perception.packs import Alignment

PLACES = ((46.0, 44.0), (102.0, 44.0), (74.0, 77.0), (50.0, 105.0), (98.0, 105.0))
ALIGNMENT = Alignment(width=150, height=150, landmarks=PLACES, evidence="chosen for this test")
POINTS = st.lists(st.tuples(*[st.floats(-100, 100)] * 2), min_size=5, max_size=5).map(np.array)


def test_by_hand() -> None:
    """A unit step right that becomes two steps down: turned by 90 degrees, doubled, moved to (5, 5)."""
    matrix = similarity(np.array([[0, 0], [1, 0.0]]), np.array([[5, 5], [5, 7.0]]))
    np.testing.assert_allclose(matrix, [[0, -2, 5], [2, 0, 5]], atol=1e-12)


def test_points_that_coincide() -> None:
    """There is no scale."""
    with pytest.raises(ValueError, match="coincide"):
        similarity(np.ones((5, 2)), np.array(PLACES))


@given(POINTS, st.floats(-3, 3), st.floats(0.05, 20), st.tuples(*[st.floats(-100, 100)] * 2))
def test_finds_the_transform_that_was_made(
    points: np.ndarray, turn: float, scale: float, shift: tuple[float, float]
) -> None:
    """Points that were turned, scaled and shifted give just that back."""
    assume(np.ptp(points, axis=0).max() > 1)
    made = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = similarity(points, points @ made.T + shift)
    np.testing.assert_allclose(matrix[:, :2], made, atol=1e-8 * max(1, scale))
    np.testing.assert_allclose(matrix[:, 2], shift, atol=1e-6 * max(1, scale))


@given(POINTS, POINTS, st.integers(0, 2**32))
def test_no_other_similarity_is_nearer(points: np.ndarray, target: np.ndarray, seed: int) -> None:
    """Least squares: a small change of the four numbers never helps."""
    assume(np.ptp(points, axis=0).max() > 1)
    matrix = similarity(points, target)

    def error(m: np.ndarray) -> float:
        return float(((points @ m[:, :2].T + m[:, 2] - target) ** 2).sum())

    a, b, x, y = np.random.default_rng(seed).normal(0, 0.01, 4)
    assert error(matrix) <= error(matrix + np.array([[a, -b, x], [b, a, y]])) + 1e-6


@pytest.mark.parametrize("scale", [0.5, 1.0, 1.9, 3.7, 8.0])
@pytest.mark.parametrize("turn_deg", [0, 25])
def test_landmarks_arrive(scale: float, turn_deg: float) -> None:
    """Dots drawn on the landmarks of small, large and turned faces lie on the template, within half a pixel."""
    turn = cv2.getRotationMatrix2D((75, 75), turn_deg, scale)
    turn[:, 2] += 75 * scale + 40
    landmarks = (np.array(PLACES) @ turn[:, :2].T + turn[:, 2]).astype(np.float32)
    extent = int(landmarks.max() + 60 * scale)
    picture = np.zeros((extent, extent, 3), np.float32)
    y, x = np.mgrid[:extent, :extent]
    for px, py in landmarks:
        picture += 255 * np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * (3 * scale) ** 2))[..., None]
    face = align(np.clip(picture, 0, 255).astype(np.uint8), landmarks, ALIGNMENT)
    assert face.shape == (150, 150, 3)
    for px, py in PLACES:
        window = face[int(py) - 8 : int(py) + 9, int(px) - 8 : int(px) + 9, 0].astype(np.float64)
        rows, columns = np.mgrid[int(py) - 8 : int(py) + 9, int(px) - 8 : int(px) + 9]
        centre = np.array([(window * columns).sum(), (window * rows).sum()]) / window.sum()
        np.testing.assert_allclose(centre, [px, py], atol=0.5)


def test_large_faces_are_averaged_not_picked() -> None:
    """Fine stripes on an eight times larger face become their mean, not a pattern."""
    stripes = np.zeros((1300, 1300, 3), np.uint8)
    stripes[:, ::2] = 200
    face = align(stripes, np.array(PLACES, np.float32) * 8, ALIGNMENT)
    np.testing.assert_allclose(face[10:-10, 10:-10], 100, atol=1)


def test_outside_is_black() -> None:
    """A face at the edge of the picture."""
    face = align(np.full((150, 150, 3), 200, np.uint8), np.array(PLACES, np.float32) - [60, 0], ALIGNMENT)
    assert (face[75, :50] == 0).all()
    assert (face[75, 70:] == 200).all()


@pytest.mark.parametrize("light", [0.1, 0.5, 1.0])
def test_levelled(light: float) -> None:
    """Whatever the light, the mean grey level is in the middle; a black picture stays black."""
    face = (np.random.default_rng(0).integers(60, 140, (150, 150, 3)) * light).astype(np.uint8)
    assert abs(levelled(face).mean() - MIDDLE_GREY) < 8
    assert levelled(np.zeros((150, 150, 3), np.uint8)).max() == 0
