"""A calibration run: which comparison score do strangers reach how often?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from visavis.errors import ImageRefused, InputRefused
from visavis.identity.threshold import SUPPORT, Threshold, calibrate
from visavis.perception.decode import decode_image
from visavis.perception.observe import Observer
from visavis.types import Frame

RATES = (0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001, 0.00003, 0.00001)
PICTURES = (".jpg", ".jpeg", ".png", ".webp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What a run found; every rate that enough pairs stand behind."""

    people: int
    pairs: int
    without_face: tuple[str, ...]  # files in which no face was found
    thresholds: tuple[Threshold, ...]


def calibrate_folder(
    folder: Path, observer: Observer, *, now: datetime, progress: Callable[[str, float], None]
) -> Calibration:
    """Compare the first picture of each person with that of every other.

    Args:
        folder: One folder a person, pictures in it.
        observer: The pack that is calibrated.
        now: Stamped on the frames.
        progress: Told of the share of people done.

    Raises:
        InputRefused: Too few people, or not such a folder.
    """
    people = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    if len(people) < 2:
        raise InputRefused(f"{folder}: one folder a person is needed, at least two")
    vectors, without = [], []
    for number, person in enumerate(people):
        picture = next((p for p in sorted(person.iterdir()) if p.suffix.lower() in PICTURES), None)
        if picture is None:
            continue
        vector = _embed(picture, observer, now)
        if vector is None:
            without.append(str(picture.relative_to(folder)))
        else:
            vectors.append(vector)
        progress("comparing people", (number + 1) / len(people))
    return _thresholds(np.stack(vectors) if vectors else np.empty((0, 1), np.float32), without)


def _embed(picture: Path, observer: Observer, now: datetime) -> np.ndarray | None:
    try:
        frame = Frame(pixels=decode_image(picture.read_bytes()), source="calibration", captured_at=now)
    except ImageRefused as error:
        raise InputRefused(f"{picture}: {error.detail}") from None
    faces = observer.observe(frame)
    return observer.embed(frame, faces[:1])[0].vector if faces else None


def _thresholds(vectors: np.ndarray, without: Sequence[str]) -> Calibration:
    scores = (vectors @ vectors.T)[np.triu_indices(len(vectors), 1)].astype(np.float64)
    measured = [rate for rate in RATES if rate * len(scores) >= SUPPORT]
    if not measured:
        raise InputRefused(f"calibration: {len(vectors)} people give {len(scores)} pairs; 30 people are the least")
    evidence = f"{len(vectors)} people, first picture of each: visavis packs calibrate"
    return Calibration(
        people=len(vectors),
        pairs=len(scores),
        without_face=tuple(without),
        thresholds=tuple(calibrate(scores, rate, evidence=evidence) for rate in measured),
    )
