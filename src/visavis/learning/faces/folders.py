"""People in folders: one folder a person, photographs in it. Everything read stays in memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.errors import ImageRefused, InputRefused
from visavis.perception.decode import MAX_BYTES, decode_image
from visavis.perception.observe import Observer
from visavis.types import Face, Frame

PICTURES = (".jpg", ".jpeg", ".png", ".webp")

Progress = Callable[[str, float], None]
"""Called with the name of a step and the share of it that is done, from 0 to 1."""


class Whose(StrEnum):
    """Whose face is meant where a photograph shows several."""

    CENTRAL = "central"  # nearest to the middle: photographs cut around their person, as LFW's are
    LARGEST = "largest"  # photographs from arm's length


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Photographs by person; people are numbered from 0 in the order of their folders' names."""

    root: Path
    pictures: tuple[Path, ...]
    labels: NDArray[np.int64] = field(repr=False)  # (pictures,)
    count: int

    def __len__(self) -> int:
        return len(self.pictures)


def read_people(root: Path, *, least: int = 1) -> People:
    """List the photographs of everybody who has at least `least` of them; nothing is opened.

    Raises:
        InputRefused: fewer than two people.
    """
    folders = sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    listed = [tuple(sorted(p for p in person.iterdir() if p.suffix.lower() in PICTURES)) for person in folders]
    kept = [pictures for pictures in listed if len(pictures) >= max(1, least)]
    if len(kept) < 2:
        raise InputRefused(
            f"{root}: at least two people are needed, in one folder each with {least} pictures; found {len(kept)}"
        )
    return People(
        root=root,
        pictures=tuple(path for pictures in kept for path in pictures),
        labels=np.repeat(np.arange(len(kept)), [len(pictures) for pictures in kept]),
        count=len(kept),
    )


def frames(people: People, *, now: datetime) -> Iterator[Frame]:
    """Every photograph, decoded, in order.

    Raises:
        InputRefused: names the file that cannot be read.
    """
    for path in people.pictures:
        try:
            with path.open("rb") as file:
                pixels = decode_image(file.read(MAX_BYTES + 1))
        except (ImageRefused, OSError) as failure:
            reason = failure.detail if isinstance(failure, ImageRefused) else failure.strerror
            raise InputRefused(f"{path}: {reason}") from failure
        yield Frame(pixels=pixels, source="folder", captured_at=now)


def face_of(frame: Frame, faces: Sequence[Face], whose: Whose) -> Face | None:
    """The face that is meant; None where there is none.

    Args:
        frame: the photograph.
        faces: its faces, largest first.
        whose: which of several.
    """
    if not faces:
        return None
    match whose:
        case Whose.LARGEST:
            return faces[0]
        case Whose.CENTRAL:
            height, width = frame.pixels.shape[:2]
            middle = np.array([width, height]) / 2
            return min(faces, key=lambda face: float(np.linalg.norm(face.landmarks.mean(axis=0) - middle)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Embedded:
    """The embeddings of photographs, in their order."""

    vectors: NDArray[np.float32] = field(repr=False)  # (photographs, D), length 1; 0 where no face was found
    found: NDArray[np.bool_]  # (photographs,)


def embed_people(people: People, observer: Observer, *, whose: Whose, now: datetime, progress: Progress) -> Embedded:
    """Find the face that is meant on each photograph and embed it.

    Raises:
        InputRefused: a photograph cannot be read, or there is a face on none.
    """
    vectors: list[NDArray[np.float32] | None] = []
    for frame in frames(people, now=now):
        face = face_of(frame, observer.observe(frame), whose)
        vectors.append(None if face is None else observer.embed(frame, (face,))[0].vector)
        progress("reading the photographs", len(vectors) / len(people))
    known = next((vector for vector in vectors if vector is not None), None)
    if known is None:
        raise InputRefused(f"{people.root}: no face was found on any photograph")
    return Embedded(
        vectors=np.stack([np.zeros_like(known) if vector is None else vector for vector in vectors]),
        found=np.array([vector is not None for vector in vectors]),
    )
