"""Turn, scale and shift a face, so that its landmarks lie where the embedder expects them."""

import cv2
import numpy as np
from numpy.typing import NDArray


def similarity(landmarks: NDArray[np.float32], template: NDArray[np.float32]) -> NDArray[np.float64]:
    """The similarity transform (2, 3) that brings landmarks (N, 2) nearest to a template (N, 2).

    Least squares over rotation, scale and shift, without mirroring (Umeyama, 1991, in its closed form for the plane).
    """
    source, target = landmarks.astype(np.float64), template.astype(np.float64)
    centre, goal = source.mean(axis=0), target.mean(axis=0)
    s, t = source - centre, target - goal
    norm = float((s * s).sum())
    if norm < 1e-9:
        raise ValueError("landmarks coincide")
    a = float((s * t).sum()) / norm  # scale * cos
    b = float((s[:, 0] * t[:, 1] - s[:, 1] * t[:, 0]).sum()) / norm  # scale * sin
    turn = np.array([[a, -b], [b, a]])
    return np.hstack([turn, (goal - turn @ centre)[:, None]])


def align(
    pixels: NDArray[np.uint8], landmarks: NDArray[np.float32], template: NDArray[np.float32], size: tuple[int, int]
) -> NDArray[np.uint8]:
    """The face as RGB uint8 (height, width, 3); what lies outside the picture repeats its edge.

    Args:
        pixels: The frame, RGB (H, W, 3).
        landmarks: Five points (5, 2) in the frame.
        template: Where they belong, (5, 2), in pixels of the aligned face.
        size: Width and height of the aligned face.
    """
    matrix = similarity(landmarks, template)
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    source = pixels
    if scale < 0.5:  # a large face would alias: shrink the frame by area first
        shrink = 2.0 * scale
        source = cv2.resize(pixels, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        # pixel centres: x' = (x + 0.5) * shrink - 0.5
        matrix = matrix.copy()
        matrix[:, 2] += matrix[:, :2] @ np.full(2, 0.5 / shrink - 0.5)
        matrix[:, :2] /= shrink
    return cv2.warpAffine(source, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
