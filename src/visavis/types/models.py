"""A trained model as it is kept: files, what is known of it, and whether it serves."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from visavis.types.checks import aware

FILE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
LONGEST_WHY = 500


class ModelKind(StrEnum):
    """What a model is for."""

    BEHAVIOUR = "behaviour"  # events -> profile
    RECOMMEND = "recommend"  # profile -> candidates
    POLICY = "policy"  # candidates -> choice


class ModelState(StrEnum):
    """Whether a model serves."""

    SHADOW = "shadow"  # new: nothing that it says is shown to anybody
    LIVE = "live"  # serves; of each kind and scenario at most one
    RETIRED = "retired"  # served once, and may again
    REFUSED = "refused"  # did not pass the gate, and never will


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """A model in memory. Its files are ONNX, npz without pickle, JSON or Markdown."""

    kind: ModelKind
    scenario: str
    version: int = 0  # 0: not saved yet, the registry gives the next one
    files: Mapping[str, bytes] = field(repr=False)
    meta: Mapping[str, Any] = field(repr=False)  # figures, data, seed, limits: plain JSON, about nobody in particular
    made_at: datetime

    def __post_init__(self) -> None:
        aware("made_at", self.made_at)
        if self.version < 0 or not self.files:
            raise ValueError(f"version {self.version} with {len(self.files)} files: at least one, and no less than 0")
        for name in self.files:
            if not FILE_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name of a file: lower-case letters, digits, dots and dashes")


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedArtefact:
    """The same as it rests."""

    kind: ModelKind
    scenario: str
    version: int
    manifest: str = field(repr=False)  # JWS: what it is, what is known of it, and the SHA-256 of each file
    wrapped_key: bytes = field(repr=False)
    files: Mapping[str, bytes] = field(repr=False, default_factory=dict)  # nonce and ciphertext; empty where not asked


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChange:
    """A step in a model's life."""

    state: ModelState
    why: str
    at: datetime

    def __post_init__(self) -> None:
        aware("at", self.at)
        if not self.why.strip() or len(self.why) > LONGEST_WHY:
            raise ValueError(f"a change has a reason of 1 to {LONGEST_WHY} characters, not {len(self.why)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptModel:
    """A model in the store, without its files."""

    sealed: SealedArtefact
    changes: tuple[ModelChange, ...]  # oldest first; the last is its state


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """A model in the registry's list."""

    kind: ModelKind
    scenario: str
    version: int
    meta: Mapping[str, Any] = field(repr=False)  # empty where it is damaged
    sizes: Mapping[str, int]  # file -> bytes
    made_at: datetime | None
    changes: tuple[ModelChange, ...]
    damaged: str = ""  # what is wrong with its signature

    @property
    def state(self) -> ModelState:
        """Where it stands now."""
        return self.changes[-1].state
