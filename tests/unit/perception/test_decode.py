"""Image files from outside: what comes back as pixels, and what is refused."""

import random
import struct
import threading
import warnings
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from visavis.errors import ImageRefused
from visavis.perception.decode import MAX_BYTES, MAX_SCANS, decode_image

ODD = Path(__file__).parents[4] / "shared" / "data" / "odd_images"
RED, GREEN, BLUE, GREY = (255, 0, 0), (0, 255, 0), (0, 0, 255), (90, 90, 90)
ORIENTATION = 0x0112


def encoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def four_colours() -> Image.Image:
    """Wider than high; red | green over blue | grey."""
    picture = Image.new("RGB", (60, 40), RED)
    picture.paste(GREEN, (30, 0, 60, 20))
    picture.paste(BLUE, (0, 20, 30, 40))
    picture.paste(GREY, (30, 20, 60, 40))
    return picture


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    return tags


def corners(pixels: np.ndarray) -> list[tuple[int, ...]]:
    """Colours near the four corners: left top, right top, left bottom, right bottom."""
    return [tuple(int(v) for v in pixels[y, x]) for y in (5, -6) for x in (5, -6)]


# ------ what is read


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("WEBP", {"lossless": True}), ("JPEG", {"quality": 95})])
def test_three_formats_give_rgb(kind: str, options: dict[str, Any]) -> None:
    """Height, width, 3; RGB order; bytes that the caller may change."""
    pixels = decode_image(encoded(four_colours(), kind, **options))
    assert (pixels.shape, pixels.dtype, pixels.flags.writeable) == ((40, 60, 3), np.uint8, True)
    for found, wanted in zip(corners(pixels), [RED, GREEN, BLUE, GREY], strict=True):
        np.testing.assert_allclose(found, wanted, atol=6)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG"])
@pytest.mark.parametrize(
    ("orientation", "wanted"),
    [
        (1, [RED, GREEN, BLUE, GREY]),
        (2, [GREEN, RED, GREY, BLUE]),
        (3, [GREY, BLUE, GREEN, RED]),
        (4, [BLUE, GREY, RED, GREEN]),
        (5, [RED, BLUE, GREEN, GREY]),
        (6, [BLUE, RED, GREY, GREEN]),
        (7, [GREY, GREEN, BLUE, RED]),
        (8, [GREEN, GREY, RED, BLUE]),
        (99, [RED, GREEN, BLUE, GREY]),
    ],
)
def test_orientation_is_applied(kind: str, orientation: int, wanted: list[tuple[int, ...]]) -> None:
    """EXIF 6 means that the camera was turned left: the stored left top belongs at the right top; likewise the rest."""
    pixels = decode_image(encoded(four_colours(), kind, exif=exif(orientation)))
    assert pixels.shape == ((60, 40, 3) if orientation in {5, 6, 7, 8} else (40, 60, 3))
    for found, colour in zip(corners(pixels), wanted, strict=True):
        np.testing.assert_allclose(found, colour, atol=90)  # WebP and JPEG bleed at such sizes


@pytest.mark.parametrize(
    "tags",
    [b"Exif\0\0MM", b"Exif\0\0nonsense", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01"],
    ids=["short", "no TIFF", "far offset", "cut tag"],
)
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG"])
def test_broken_exif_leaves_the_picture_as_it_is(kind: str, tags: bytes) -> None:
    """The pixels are sound; nobody has to take the photograph again."""
    assert decode_image(encoded(four_colours(), kind, exif=tags)).shape == (40, 60, 3)


def test_transparent_parts_lie_on_white() -> None:
    """Half transparent red on white is (255, 127, 127); the fully transparent rest is white, whatever its colour."""
    picture = Image.new("RGBA", (20, 20), (*RED, 128))
    picture.paste((0, 0, 0, 0), (0, 0, 10, 20))
    pixels = decode_image(encoded(picture))
    assert pixels[5, 5].tolist() == [255, 255, 255]
    np.testing.assert_allclose(pixels[5, 15], [255, 127, 127], atol=1)


def test_transparent_palette_colour() -> None:
    """A palette picture whose first colour is transparent."""
    picture = Image.new("P", (20, 20), 1)
    picture.putpalette([0, 0, 0, *BLUE])
    picture.paste(0, (0, 0, 10, 20))
    pixels = decode_image(encoded(picture, transparency=0))
    assert (pixels[5, 5].tolist(), pixels[5, 15].tolist()) == ([255, 255, 255], list(BLUE))


@pytest.mark.parametrize("mode", ["L", "LA", "1", "P", "CMYK"])
def test_every_colour_space_becomes_rgb(mode: str) -> None:
    """A white picture is white in each of them."""
    kind = "JPEG" if mode == "CMYK" else "PNG"
    pixels = decode_image(encoded(Image.new("RGB", (20, 30), "white").convert(mode), kind))
    assert pixels.shape == (30, 20, 3)
    assert pixels.min() >= 253


def test_16_bits_are_scaled_not_clipped() -> None:
    """0, 32768 and 65535 are black, the middle and white."""
    levels = np.repeat(np.array([[0, 32768, 65535]], np.uint16), 4, axis=0)
    assert decode_image(encoded(Image.fromarray(levels)))[0, :, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_gives_its_first_picture(kind: str) -> None:
    """Red, then blue: red."""
    frames = [Image.new("RGB", (20, 20), colour) for colour in (RED, BLUE)]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
    np.testing.assert_allclose(decode_image(data)[10, 10], RED, atol=6)


# ------ what is refused


def crc(chunk: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(chunk))


def refusal(data: bytes) -> str:
    with pytest.raises(ImageRefused) as refused:
        decode_image(data)
    return refused.value.detail


def test_details_are_precise() -> None:
    """Each says what was seen, and none repeats the file's bytes."""
    assert refusal(b"") == "the file is empty"
    assert refusal(bytes(MAX_BYTES + 1)) == "8.0 MB"
    assert refusal(b"<html>not found</html>") == "not an image, or damaged at its start"
    assert refusal(encoded(four_colours(), "GIF")) == "a GIF file"
    assert refusal(encoded(four_colours(), "BMP")) == "a BMP file"
    assert refusal(encoded(four_colours(), "TIFF")) == "a TIFF file"


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_cut_off_files(kind: str, part: float) -> None:
    """A third, two thirds or nine tenths of a file are never shown as if they were whole."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(noise), kind)
    assert refusal(data[: int(part * len(data))]) in {
        f"the {kind} file is damaged or cut off",
        "not an image, or damaged at its start",  # WebP keeps its length in its header
    }


def test_size_is_read_before_anything_is_decoded() -> None:
    """A few bytes that promise a giant picture are refused by their header; there is nothing behind it to decode."""
    png = encoded(four_colours())
    header = b"IHDR" + struct.pack(">II", 9_000, 16_000) + png[24:29]
    assert refusal(png[:12] + header + crc(header) + png[33:]) == "9000 x 16000 pixels"
    header = b"IHDR" + struct.pack(">II", 60_000, 60_000) + png[24:29]
    assert refusal(png[:12] + header + crc(header) + png[33:]) == "too many pixels"
    lossy, lossless = encoded(four_colours(), "WEBP"), encoded(four_colours(), "WEBP", lossless=True)
    extended = encoded(four_colours(), "WEBP", exif=exif(1))
    size = struct.pack("<HH", 16_000, 9_000)
    assert refusal(lossy[:26] + size + lossy[30:]) == "16000 x 9000 pixels"
    bits = (16_000 - 1) | (9_000 - 1) << 14
    assert refusal(lossless[:21] + struct.pack("<I", bits) + lossless[25:]) == "16000 x 9000 pixels"
    canvas = (16_000 - 1).to_bytes(3, "little") + (9_000 - 1).to_bytes(3, "little")
    assert refusal(extended[:24] + canvas + extended[30:]) == "16000 x 9000 pixels"


def test_just_above_25_megapixels() -> None:
    """5000 x 5000 is the most; a flat picture of one row more is small to send and refused all the same."""
    assert refusal(encoded(Image.new("1", (5000, 5001)))) == "5000 x 5001 pixels"
    assert decode_image(encoded(Image.new("1", (5000, 5000)))).shape == (5000, 5000, 3)


def test_a_jpeg_of_endless_scans() -> None:
    """Each scan of a progressive JPEG costs a pass over the picture and may take no more than some bytes."""
    data = encoded(four_colours(), "JPEG", progressive=True)
    start = data.rindex(b"\xff\xda")
    last = data[start:-2]
    assert decode_image(data + b"").shape == (40, 60, 3)
    assert refusal(data[:-2] + MAX_SCANS * last + data[-2:]) == f"more than {MAX_SCANS} scans"


def test_warnings_stay_inside() -> None:
    """A PNG whose animation header is nonsense makes Pillow warn; here warnings are errors, and it decodes."""
    chunk = b"acTL" + bytes(8)
    png = encoded(four_colours())
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        pixels = decode_image(png[:33] + struct.pack(">I", 8) + chunk + crc(chunk) + png[33:])
    assert (pixels.shape, seen) == ((40, 60, 3), [])


def test_many_threads_at_once() -> None:
    """The filters of warnings are as before when all are done."""
    data, before, shapes = encoded(four_colours(), "JPEG"), list(warnings.filters), []
    workers = [threading.Thread(target=lambda: shapes.append(decode_image(data).shape)) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert shapes == [(40, 60, 3)] * 8
    assert list(warnings.filters) == before


# ------ hostile bytes


SEEDS = (
    encoded(four_colours(), "JPEG", exif=exif(6)),
    encoded(four_colours(), "JPEG", progressive=True),
    encoded(four_colours(), "PNG", exif=exif(6)),
    encoded(four_colours().convert("P"), "PNG"),
    encoded(four_colours().convert("RGBA"), "PNG", save_all=True, append_images=[four_colours().convert("RGBA")]),
    encoded(four_colours(), "WEBP", exif=exif(6)),
    encoded(four_colours().convert("RGBA"), "WEBP", lossless=True),
)


def only_pixels_or_a_refusal(data: bytes) -> None:
    try:
        pixels = decode_image(data)
    except ImageRefused:
        return
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_random_bytes(data: bytes) -> None:
    """Nothing but ImageRefused."""
    only_pixels_or_a_refusal(data)


@given(st.sampled_from(SEEDS), st.integers(0, 2**32), st.integers(1, 8))
@settings(max_examples=400, deadline=None)
def test_mutated_files(seed: bytes, number: int, changes: int) -> None:
    """Bytes changed, put in, taken out, and files cut: pixels, or ImageRefused."""
    draw, data = random.Random(number), bytearray(seed)
    for _ in range(changes):
        at = draw.randrange(len(data))
        match draw.randrange(6):
            case 0:
                data[at:at] = draw.randbytes(draw.randrange(1, 20))
            case 1:
                del data[at : at + draw.randrange(1, 30)]
            case 2:
                del data[max(1, at) :]
            case _:
                data[at] = draw.randrange(256)
        data = data or bytearray(b"\0")
    only_pixels_or_a_refusal(bytes(data))


# ------ files that were met in the world


@pytest.mark.shared_data
@pytest.mark.skipif(not ODD.is_dir(), reason="the public test data do not lie beside the checkout")
@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("corrupted.png", "not an image, or damaged at its start"),  # a blank stands in its first chunk's name
        ("empty.png", "not an image, or damaged at its start"),  # the word "test"
        ("truncated.jpg", "the JPEG file is damaged or cut off"),
        ("einstein.gif", "a GIF file"),
        ("einstein.bmp", "a BMP file"),
    ],
)
def test_odd_files_are_refused(name: str, detail: str) -> None:
    assert refusal((ODD / name).read_bytes()) == detail


@pytest.mark.shared_data
@pytest.mark.skipif(not ODD.is_dir(), reason="the public test data do not lie beside the checkout")
def test_odd_but_valid_webp() -> None:
    """A grey photograph."""
    pixels = decode_image((ODD / "einstein.webp").read_bytes())
    assert pixels.shape == (256, 256, 3)
    assert pixels.std() > 20
