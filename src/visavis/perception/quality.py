"""How well a face can be compared, and what the person should change.

The limits were measured with the default pack on 250 photographs of people of whom there were others (LFW). Each was
spoilt step by step and compared with the unspoilt others at the score that one impostor pair in a thousand reaches,
where 94 % of the genuine pairs pass. A limit stands where this share has fallen to about 88 %:

    eye distance  21 px 93 %   17 px 92 %   13 px 87 %   9 px 71 %
    blur          sharpness 2.0 92 %   1.4 88 %   1.1 81 %   0.9 70 %   (medians); along one axis: 1.3 82 %
    brightness    dark 38 92 %   25 89 %   19 86 %     bright 184 91 %   216 83 %
    yaw, pitch    no loss up to 40 and 25 degrees; too few photographs beyond

What covers a face takes its lines away. Drawn over the same photographs, 99 % of masks leave less than the limit
between the mouth's corners, 95 % of dark glasses at the eyes; of the photographs as they are, 0 and 0.8 % do.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.perception.packs import Alignment
from visavis.types import Quality

MIN_EYE_DISTANCE_PX = 16.0
MIN_SHARPNESS = 1.4
MIN_BRIGHTNESS = 25.0  # of the picture as it is: a dark skin in room light lies at twice this
MAX_BRIGHTNESS = 210.0
MAX_YAW_DEG = 40.0
MAX_PITCH_DEG = 35.0
MIN_MOUTH_LINES = 0.35  # vertical steps between the mouth's corners, in deviations of the whole face
MIN_EYE_LINES = 0.62  # at the clearer eye
MIN_EITHER_EYE_LINES = 0.2

_NOSE_DEPTH = 0.55  # the nose's tip before the plane of eyes and mouth, in eye distances
_NOSE_HEIGHT = 0.54  # of the way from eyes to mouth, where it lies in a level face
_MOUTH_HEIGHT = 1.1  # from the eyes, in eye distances
_MARGIN = 0.2  # of what is measured around eyes and mouth, in eye distances


def quality_of(face: NDArray[np.uint8], landmarks: NDArray[np.float32], alignment: Alignment) -> Quality:
    """Measure a face.

    Args:
        face: aligned, uint8 RGB (alignment.height, alignment.width, 3).
        landmarks: (5, 2) in the frame's pixels.
        alignment: how the face was aligned.
    """
    inner = np.asarray(cv2.cvtColor(_between_features(face, alignment), cv2.COLOR_RGB2GRAY), np.uint8)
    eye_distance = float(np.linalg.norm(landmarks[1] - landmarks[0]))
    sharpness, brightness = _sharpness(inner), float(inner.mean())
    yaw, pitch, roll = _angles_deg(landmarks)
    reasons = {
        "too_small": eye_distance < MIN_EYE_DISTANCE_PX,
        "too_dark": brightness < MIN_BRIGHTNESS,
        "too_bright": brightness > MAX_BRIGHTNESS,
        "blurred": sharpness < MIN_SHARPNESS,
        "turned_away": abs(yaw) > MAX_YAW_DEG or abs(pitch) > MAX_PITCH_DEG,
    }
    if not any(reasons.values()):  # what is dark, blurred or seen from the side has no lines either
        reasons["covered"] = _is_covered(face, alignment)
    return Quality(
        eye_distance_px=eye_distance,
        sharpness=sharpness,
        brightness=brightness,
        yaw_deg=yaw,
        pitch_deg=pitch,
        roll_deg=roll,
        reasons=tuple(reason for reason, holds in reasons.items() if holds),
    )


def merit(quality: Quality) -> float:
    """How good a shot is beside others of the same track, 0 to 1: large, sharp and frontal."""
    size = min(1.0, quality.eye_distance_px / (3 * MIN_EYE_DISTANCE_PX))
    sharpness = min(1.0, quality.sharpness / (3 * MIN_SHARPNESS))
    frontal = max(0.0, float(np.cos(np.deg2rad(quality.yaw_deg))))
    return size * sharpness * frontal


def _between_features(face: NDArray[np.uint8], alignment: Alignment) -> NDArray[np.uint8]:
    """The part from eye to eye and brow to chin, without hair and background."""
    places = np.array(alignment.landmarks)
    margin = _MARGIN * (places[1, 0] - places[0, 0])
    left, top = np.maximum(places.min(axis=0) - margin, 0).astype(np.int64)
    right, bottom = np.ceil(places.max(axis=0) + margin).astype(np.int64)
    return face[top:bottom, left:right]


def _sharpness(grey: NDArray[np.uint8]) -> float:
    """Variance of the second derivative along the axis where it is smaller: a hand that shakes blurs only one."""
    values = grey.astype(np.float32)
    along_x = values[:, 2:] - 2 * values[:, 1:-1] + values[:, :-2]
    along_y = values[2:] - 2 * values[1:-1] + values[:-2]
    return float(min(along_x.var(), along_y.var()))


def _angles_deg(landmarks: NDArray[np.float32]) -> tuple[float, float, float]:
    """Yaw (positive to the picture's right), pitch (positive upwards) and roll (positive clockwise), seen from afar.

    The nose lies before the plane of eyes and mouth by a known part of the eye distance. When the head turns it moves
    off the line from the eyes' middle to the mouth's by depth * sin(yaw) while the eyes close up by cos(yaw); when the
    head nods it moves along that line by depth * sin(pitch) while the line shortens by cos(pitch).
    """
    points = landmarks.astype(np.float64)
    eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
    length = max(float(np.linalg.norm(mouth - eyes)), 1e-6)
    down = (mouth - eyes) / length
    right = np.array([down[1], -down[0]])
    apart = max(float((points[1] - points[0]) @ right), 1e-6)
    nose = points[2] - eyes
    yaw = np.arctan(nose @ right / apart / _NOSE_DEPTH)
    pitch = np.arctan((_NOSE_HEIGHT - nose @ down / length) * _MOUTH_HEIGHT / _NOSE_DEPTH)
    roll = np.arctan2(right[1], right[0])
    return float(np.degrees(yaw)), float(np.degrees(pitch)), float(np.degrees(roll))


def _is_covered(face: NDArray[np.uint8], alignment: Alignment) -> bool:
    """Whether mouth or eyes have fewer lines across than any bare face."""
    places = np.array(alignment.landmarks)
    unit = float(places[1, 0] - places[0, 0])
    grey = np.asarray(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY), np.float32)
    soft = np.asarray(cv2.GaussianBlur(grey, (0, 0), max(0.5, 0.027 * unit)), np.float32)
    steps = np.abs(soft[2:] - soft[:-2])  # row r: across row r + 1
    spread = max(float(_part(soft, places.mean(axis=0), 0.7 * unit, 0.75 * unit).std()), 1.0)

    def lines(centre: NDArray[np.float64], width: float, height: float) -> float:
        return 4 * float(_part(steps, centre - (0, 1), width * unit, height * unit).mean()) / spread

    eyes = [lines(place, 0.3, 0.22) for place in places[:2]]
    return (
        lines(places[3:].mean(axis=0), 0.4, 0.3) < MIN_MOUTH_LINES
        or max(eyes) < MIN_EYE_LINES
        or min(eyes) < MIN_EITHER_EYE_LINES
    )


def _part(values: NDArray[np.float32], centre: NDArray[np.float64], width: float, height: float) -> NDArray[np.float32]:
    """Up to so far to each side of the centre."""
    (x, y), (rows, columns) = centre, values.shape
    top, bottom = max(0, int(y - height)), min(rows, int(y + height) + 1)
    return values[top:bottom, max(0, int(x - width)) : min(columns, int(x + width) + 1)]
