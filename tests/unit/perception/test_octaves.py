"""Halved copies of a picture and what is cut out of them."""

import numpy as np
import pytest

from visavis.perception.octaves import Octaves


def slope(height: int, width: int) -> np.ndarray:
    """Red is the column, green the row, blue 7: the colour tells the place."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x, y, np.full_like(x, 7)], axis=-1).astype(np.uint8)


def test_copies() -> None:
    """200 x 100 is halved while the shorter side is 24 or more; each pixel is the mean of four."""
    octaves = Octaves.of(slope(100, 200))
    assert [copy.shape for copy in octaves.copies] == [(100, 200, 3), (50, 100, 3), (25, 50, 3), (12, 25, 3)]
    assert octaves.copies[1][3, 5].tolist() == [11, 7, 7]  # mean of columns 10 and 11, rows 6 and 7, rounded up


@pytest.mark.parametrize("shape", [(1, 1), (0, 5), (23, 400)])
def test_small_pictures_have_no_copies(shape: tuple[int, int]) -> None:
    """Nothing to halve."""
    assert len(Octaves.of(slope(*shape)).copies) == 1


@pytest.mark.parametrize("scale", [1.0, 0.7, 0.5, 0.3, 0.13])
def test_reduced(scale: float) -> None:
    """The size is right, the scale that comes back is exact, and colours still tell the place."""
    small, exact = Octaves.of(slope(160, 240)).reduced(scale)
    assert abs(small.shape[0] - 160 * scale) <= 1
    np.testing.assert_allclose(exact * [240, 160], small.shape[1::-1], rtol=0.02)
    row, column = small.shape[0] // 2, small.shape[1] // 2
    place = (np.array([column, row]) + 0.5) / exact - 0.5
    np.testing.assert_allclose(small[row, column, :2], place, atol=1.5)


@pytest.mark.parametrize("side", [10.0, 24.0, 50.0, 100.0, 150.0])
def test_patches_show_their_box(side: float) -> None:
    """Whichever copy they come from, the middle of a patch is the middle of its box."""
    octaves = Octaves.of(slope(200, 240))
    asked = np.array([[40.3, 30.6, 40.3 + side, 30.6 + side]], np.float32)
    boxes, patches = octaves.patches(asked, 24)
    assert patches.shape == (1, 24, 24, 3)
    np.testing.assert_allclose(boxes, asked, atol=max(1.0, side / 24))
    middle = (boxes[0, :2] + boxes[0, 2:] - 1) / 2
    np.testing.assert_allclose(patches[0, 11:13, 11:13, :2].mean(axis=(0, 1)), middle, atol=1.0)
    assert (patches[..., 2] == 7).all()


def test_outside_is_black() -> None:
    """A box half outside is black there; one that does not touch the picture, or has no size, is black all over."""
    octaves = Octaves.of(np.full((100, 100, 3), 200, np.uint8))
    asked = np.array([[-24, 0, 24, 48], [52, 52, 100, 100], [-200, 0, -152, 48], [50, 50, 50, 50]], np.float32)
    boxes, patches = octaves.patches(asked, 24)
    assert boxes.tolist() == asked.tolist()
    assert (patches[0, :, :12] == 0).all()
    assert (patches[0, :, 12:] == 200).all()
    assert (patches[1] == 200).all()
    assert (patches[2:] == 0).all()
