"""What one reading of the live board holds, and where it comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from visavis.storage.board import Answered, RewardPoint
from visavis.types import Scenario

STAGES = ("frames", "faces", "recognised", "decided", "shown", "reacted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that the operator has to do; a text of `texts` with its values."""

    key: str
    values: Mapping[str, str] = field(default_factory=dict)
    urgent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Counts since the server started, the curve, the last decisions; nothing about anybody."""

    frames: int
    faces: int
    recognised: int
    decided: int
    shown: int
    reacted: int
    curve: Sequence[RewardPoint]
    recent: Sequence[Answered]
    notes: Sequence["Note"] = ()

    def counts(self) -> tuple[tuple[str, int], ...]:
        """Stage and count, in the order of the funnel."""
        return tuple((stage, int(getattr(self, stage))) for stage in STAGES)


class BoardSource(Protocol):
    """One site's board."""

    site: str
    scenario: Scenario
    pages: dict[str, str]
    faces: str  # "on", or the code of why not
    faces_detail: str

    async def read(self) -> Board:
        """One reading; raises StorageError."""
        ...
