"""QR cards held to a camera, drawn with another library."""

from io import BytesIO

import cv2
import numpy as np
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from visavis.perception.cards import MAX_TEXT, read_card

CARD = "VV1:7Q2M-9KXD-4T3H-ABCD"


def scene(
    text: str, *, side: float = 200, turn_deg: float = 0, tilt: float = 0, centre: tuple[int, int] = (320, 240)
) -> np.ndarray:
    """A white card with a code of so many pixels on a grey wall, 640 x 480."""
    out = BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="png", scale=8, border=4)
    card = np.asarray(Image.open(out).convert("RGB"))
    far = 1 - tilt
    corners = np.array([[-far, -1], [far, -1], [1, 1], [-1, 1]]) * side / 2
    turn = np.deg2rad(turn_deg)
    corners = corners @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) + centre
    size = card.shape[0]
    matrix = cv2.getPerspectiveTransform(
        np.array([[0, 0], [size, 0], [size, size], [0, size]], np.float32), corners.astype(np.float32)
    )
    wall = np.full((480, 640, 3), 120, np.uint8)
    return cv2.warpPerspective(card, matrix, (640, 480), wall, cv2.INTER_AREA, cv2.BORDER_TRANSPARENT)


@pytest.mark.parametrize("side", [120, 200, 420])
@pytest.mark.parametrize("turn_deg", [0, 20, 45, 90, 180, 270])
def test_near_and_far_whichever_way_up(side: float, turn_deg: float) -> None:
    """From a quarter of the picture's height on, turned by any angle."""
    assert read_card(scene(CARD, side=side, turn_deg=turn_deg)) == CARD


@pytest.mark.parametrize("blur", [1.0, 2.0, 2.5])
def test_out_of_focus(blur: float) -> None:
    """A module of this code is some 6 pixels wide, the blur up to two fifths of it."""
    assert read_card(cv2.GaussianBlur(scene(CARD), (0, 0), blur)) == CARD


def test_tilted_dark_and_noisy() -> None:
    """A card in a hand in the evening: the far edge a quarter shorter, a fifth of the light, noise of the sensor."""
    noise = np.random.default_rng(0).normal(0, 3, (480, 640, 3))
    dark = scene(CARD, turn_deg=10, tilt=0.25) * 0.2 + noise
    assert read_card(np.clip(dark, 0, 255).astype(np.uint8)) == CARD


def test_the_larger_of_two() -> None:
    """The card in front of the camera counts, not the poster behind."""
    both = scene(CARD, side=220, centre=(200, 240))
    poster = scene("https://example.org", side=150, centre=(520, 240))
    both[:, 420:] = poster[:, 420:]
    assert read_card(both) == CARD


def test_large_pictures() -> None:
    """Twelve megapixels are scaled down first."""
    assert read_card(cv2.resize(scene(CARD), (4000, 3000))) == CARD


def test_other_scripts() -> None:
    """Text is UTF-8."""
    assert read_card(scene("会员卡 Größe", side=300)) == "会员卡 Größe"


def test_only_short_printable_text_is_a_card() -> None:
    """At most 256 characters; no control characters."""
    assert read_card(scene("A" * MAX_TEXT, side=460)) == "A" * MAX_TEXT
    assert read_card(scene("A" * (MAX_TEXT + 1), side=460)) is None
    assert read_card(scene("line\nbreak", side=300)) is None


@pytest.mark.parametrize("shape", [(1, 1, 3), (5, 700, 3), (480, 640, 3)])
def test_no_code_no_text(shape: tuple[int, ...]) -> None:
    """A blank wall, however small the picture."""
    assert read_card(np.full(shape, 120, np.uint8)) is None


@given(st.integers(0, 2**32), st.integers(8, 200), st.integers(8, 200), st.integers(1, 12))
@settings(max_examples=60, deadline=None)
def test_patterns_that_resemble_codes(seed: int, height: int, width: int, module: int) -> None:
    """Random modules: no text or some, never an exception."""
    cells = np.random.default_rng(seed).integers(0, 2, (height // module + 1, width // module + 1), dtype=np.uint8)
    picture = np.kron(cells * 255, np.ones((module, module), np.uint8))
    text = read_card(np.repeat(picture[:height, :width, None], 3, axis=2))
    assert text is None or len(text) <= MAX_TEXT


def test_faces_are_no_codes(collins: np.ndarray, hopper: np.ndarray) -> None:
    """Ordinary frames, many of them, with light and noise as of a camera: no text, and the process lives."""
    draw = np.random.default_rng(0)
    for _ in range(40):
        frame = np.clip(
            np.concatenate([collins[:480, :320], hopper[:480, 100:420]], axis=1) * draw.uniform(0.7, 1.2), 0, 255
        )
        noisy = np.clip(frame + draw.normal(0, 3, frame.shape), 0, 255).astype(np.uint8)
        assert read_card(noisy) is None
