"""Photographs of 500 people: nobody is missed, and people are told apart."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from visavis.perception.decode import decode_image
from visavis.perception.observe import Observer
from visavis.types import Face, Frame

FACES = Path(__file__).parents[4] / "shared" / "data" / "faces"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not FACES.is_dir(), reason="the public test data do not lie beside the checkout"),
]


def frame(path: Path) -> Frame:
    return Frame(pixels=decode_image(path.read_bytes()), source="photo", captured_at=NOW)


def central(faces: tuple[Face, ...]) -> Face:
    """The person whom the photograph is of."""
    return min(faces, key=lambda face: float(np.linalg.norm(face.landmarks.mean(axis=0) - 125)))


def test_no_face_is_missed(observer: Observer) -> None:
    """60 photographs, one of each person: a usable face in the middle of each."""
    people = sorted(path for path in FACES.iterdir() if path.is_dir())[::8][:60]
    assert len(people) == 60
    for person in people:
        face = central(observer.observe(frame(min(person.iterdir()))))
        assert face.quality.usable
        assert np.linalg.norm(face.landmarks.mean(axis=0) - 125) < 30


def test_people_are_told_apart(observer: Observer, pack: object) -> None:
    """40 people with two photographs: most pairs of one person lie above the threshold, hardly any pair of two does."""
    people = [sorted(path.iterdir())[:2] for path in sorted(FACES.iterdir()) if len(list(path.iterdir())) >= 2][:40]
    assert len(people) == 40
    pictures = [frame(path) for pair in people for path in pair]
    vectors = np.stack([observer.embed(one, (central(observer.observe(one)),))[0].vector for one in pictures])
    scores = vectors[::2] @ vectors[1::2].T
    rows = (p for p in pack.manifest.calibration if (p.templates, p.shots) == (1, 1))
    (threshold,) = (row.threshold for row in rows if row.false_match_rate == 0.001)
    assert (np.diag(scores) > threshold).mean() >= 0.8
    assert (scores[~np.eye(40, dtype=bool)] > threshold).mean() <= 0.01
