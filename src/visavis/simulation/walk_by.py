"""People who walk past a camera, composed from portraits: what the demonstration shows where there is no camera.

Two public-domain portraits ship inside installed packages: Grace Hopper (matplotlib's sample data, U.S. Navy) and
Eileen Collins (scikit-image's data, NASA). They are read from there and never copied. Frames exist in memory only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from visavis.errors import ExtraMissing
from visavis.types import Frame

WIDTH, HEIGHT = 640, 480


class Portrait(Enum):
    """Package, file inside it, and the head and shoulders in it: left, top, right, bottom in pixels."""

    HOPPER = ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg", (60, 0, 480, 430))
    COLLINS = ("skimage", "data/astronaut.png", (90, 0, 370, 300))

    def file(self) -> Path:
        """Where it lies; raises ExtraMissing when its package is not installed."""
        package, name, _ = self.value
        spec = find_spec(package)
        path = Path(spec.submodule_search_locations[0]) / name if spec and spec.submodule_search_locations else None
        if path is None or not path.is_file():
            raise ExtraMissing("the demonstration's portraits: pip install 'visavis[demo]'")
        return path

    def photo(self) -> bytes:
        """The picture as it would be uploaded: JPEG bytes of head and shoulders."""
        out = BytesIO()
        self._head().save(out, format="JPEG", quality=92)
        return out.getvalue()

    def _head(self) -> Image.Image:
        with Image.open(self.file()) as picture:
            return picture.convert("RGB").crop(self.value[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Who is in view for how long."""

    people: tuple[Portrait, ...]
    seconds: float


SCENES = (
    Scene(people=(), seconds=1.0),
    Scene(people=(Portrait.HOPPER,), seconds=4.0),
    Scene(people=(), seconds=1.5),
    Scene(people=(Portrait.COLLINS,), seconds=4.0),
    Scene(people=(), seconds=1.5),
    Scene(people=(Portrait.HOPPER, Portrait.COLLINS), seconds=4.0),
)


def walk_by(
    rng: np.random.Generator, *, source: str, starts_at: datetime, fps: float = 5.0, scenes: tuple[Scene, ...] = SCENES
) -> Iterator[tuple[Frame, Scene]]:
    """Endless frames, 640 x 480 RGB, in which the scenes come round again and again, and the scene of each.

    People stand in lanes from left to right in the order of the scene.

    A person comes closer while crossing the picture; light flickers by some 10 % and the sensor has noise.
    """
    heads = {portrait: portrait._head() for scene in scenes for portrait in scene.people}  # noqa: SLF001 - same module
    wall = np.linspace(90, 150, WIDTH, dtype=np.float32)[None, :, None] + np.zeros((HEIGHT, 1, 3), np.float32)
    at, step = starts_at, timedelta(seconds=1 / fps)
    while True:
        for scene in scenes:
            count = max(1, round(scene.seconds * fps))
            for k in range(count):
                picture = wall.copy()
                for place, portrait in enumerate(scene.people):
                    _step_into(picture, heads[portrait], progress=k / count, place=place, of=len(scene.people))
                yield Frame(pixels=_expose(picture, rng), source=source, captured_at=at), scene
                at += step


def _step_into(picture: NDArray[np.float32], head: Image.Image, *, progress: float, place: int, of: int) -> None:
    size = round(HEIGHT * (0.62 + 0.2 * progress) / (1 if of == 1 else 1.1))
    person = np.asarray(head.resize((round(size * head.width / head.height), size)), dtype=np.float32)
    lane = WIDTH / of
    centre = lane * (place + 0.5) + (progress - 0.5) * lane * 0.3
    left = int(np.clip(centre - person.shape[1] / 2, 0, WIDTH - person.shape[1]))
    picture[HEIGHT - size :, left : left + person.shape[1]] = person


def _expose(picture: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.uint8]:
    light = 1.0 + 0.1 * rng.standard_normal()
    noise = 3.0 * rng.standard_normal(picture.shape, dtype=np.float32)
    taken: NDArray[np.uint8] = np.clip(picture * np.clip(light, 0.8, 1.2) + noise, 0, 255).astype(np.uint8)
    return taken
