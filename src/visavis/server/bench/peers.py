"""Programs that others know, measured in the same run. They are optional and imported only here, when asked for."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ImageFile

from visavis.errors import ExtraMissing

HOW = "pip install 'visavis[peers]' && pip install --no-deps face_recognition==1.3.0"
Box = tuple[int, int, int, int]
"""Top, right, bottom, left: face_recognition's order."""


class FaceRecognition:
    """face_recognition with dlib's detector (HOG), landmarks and network, on its defaults."""

    name = "face_recognition"

    def __init__(self) -> None:
        """Raises ExtraMissing, with the command that installs it."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it reads its models through a deprecated module
                import face_recognition  # noqa: PLC0415 - optional, and slow to import
        except (ImportError, SystemExit) as failure:  # it quits where its models are missing
            raise ExtraMissing(f"face_recognition: {HOW}") from failure
        ImageFile.LOAD_TRUNCATED_IMAGES = False  # it lets pictures pass that are cut off, also ours
        self._api: Any = face_recognition

    def locate(self, pixels: NDArray[np.uint8]) -> list[Box]:
        """Boxes of the faces in a picture, uint8 RGB."""
        found: list[Box] = self._api.face_locations(pixels)
        return found

    def describe(self, pixels: NDArray[np.uint8], boxes: Sequence[Box]) -> list[NDArray[np.float64]]:
        """A descriptor (128,) of each face; people are told apart by their distance."""
        found: list[NDArray[np.float64]] = self._api.face_encodings(pixels, list(boxes))
        return found

    def central(self, pixels: NDArray[np.uint8]) -> NDArray[np.float64] | None:
        """The descriptor of the face nearest to the middle; None where none is found."""
        boxes = self.locate(pixels)
        if not boxes:
            return None
        height, width = pixels.shape[:2]

        def off_centre(box: Box) -> float:
            top, right, bottom, left = box
            return float(np.hypot((left + right) / 2 - width / 2, (top + bottom) / 2 - height / 2))

        return self.describe(pixels, [min(boxes, key=off_centre)])[0]
