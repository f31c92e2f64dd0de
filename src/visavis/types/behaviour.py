"""What a member did."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from visavis.types.checks import aware
from visavis.types.names import Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something a member did, or a screen did for them. Idempotent by id."""

    id: str
    kind: str  # one of the scenario's event types
    occurred_at: datetime
    token: Token | None = None  # None: nobody was recognised
    scenario: str = ""
    placement: str | None = None
    item_id: str | None = None
    decision_id: str | None = None
    value: float = 0.0  # amount, minutes or count, as the event type says
    dwell_s: float = 0.0  # how long they stayed with it; 0 where nobody knows

    def __post_init__(self) -> None:
        aware("occurred_at", self.occurred_at)
        if not 0.0 <= self.dwell_s < math.inf:
            raise ValueError(f"dwell_s must be at least 0 and finite, got {self.dwell_s}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """Something that people can read about a member, and the numbers that it rests on."""

    value: float | str  # a number, or the name of a band or category
    evidence: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What the member's latest event of a type said."""

    value: float
    at: datetime

    def __post_init__(self) -> None:
        aware("at", self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What the member's own events say about them."""

    token: Token
    as_of: datetime
    events: int
    last_event_at: datetime | None  # recency
    frequency_30d: float  # events in the last 30 days, decayed
    affinity: Mapping[str, float]  # category -> share of decayed interest, sums to 1 (or 0 without events)
    item_interest: Mapping[str, float] = field(default_factory=dict)  # item -> decayed interest, at least 0
    facts: Mapping[str, Fact] = field(default_factory=dict)  # event type -> latest value
    traits: Mapping[str, Trait] = field(default_factory=dict)  # recency, frequency, value, affinity and bands
    classes: Mapping[str, float] = field(default_factory=dict)  # behaviour class -> probability; empty without a model
    state: tuple[float, ...] = ()  # of the behaviour network; empty without a model
    model_version: str = ""  # of the behaviour network that gave classes and state
    exposure: Mapping[str, float] = field(default_factory=dict)  # item -> decayed times it was shown
    next_visit_days: float | None = None  # median of the network's forecast, from the last event on

    def __post_init__(self) -> None:
        aware("as_of", self.as_of)
