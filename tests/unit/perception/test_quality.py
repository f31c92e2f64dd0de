"""What is measured of a face, and the reasons that follow."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.perception.align import align
from visavis.perception.detect import Detector
from visavis.perception.packs import Alignment, Pack
from visavis.perception.quality import MAX_YAW_DEG, merit, quality_of
from visavis.types import Quality

PLACES = ((46.0, 44.0), (102.0, 44.0), (74.0, 77.0), (50.0, 105.0), (98.0, 105.0))
ALIGNMENT = Alignment(width=150, height=150, landmarks=PLACES, evidence="chosen for this test")
HEAD = np.array([[-0.5, 0, 0], [0.5, 0, 0], [0, 0.5, 0.55], [-0.4, 1, 0], [0.4, 1, 0]])  # in eye distances; z to us


def seen(yaw_deg: float = 0, roll_deg: float = 0, eye_distance: float = 60) -> np.ndarray:
    """Landmarks of a head that is turned to the picture's right and then tilted, seen from afar."""
    yaw, roll = np.deg2rad([yaw_deg, roll_deg])
    x = HEAD[:, 0] * np.cos(yaw) + HEAD[:, 2] * np.sin(yaw)
    flat = np.stack([x, HEAD[:, 1]], axis=1) @ np.array([[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]])
    return (flat * eye_distance + 200).astype(np.float32)


def textured(low: int = 80, high: int = 180) -> np.ndarray:
    cells = np.random.default_rng(0).integers(low, high, (30, 30, 1), dtype=np.uint8)
    return np.repeat(cv2.resize(cells, (150, 150), interpolation=cv2.INTER_CUBIC)[..., None], 3, axis=2)


@given(st.floats(-80, 80), st.floats(-40, 40), st.floats(5, 300))
def test_yaw_whatever_roll_and_size(yaw_deg: float, roll_deg: float, eye_distance: float) -> None:
    """Exact for the head that the measure assumes: positive to the picture's right."""
    quality = quality_of(textured(), seen(yaw_deg, roll_deg, eye_distance), ALIGNMENT)
    assert abs(quality.yaw_deg - yaw_deg) < 0.1


@given(st.floats(-40, 40), st.floats(-40, 40))
def test_pitch_and_roll(pitch_deg: float, roll_deg: float) -> None:
    """Exact for the assumed head: positive upwards, and clockwise as the picture shows it."""
    pitch = np.deg2rad(pitch_deg)
    head = np.array([[-0.5, 0, 0], [0.5, 0, 0], [0, 0.54 * 1.1, 0.55], [-0.4, 1.1, 0], [0.4, 1.1, 0]])
    y = head[:, 1] * np.cos(pitch) - head[:, 2] * np.sin(pitch)
    roll = np.deg2rad(roll_deg)
    turn = np.array([[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]])
    landmarks = (np.stack([head[:, 0], y], axis=1) @ turn * 60 + 200).astype(np.float32)
    quality = quality_of(textured(), landmarks, ALIGNMENT)
    assert abs(quality.pitch_deg - pitch_deg) < 0.1
    assert abs(quality.roll_deg - roll_deg) < 0.1
    assert ("turned_away" in quality.reasons) == (abs(quality.pitch_deg) > 35)


def drawn_face() -> np.ndarray:
    """Brows, eyes and a mouth as dark bars on a bright oval."""
    face = np.full((150, 150, 3), 90, np.uint8)
    cv2.ellipse(face, (74, 76), (56, 70), 0, 0, 360, (190, 160, 140), -1)
    for x, y in PLACES[:2]:
        cv2.rectangle(face, (int(x) - 14, int(y) - 3), (int(x) + 14, int(y) + 3), (30, 25, 20), -1)
    cv2.rectangle(face, (52, 102), (96, 108), (120, 40, 40), -1)
    return face


@pytest.mark.parametrize(
    ("box", "covered"),
    [(None, False), ((20, 75, 130, 149), True), ((20, 25, 130, 65), True), ((84, 25, 125, 62), True)],
    ids=["bare", "mask", "visor", "eye patch"],
)
def test_what_covers_a_face_takes_its_lines_away(box: tuple[int, int, int, int] | None, covered: bool) -> None:
    """A plain cloth over mouth, eyes or one eye."""
    face = drawn_face()
    if box:
        cv2.rectangle(face, box[:2], box[2:], (150, 150, 160), -1)
    assert ("covered" in quality_of(face, seen(), ALIGNMENT).reasons) == covered


def test_sound_face() -> None:
    """All measures by hand, and no reason."""
    quality = quality_of(textured(), seen(), ALIGNMENT)
    assert quality.usable
    assert abs(quality.eye_distance_px - 60) < 1e-3
    assert abs(quality.brightness - 130) < 5


@pytest.mark.parametrize(
    ("face", "landmarks", "reasons"),
    [
        (textured(), seen(eye_distance=15), ("too_small",)),
        (textured(5, 35), seen(), ("too_dark",)),
        (textured(200, 255), seen(), ("too_bright",)),
        (cv2.GaussianBlur(textured(), (0, 0), 8), seen(), ("blurred",)),
        (cv2.blur(textured(), (41, 1)), seen(), ("blurred",)),
        (cv2.blur(textured(), (1, 41)), seen(), ("blurred",)),
        (textured(), seen(MAX_YAW_DEG + 1), ("turned_away",)),
        (textured(), seen(-MAX_YAW_DEG - 1), ("turned_away",)),
        (
            np.zeros((150, 150, 3), np.uint8),
            seen(80, eye_distance=9),
            ("too_small", "too_dark", "blurred", "turned_away"),
        ),
    ],
)
def test_each_reason(face: np.ndarray, landmarks: np.ndarray, reasons: tuple[str, ...]) -> None:
    """Exactly those that hold; blur along one axis alone counts."""
    assert quality_of(face, landmarks, ALIGNMENT).reasons == reasons


def test_sharpness_by_hand() -> None:
    """Columns 0, 30, 0, 30: the second derivative along x is -60 or 60, variance 3600; along y it is 0."""
    face = np.zeros((150, 150, 3), np.uint8)
    face[:, ::2] = 30
    assert quality_of(face, seen(), ALIGNMENT).sharpness == 0
    face[::2] = 30 - face[::2]  # a chessboard: both
    assert abs(quality_of(face, seen(), ALIGNMENT).sharpness - 3600) < 1


def test_points_that_coincide_are_no_error() -> None:
    """A detector may give nonsense for what is no face."""
    quality = quality_of(textured(), np.zeros((5, 2), np.float32), ALIGNMENT)
    assert "too_small" in quality.reasons


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda picture: cv2.GaussianBlur(picture, (0, 0), 4.0), "blurred"),
        (lambda picture: cv2.blur(picture, (25, 1)), "blurred"),
        (lambda picture: (picture * 0.08).astype(np.uint8), "too_dark"),
        (lambda picture: np.clip(picture * 2.2, 0, 255).astype(np.uint8), "too_bright"),
    ],
    ids=["out of focus", "moved", "dark", "overexposed"],
)
def test_a_real_face(pack: Pack, collins: np.ndarray, spoil: object, reason: str) -> None:
    """The portrait is usable, and not when it is spoilt; what is wrong first is named first."""
    landmarks = Detector(nets=pack.detector).detect(collins).landmarks[0]
    assert quality_of(align(collins, landmarks, pack.alignment), landmarks, pack.alignment).usable
    spoilt = align(spoil(collins), landmarks, pack.alignment)
    assert quality_of(spoilt, landmarks, pack.alignment).reasons[0] == reason


def shot(**measures: float) -> Quality:
    return Quality(**({"eye_distance_px": 60, "sharpness": 10, "brightness": 120, "yaw_deg": 0} | measures))


def test_merit() -> None:
    """1 for a large, sharp, frontal shot; each fault lowers it; never negative."""
    assert merit(shot()) == 1
    assert merit(shot(eye_distance_px=24)) == pytest.approx(0.5)
    assert merit(shot(sharpness=2.1)) == pytest.approx(0.5)
    assert merit(shot(yaw_deg=-60)) == pytest.approx(0.5)
    assert merit(shot(yaw_deg=170)) == 0
