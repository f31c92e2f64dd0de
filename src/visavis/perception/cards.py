"""Read the member's card when it is held to the camera."""

import cv2
import numpy as np
from numpy.typing import NDArray

MAX_TEXT = 256  # characters
_LONGEST_SIDE = 1280  # a card that is held to a camera is large in it; this bounds the work
_SHARPENING, _SHARPENED_OVER_PX = 1.5, 2.0


def read_card(pixels: NDArray[np.uint8]) -> str | None:
    """The text of the largest QR code in a picture; None when there is none that can be read.

    Codes turned by any angle, tilted, or blurred by up to two fifths of a module are read from about 3 pixels a module
    on. Only printable text of at most `MAX_TEXT` characters is a card.

    Args:
        pixels: uint8 RGB (H, W, 3).
    """
    grey = _grey(pixels)
    text = _largest(grey) or _largest(_sharpened(grey))
    return text if text and len(text) <= MAX_TEXT and text.isprintable() else None


def _grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = _LONGEST_SIDE / max(pixels.shape)
    if scale < 1:
        height, width = pixels.shape[:2]
        size = (max(1, round(width * scale)), max(1, round(height * scale)))  # a line of pixels stays one
        small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        pixels = np.asarray(small, np.uint8)
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def _sharpened(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    soft = cv2.GaussianBlur(grey, (0, 0), _SHARPENED_OVER_PX)
    return np.asarray(cv2.addWeighted(grey, 1 + _SHARPENING, soft, -_SHARPENING, 0), np.uint8)


def _largest(grey: NDArray[np.uint8]) -> str:
    # Not QRCodeDetector: OpenCV 5.0.0's reads beyond its memory on ordinary frames and may end the process.
    try:
        _, texts, corners, _ = cv2.QRCodeDetectorAruco().detectAndDecodeMulti(grey)
    except (cv2.error, UnicodeDecodeError):  # some patterns look like a code, some codes do not hold text
        return ""
    sized = [(cv2.contourArea(quad), text) for text, quad in zip(texts, corners, strict=True) if text] if texts else []
    return max(sized, default=(0.0, ""))[1]
