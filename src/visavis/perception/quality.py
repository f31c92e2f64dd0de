"""How well an aligned face can be compared, with reasons that a person can act on."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.types import Quality

# Each limit lies where the comparison score between two pictures of one person begins to fall: found by shrinking,
# darkening, brightening and blurring portraits until their score against the original dropped below 0.95.
LEAST_EYE_DISTANCE_PX = 18.0
LEAST_SHARPNESS = 12.0
DARK, BRIGHT = 40.0, 225.0
MOST_YAW_DEG = 35.0


def quality(aligned: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> Quality:
    """Judge one face.

    Args:
        aligned: The aligned face, RGB (H, W, 3).
        landmarks: Five points (5, 2) in the frame, so that size is that of the picture, not of the crop.
    """
    grey = cv2.cvtColor(aligned, cv2.COLOR_RGB2GRAY)
    inner = grey[grey.shape[0] // 5 : -grey.shape[0] // 5 or None, grey.shape[1] // 5 : -grey.shape[1] // 5 or None]
    eyes = landmarks[1] - landmarks[0]
    eye_distance = float(np.hypot(*eyes))
    sharpness = float(cv2.Laplacian(inner, cv2.CV_64F).var())
    brightness = float(inner.mean())
    yaw = yaw_deg(landmarks)
    checks = (
        ("too_small", eye_distance < LEAST_EYE_DISTANCE_PX),
        ("too_dark", brightness < DARK),
        ("too_bright", brightness > BRIGHT),
        ("turned_away", abs(yaw) > MOST_YAW_DEG),
        ("blurred", sharpness < LEAST_SHARPNESS),
    )
    return Quality(
        eye_distance_px=eye_distance,
        sharpness=sharpness,
        brightness=brightness,
        yaw_deg=yaw,
        reasons=tuple(reason for reason, holds in checks if holds),
    )


def yaw_deg(landmarks: NDArray[np.float32]) -> float:
    """Turn of the head about the vertical, positive to the picture's right.

    On a head like a cylinder the nose tip moves by sin(yaw) of the nose's length, which is about half the distance
    of the eyes, along the line through the eyes.
    """
    eyes = landmarks[1] - landmarks[0]
    distance = float(np.hypot(*eyes)) or 1.0
    middle = (landmarks[0] + landmarks[1] + landmarks[3] + landmarks[4]) / 4
    along = float((landmarks[2] - middle) @ eyes) / distance
    return math.degrees(math.asin(max(-1.0, min(1.0, along / (0.6 * distance)))))
