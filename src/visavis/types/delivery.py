"""What was shown, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from visavis.types.checks import aware, unit_interval


class Stage(IntEnum):
    """The six stages of a play. Only what was on the glass counts."""

    PLANNED = 0
    DECIDED = 1
    DELIVERED = 2
    RENDERED = 3
    ON_GLASS = 4
    ENDED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Impression:
    """One stage of one decision on one placement. Idempotent by id."""

    id: str
    decision_id: str
    placement: str
    item_id: str
    stage: Stage
    at: datetime

    def __post_init__(self) -> None:
        aware("at", self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a decision: the reward that this reaction adds to those before it. Idempotent by id."""

    id: str
    decision_id: str
    kind: str  # the event type, or "no_reaction"
    reward: float  # increment in [0, 1]; the sum over a decision is that of its strongest reaction
    first: bool  # the decision's first outcome: the policy learns its context once
    event_id: str | None
    attributed_at: datetime

    def __post_init__(self) -> None:
        aware("attributed_at", self.attributed_at)
        unit_interval("reward", self.reward)
