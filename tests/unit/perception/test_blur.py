"""A preview shows where people stand and not who they are."""

from io import BytesIO

import numpy as np
from PIL import Image

from visavis.perception.blur import REACH, TILES, jpeg, smaller, without_faces
from visavis.types import Face, Quality

QUALITY = Quality(eye_distance_px=40.0, sharpness=9.0, brightness=120.0, yaw_deg=0.0)


def face(left: float, top: float, right: float, bottom: float) -> Face:
    box = np.array([left, top, right, bottom], np.float32)
    return Face(box=box, landmarks=np.zeros((5, 2), np.float32), confidence=0.99, quality=QUALITY)


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(4).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_a_face_becomes_sixteen_tiles_and_the_rest_stays() -> None:
    """Box 40 to 60, widened by 7 on each side: 33 to 67; the picture that was given is untouched."""
    pixels = noise(100, 100)
    before = pixels.copy()
    hidden = without_faces(pixels, [face(40, 40, 60, 60)])
    assert (pixels == before).all()
    reach = int(20 * REACH)
    low, high = 40 - reach, 60 + reach
    inside = hidden[low:high, low:high].reshape(-1, 3)
    assert len(np.unique(inside, axis=0)) <= TILES * TILES
    outside = np.ones((100, 100), bool)
    outside[low:high, low:high] = False
    assert (hidden[outside] == before[outside]).all()


def test_faces_at_the_edge_and_beyond_are_hidden_too() -> None:
    """Cut off by the border, or wholly outside of it."""
    pixels = noise(50, 80)
    hidden = without_faces(pixels, [face(-20, -20, 15, 15), face(200, 200, 240, 240)])
    assert len(np.unique(hidden[:20, :20].reshape(-1, 3), axis=0)) <= TILES * TILES
    assert (hidden[30:, 40:] == pixels[30:, 40:]).all()


def test_pictures_become_smaller_never_larger() -> None:
    """1280 x 720 is shown as 640 x 360; 320 x 240 stays."""
    assert smaller(noise(720, 1280)).shape == (360, 640, 3)
    small = noise(240, 320)
    assert smaller(small) is small


def test_a_jpeg_keeps_its_colours() -> None:
    """RGB in, RGB out: red stays red."""
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 200
    back = np.asarray(Image.open(BytesIO(jpeg(red))).convert("RGB"))
    assert abs(int(back[16, 16, 0]) - 200) < 6
    assert back[16, 16, 1:].max() < 12
