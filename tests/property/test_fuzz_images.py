"""Pictures with damage of every kind: decoded properly or refused, and nothing worse."""

import os
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from fuzzing import fuzz
from PIL import Image
from sound_files import SHARED, largest, pictures, png_of

from visavis.errors import ImageRefused, VisavisError
from visavis.perception.cards import read_card
from visavis.perception.decode import MAX_PIXELS, decode_image

COUNT = int(os.environ.get("VISAVIS_FUZZ", "300"))  # `make fuzz` asks for 10,000
# 25 megapixels as RGBA, the white below them, their blend and the RGB of it: 400 MB; the rest is for the decoder.
MEMORY_MB = 600


def test_damaged_pictures_are_decoded_or_refused() -> None:
    """No crash, no untyped error, no input over the time limit, and bounded memory, in a process that may die."""
    found = fuzz("pictures", COUNT)
    sys.stdout.write(f"{found}\n")
    assert found.failed == []
    assert found.outcomes.total() == COUNT
    assert found.outcomes["decoded"] > COUNT / 10  # damage that is always refused at the door tests only the door
    assert found.outcomes["ImageRefused"] > COUNT / 10
    assert found.hungriest[0] < MEMORY_MB


def test_the_largest_pictures_that_are_let_in() -> None:
    """25 megapixels are decoded in every mode, within the memory that is said."""
    found = fuzz("largest", len(largest()))
    sys.stdout.write(f"{found}\n")
    assert found.failed == []
    assert found.outcomes == {"decoded": len(largest())}
    assert found.hungriest[0] < MEMORY_MB


@pytest.mark.parametrize("number", range(len(pictures())))
def test_what_the_damage_begins_from_is_sound(number: int) -> None:
    """Every mode and layout is decoded before it is damaged."""
    pixels = decode_image(pictures()[number])
    assert (pixels.dtype, pixels.ndim, pixels.shape[2]) == (np.uint8, 3, 3)


@pytest.mark.parametrize("size", [(65535, 65535), (2**31 - 1, 1), (1, 2**31 - 1), (5001, 5000), (0, 10)])
def test_headers_that_promise_too_much_are_refused(size: tuple[int, int]) -> None:
    """Nothing is set aside for pixels over the limit, or for none."""
    with pytest.raises(ImageRefused):
        decode_image(png_of(*size))


def test_a_palette_that_is_missing() -> None:
    """Numbers of colours without the colours are refused."""
    out = BytesIO()
    Image.new("P", (8, 8)).save(out, "PNG")
    whole = out.getvalue()
    begin = whole.index(b"PLTE") - 4
    end = whole.index(b"IDAT") - 4
    with pytest.raises(ImageRefused, match="palette"):
        decode_image(whole[:begin] + whole[end:])


@pytest.mark.parametrize("shape", [(1, 4000, 3), (4000, 1, 3), (1, 1, 3), (2, 1281, 3)])
def test_a_line_of_pixels_holds_no_card(shape: tuple[int, int, int]) -> None:
    """However thin a picture is, it is looked at."""
    assert read_card(np.full(shape, 200, np.uint8)) is None


@pytest.mark.shared_data
@pytest.mark.skipif(not (SHARED / "odd_images").is_dir(), reason="no shared/data/odd_images beside the checkout")
def test_odd_pictures_from_the_world() -> None:
    """Each is decoded within the limits or refused with a reason."""
    files = sorted(Path(SHARED / "odd_images").glob("*"))
    assert files
    outcomes = {}
    for path in files:
        try:
            pixels = decode_image(path.read_bytes())
            outcomes[path.name] = "decoded"
            assert 0 < pixels[..., 0].size <= MAX_PIXELS
        except VisavisError as refused:
            outcomes[path.name] = refused.code()
    assert outcomes["einstein.webp"] == "decoded"
    assert outcomes["einstein.gif"] == outcomes["einstein.bmp"] == outcomes["empty.png"] == "image-refused"
    assert outcomes["truncated.jpg"] == "image-refused"
