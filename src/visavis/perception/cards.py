"""QR cards held to the camera."""

import cv2
import numpy as np
from numpy.typing import NDArray

MAX_TEXT = 256


def read_card(pixels: NDArray[np.uint8]) -> str | None:
    """Text of a QR code in an RGB picture (H, W, 3); None where there is none that can be read."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    try:
        text, _, _ = cv2.QRCodeDetector().detectAndDecode(grey)
    except (cv2.error, UnicodeDecodeError):  # OpenCV throws on some degenerate corners, and on text that is not UTF-8
        return None
    return text if 0 < len(text) <= MAX_TEXT else None
