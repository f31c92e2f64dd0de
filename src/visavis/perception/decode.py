"""Bytes from outside become pixels, within limits."""

import struct
import warnings
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from visavis.errors import ImageRefused

MAX_BYTES = 8_000_000
MAX_PIXELS = 25_000_000
MIN_SIDE = 16
FORMATS = ("JPEG", "PNG", "WEBP")  # told by content, never by name


def decode_image(data: bytes) -> NDArray[np.uint8]:
    """RGB uint8 (H, W, 3), turned as its EXIF says; metadata is dropped.

    The size is read from the header before anything is decoded.

    Raises:
        ImageRefused: Empty, too large, another format, cut short or damaged.
    """
    if not data:
        raise ImageRefused("it is empty")
    if len(data) > MAX_BYTES:
        raise ImageRefused(f"{len(data):,} bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=FORMATS) as picture:
                _check_size(picture)
                return _pixels(picture)
    except ImageRefused:
        raise
    except UnidentifiedImageError:
        raise ImageRefused("it is neither JPEG, PNG nor WebP") from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise ImageRefused(f"more than {MAX_PIXELS:,} pixels") from None
    except (OSError, ValueError, SyntaxError, IndexError, TypeError, OverflowError, EOFError, KeyError, struct.error):
        # Pillow's decoders report damage by all of these
        raise ImageRefused("it is damaged or cut short") from None


def _check_size(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise ImageRefused(f"{width} x {height} pixels")
    if min(width, height) < MIN_SIDE:
        raise ImageRefused(f"{width} x {height} pixels are too few")


def _pixels(picture: Image.Image) -> NDArray[np.uint8]:
    turned = ImageOps.exif_transpose(picture)
    if turned.mode == "I;16":
        turned = turned.point(lambda level: level / 256).convert("L")  # type: ignore[operator]  # Pillow's lazy lambda
    if turned.has_transparency_data:
        grey = Image.new("RGBA", turned.size, (127, 127, 127, 255))
        turned = Image.alpha_composite(grey, turned.convert("RGBA"))
    return np.asarray(turned.convert("RGB"), dtype=np.uint8).copy()
