"""What a camera sees."""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from visavis.types.checks import aware, shaped, unit_interval


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One picture in memory; never written to disk."""

    pixels: NDArray[np.uint8] = field(repr=False)  # (H, W, 3), RGB
    source: str  # name of the camera, without credentials
    captured_at: datetime

    def __post_init__(self) -> None:
        shaped("pixels", self.pixels, (None, None, 3), np.uint8)
        aware("captured_at", self.captured_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How well a face can be compared; every reason is a code that the kiosk translates."""

    eye_distance_px: float
    sharpness: float  # variance of the second derivative of the aligned grey face, along its less sharp axis
    brightness: float  # mean grey level of the aligned face, 0 to 255
    yaw_deg: float  # positive: turned to the picture's right
    reasons: tuple[str, ...] = ()  # too_small, too_dark, too_bright, blurred, turned_away, covered; empty: usable
    pitch_deg: float = 0.0  # positive: looking up
    roll_deg: float = 0.0  # positive: tilted clockwise

    @property
    def usable(self) -> bool:
        return not self.reasons


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Face:
    """One face in one frame, in that frame's pixel coordinates (x right, y down)."""

    box: NDArray[np.float32] = field(repr=False)  # (4,): left, top, right, bottom
    landmarks: NDArray[np.float32] = field(repr=False)  # (5, 2): picture-left eye, right eye, nose, mouth
    confidence: float
    quality: Quality

    def __post_init__(self) -> None:
        shaped("box", self.box, (4,), np.float32)
        shaped("landmarks", self.landmarks, (5, 2), np.float32)
        unit_interval("confidence", self.confidence)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Embedding:
    """A face as a unit vector. Lives in memory only; its numbers cannot be printed."""

    vector: NDArray[np.float32] = field(repr=False)  # (D,), Euclidean length 1
    model: str  # "<pack>@<first 12 hex digits of the model's sha256>"; only equal models compare

    def __post_init__(self) -> None:
        shaped("vector", self.vector, (None,), np.float32)
        length = float(np.linalg.norm(self.vector))
        if not abs(length - 1.0) < 1e-3:
            raise ValueError(f"vector must have length 1, got {length:.4f}")
