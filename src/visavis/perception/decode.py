"""From the bytes of an image file to pixels, whoever sent them."""

import re
import threading
import warnings
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from visavis.errors import ImageRefused

MAX_BYTES = 8_000_000
MAX_PIXELS = 25_000_000
MAX_SCANS = 50  # a progressive JPEG has some ten; each costs a pass over the whole picture
_FORMATS = ("JPEG", "PNG", "WEBP")
_ORIENTATION = 0x0112  # EXIF 2.32, table 4
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_JPEG_SCAN = re.compile(rb"\xff\xda\x00(?:\x08\x01|\x0a\x02|\x0c\x03|\x0e\x04)")
_OTHERS = {b"GIF8": "GIF", b"BM": "BMP", b"II*\0": "TIFF", b"MM\0*": "TIFF", b"%PDF": "PDF", b"\0\0\0\x18ftyp": "HEIC"}
_FILTERS = threading.Lock()  # warning filters belong to the whole process


def decode_image(data: bytes) -> NDArray[np.uint8]:
    """The first picture of a JPEG, PNG or WebP file, upright, as RGB uint8 (H, W, 3).

    The content decides the format. Transparent parts lie on white; grey, palette, CMYK and 16-bit pictures become
    8-bit RGB; metadata is dropped.

    Raises:
        ImageRefused: more than `MAX_BYTES` or `MAX_PIXELS`, of another format, damaged or cut off.
    """
    if not data:
        raise ImageRefused("the file is empty")
    if len(data) > MAX_BYTES:
        raise ImageRefused(f"{len(data) / 1e6:.1f} MB")
    _check_canvas(_webp_size(data))
    if len(_JPEG_SCAN.findall(data)) > MAX_SCANS:
        raise ImageRefused(f"more than {MAX_SCANS} scans")
    picture, orientation = _opened(data)
    _load(picture)
    flat = _flat(picture)
    turn = _UPRIGHT.get(orientation)
    return np.array(flat if turn is None else flat.transpose(turn), dtype=np.uint8)


def _opened(data: bytes) -> tuple[ImageFile.ImageFile, Any]:
    """The picture behind its checked header, and its EXIF orientation. All that Pillow may warn of happens in here."""
    with _FILTERS, warnings.catch_warnings(action="ignore"):
        try:
            picture = Image.open(BytesIO(data), formats=_FORMATS)
        except Image.DecompressionBombError as failure:
            raise ImageRefused("too many pixels") from failure
        except Exception as failure:  # decoders fail in many ways on what is no image
            other = next((name for magic, name in _OTHERS.items() if data.startswith(magic)), None)
            raise ImageRefused(f"a {other} file" if other else "not an image, or damaged at its start") from failure
        _check_canvas(picture.size)
        if picture.format == "PNG":  # what follows its pixels may be worth a warning too
            _load(picture)
        try:
            return picture, picture.getexif().get(_ORIENTATION)
        except Exception:  # noqa: BLE001 - broken EXIF data says nothing; the picture stands as it is
            return picture, None


def _load(picture: ImageFile.ImageFile) -> None:
    try:
        picture.load()
    except Exception as failure:  # decoders fail in many ways on damaged files
        raise ImageRefused(f"the {picture.format} file is damaged or cut off") from failure
    if picture.mode.startswith("P") and picture.palette is None:
        raise ImageRefused(f"the {picture.format} file lacks its palette")


def _flat(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):  # 16 bits: Pillow would clip them, not scale them
        return Image.fromarray((np.asarray(picture) >> 8).clip(0, 255).astype(np.uint8)).convert("RGB")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB")


def _check_canvas(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise ImageRefused(f"{width} x {height} pixels")


def _webp_size(data: bytes) -> tuple[int, int]:
    """Width and height from a WebP header (RFC 9649), because Pillow allocates the canvas when it opens one.

    (0, 0) for other formats, whose headers Pillow reads first.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return 0, 0
    match data[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case _:
            return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
