"""What one reading of the recognition page holds, and where it comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from visavis.pipeline.watch import CameraState
from visavis.types import Monitor, Review


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A monitor and how it is doing."""

    monitor: Monitor
    address: str  # scheme and host
    state: CameraState | None  # None: off, or another process watches it
    trouble: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A match that waits for staff, by a pseudonym."""

    review: Review
    member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """Cameras, what waits, the model with its gallery, and how sure it is; nothing about anybody."""

    monitors: Sequence[Watched]
    mode: str
    waiting: Sequence[Waiting]
    pack: str  # name and version
    model: str
    licences: Sequence[str]
    members: int
    by_face: int
    templates: int
    other_models: Mapping[str, int]
    score: float
    false_positive_rate: float
    false_match_rate: float
    impostor_pairs: int
    evidence: str


class RecognitionSource(Protocol):
    """One site's edge, for staff."""

    placements: Mapping[str, Mapping[str, str]]  # id -> name in each language

    async def read(self, *, by: str) -> Recognition:
        """One reading; raises StorageError."""
        ...

    async def answer(self, review_id: str, *, confirm: bool, by: str) -> None:
        """What staff says of a match; raises ReviewUnknown."""
        ...

    async def add(self, *, name: str, address: str, placement: str, by: str) -> None:
        """Watch one more camera; raises CameraRefused."""
        ...

    async def switch(self, name: str, *, on: bool, by: str) -> None:
        """Raises CameraUnknown."""
        ...

    async def remove(self, name: str, *, by: str) -> None:
        """Raises CameraUnknown."""
        ...
