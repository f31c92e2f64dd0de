"""People before a camera who answer a liveness challenge, and pictures that are held up in their stead.

A portrait becomes a head by a depth for each of its points (half an ellipsoid, and a nose); a turned head moves near
points further than far ones. Light is added where it falls: the screen's colours on what is near, hardly on the wall.
The attacks are instruments of ISO/IEC 30107-3: a photograph of a whole page, a photograph cut out along the face, a
screen that plays a recording, photographs that are exchanged, and a still picture fed in place of the camera's.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 640, 480
EYES_PX = 62.0  # distance of the eyes at the beginning

Linear = NDArray[np.float32]  # light, (H, W, 3), 1 is the brightest that the camera takes


class Instrument(StrEnum):
    """What stands before the camera."""

    LIVE = "live"
    PRINT = "print"
    CUT_OUT = "cut_out"
    REPLAY = "replay"
    EXCHANGED = "exchanged"
    STILL = "still"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posture:
    """How the head is held."""

    yaw_deg: float = 0.0  # positive: to the picture's right
    nearness: float = 1.0  # growth of the head
    shift_px: tuple[float, float] = (0.0, 0.0)  # of its middle, x and y


@dataclass(frozen=True, slots=True, kw_only=True)
class Lighting:
    """Light in the room and from the screen, as parts of what the camera takes."""

    ambient: tuple[float, float, float] = (0.75, 0.75, 0.75)
    screen: float = 0.25  # of a white screen on a face before it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sitter:
    """A portrait, and where the eyes are in it."""

    pixels: NDArray[np.uint8]  # (H, W, 3) RGB
    eyes: NDArray[np.float32]  # (2, 2): picture-left, picture-right


def render(
    sitter: Sitter,
    posture: Posture,
    *,
    instrument: Instrument = Instrument.LIVE,
    lighting: Lighting | None = None,
    screen: tuple[int, int, int] = (190, 190, 190),
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """One frame, uint8 RGB (480, 640, 3), with the sensor's noise.

    Args:
        sitter: whose face it is, or is a picture of.
        posture: of the head, or of the picture of it.
        instrument: what stands there.
        lighting: in the room; as the defaults say where None.
        screen: colour that the kiosk's screen shows, sRGB.
        rng: of the noise.
    """
    light = lighting or Lighting()
    solid = instrument in (Instrument.LIVE, Instrument.REPLAY)
    albedo, nearby = _placed(sitter, posture, solid=solid)
    wall = _wall()
    room = np.array(light.ambient, np.float32)
    glow = light.screen * _linear(np.array(screen, np.uint8))
    lit = nearby["head"] if instrument in (Instrument.LIVE, Instrument.CUT_OUT) else nearby["page"]
    match instrument:
        case Instrument.REPLAY:  # its own light, and a glass that returns 3 % of what falls on it
            person = 0.8 * albedo + 0.03 * glow
        case Instrument.STILL:
            person = albedo * room.mean()
        case _:
            person = albedo * (room + glow * nearby["facing"][..., None].astype(np.float32))
    behind = wall * (room + (0.06 if instrument is not Instrument.STILL else 0.0) * glow)
    if instrument in (Instrument.LIVE, Instrument.CUT_OUT):
        scene = np.where(nearby["page"][..., None] > 0, albedo * (room + 0.06 * glow), behind)
        scene += (person - scene) * lit[..., None]
    else:
        scene = behind + (person - behind) * lit[..., None]
    return _exposed(scene, rng)


def _placed(sitter: Sitter, posture: Posture, *, solid: bool) -> tuple[Linear, dict[str, NDArray[np.float64]]]:
    """The portrait's light in the frame, and masks there: page (all of the portrait), head, and how it faces."""
    apart = float(np.linalg.norm(sitter.eyes[1] - sitter.eyes[0]))
    scale = EYES_PX * posture.nearness / apart  # frame pixels a portrait pixel
    middle = sitter.eyes.mean(axis=0) + np.array([0.0, 0.55 * apart])  # of the face, in the portrait
    centre = np.array([WIDTH / 2, HEIGHT * 0.5]) + posture.shift_px
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    across = (x - centre[0]) / scale / apart  # in eye distances from the face's middle
    down = (y - centre[1]) / scale / apart
    turn = np.deg2rad(posture.yaw_deg)
    source = _unturned(across, down, turn) if solid else across / np.cos(turn)
    columns, rows = middle[0] + source * apart, middle[1] + down * apart
    page = (columns >= 0) & (columns <= sitter.pixels.shape[1] - 1) & (rows >= 0) & (rows <= sitter.pixels.shape[0] - 1)
    albedo = _sampled(_linear(sitter.pixels), columns, rows)
    reach = np.sqrt((source / 1.15) ** 2 + (down / 1.75) ** 2)
    body = (down > 1.6) & (np.abs(across) < 1.1 + 0.9 * (down - 1.6))
    head = np.clip((1.06 - reach) / 0.12, 0, 1) + body
    facing = np.clip(1.1 - 0.5 * reach**2, 0.3, 1.0) if solid else np.ones_like(reach)
    return albedo, {"page": page.astype(np.float64), "head": np.clip(head, 0, 1) * page, "facing": facing}


def _depth(across: NDArray[np.float64], down: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of a head, in eye distances before its axis."""
    dome = 1.05 * np.sqrt(np.clip(1 - (across / 1.2) ** 2 - (down / 1.8) ** 2, 0, 1))
    nose = 0.5 * np.exp(-((across / 0.22) ** 2) - ((down - 0.08) / 0.3) ** 2)
    return np.asarray(dome + nose)


def _unturned(across: NDArray[np.float64], down: NDArray[np.float64], turn: float) -> NDArray[np.float64]:
    """Where each point of the frame was before the head turned; the shoulders stay.

    A point at depth z goes from x to x cos + z sin, so each row is turned forwards and read backwards.
    """
    grid = np.linspace(-3.5, 3.5, 281)
    source = across.copy()
    axis = 1.05 * 0.45  # the eyes' depth: a head turns about a line behind its face
    for row in range(across.shape[0]):
        height = down[row, 0]
        inside = np.clip(1.4 - np.sqrt((grid / 1.3) ** 2 + (height / 2.0) ** 2), 0, 1)
        share = np.clip(inside * 3, 0, 1)
        depth = _depth(grid, np.full_like(grid, height)) - axis
        moved = grid + share * (grid * (np.cos(turn) - 1) + depth * np.sin(turn))
        source[row] = np.interp(across[row], np.maximum.accumulate(moved) + 1e-9 * np.arange(len(grid)), grid)
    return source


def _sampled(picture: Linear, columns: NDArray[np.float64], rows: NDArray[np.float64]) -> Linear:
    """Bilinear, the edge going on outside."""
    height, width, _ = picture.shape
    columns, rows = np.clip(columns, 0, width - 1.001), np.clip(rows, 0, height - 1.001)
    left, top = columns.astype(np.int64), rows.astype(np.int64)
    a, b = (columns - left).astype(np.float32)[..., None], (rows - top).astype(np.float32)[..., None]
    colours, corner = picture.reshape(-1, 3), top * width + left
    upper = colours[corner] * (1 - a) + colours[corner + 1] * a
    lower = colours[corner + width] * (1 - a) + colours[corner + width + 1] * a
    return np.asarray(upper * (1 - b) + lower * b)


def _wall() -> Linear:
    grey = np.linspace(0.12, 0.3, WIDTH, dtype=np.float32)[None, :, None]
    return np.broadcast_to(grey, (HEIGHT, WIDTH, 3)).copy()


_STEPS = 4095
_TO_LINEAR = np.where(  # sRGB to linear light and back (IEC 61966-2-1)
    np.arange(256) <= 0.04045 * 255, np.arange(256) / 255 / 12.92, ((np.arange(256) / 255 + 0.055) / 1.055) ** 2.4
).astype(np.float32)
_FROM_LINEAR = (
    255
    * np.where(
        np.arange(_STEPS + 1) <= 0.0031308 * _STEPS,
        12.92 * np.arange(_STEPS + 1) / _STEPS,
        1.055 * (np.arange(_STEPS + 1) / _STEPS) ** (1 / 2.4) - 0.055,
    )
).astype(np.float32)


def _linear(pixels: NDArray[np.uint8]) -> Linear:
    return np.asarray(_TO_LINEAR[pixels])


def _exposed(light: NDArray[np.floating], rng: np.random.Generator) -> NDArray[np.uint8]:
    """As the camera gives it, with noise of 2.5 levels."""
    level = _FROM_LINEAR[(np.clip(light, 0, 1) * _STEPS).astype(np.int64)]
    noise = 2.5 * rng.standard_normal(level.shape, dtype=np.float32)
    taken: NDArray[np.uint8] = np.clip(level + noise, 0, 255).astype(np.uint8)
    return taken
