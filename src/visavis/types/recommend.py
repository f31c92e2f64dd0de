"""What was chosen, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from visavis.types.checks import aware, unit_interval
from visavis.types.names import Token


class PolicyName(StrEnum):
    """How a scenario weighs what it knows against what it could learn; `recommend.policies` builds each."""

    SQUARECB = "squarecb"
    THOMPSON = "thompson"
    LINUCB = "linucb"
    EPSILON_GREEDY = "epsilon-greedy"
    SOFTMAX = "softmax"
    UNIFORM = "uniform"
    GREEDY = "greedy"
    NEURAL_LINEAR = "neural-linear"
    HORIZON = "horizon"  # sees further than one reward; trained from the log


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An item that may be shown here and now."""

    item_id: str
    campaign_id: str
    score: float = 0.0  # of retrieval; orders candidates before the policy looks at them


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One answer to "why this?": a code that pages translate, with its parameters."""

    code: str  # likes_category, popular_here, trying_something_new, bought_before, not_personalised
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was chosen, out of what, how likely, and why: enough to replay it."""

    id: str
    site: str
    scenario: str
    placement: str
    token: Token | None  # None: decided for nobody in particular
    sighting_id: str | None
    receipt_id: str | None  # the consent to personalise; None only without a token
    item_id: str
    campaign_id: str
    candidates: tuple[Candidate, ...]
    probabilities: tuple[float, ...]  # of each candidate, in order; sum to 1
    estimates: tuple[float, ...]  # reward that the policy expected of each candidate, in order
    policy: str
    policy_version: int  # number of updates the policy had learned from
    model_version: str  # of the features
    features: tuple[float, ...]  # the profile as the policy saw it
    draw: float  # the uniform number in [0, 1) that picked the item
    reasons: tuple[Reason, ...]
    decided_at: datetime
    teaches: bool = True  # False: a face led to it, and the law of the place lets no model learn from that
    widths: tuple[float, ...] = ()  # standard deviation of each estimate, in order; empty where the policy uses none
    cap: float = 1.0  # largest share that the others than the best might have; see `recommend.safety`
    slate: str | None = None  # decisions shown together share one; each has the candidates that the ones before left
    position: int = 0  # in the slate, 0 is seen first

    def __post_init__(self) -> None:
        aware("decided_at", self.decided_at)
        if len(self.candidates) != len(self.probabilities) or not self.candidates:
            raise ValueError(f"{len(self.candidates)} candidates with {len(self.probabilities)} probabilities")
        if len(self.estimates) != len(self.candidates):
            raise ValueError(f"{len(self.candidates)} candidates with {len(self.estimates)} estimates")
        if self.widths and len(self.widths) != len(self.candidates):
            raise ValueError(f"{len(self.candidates)} candidates with {len(self.widths)} widths")
        unit_interval("cap", self.cap)
        if self.position < 0:
            raise ValueError(f"position {self.position}")
        if abs(sum(self.probabilities) - 1.0) > 1e-9:
            raise ValueError(f"probabilities sum to {sum(self.probabilities)}")
        if self.item_id not in {c.item_id for c in self.candidates}:
            raise ValueError(f"{self.item_id} is not among the candidates")
        if self.token is not None and self.receipt_id is None:
            raise ValueError("a personal decision names its consent receipt")

    @property
    def propensity(self) -> float:
        """Probability with which the shown item was chosen."""
        return next(p for c, p in zip(self.candidates, self.probabilities, strict=True) if c.item_id == self.item_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A decision together with all that came of it."""

    decision: Decision
    reward: float  # sum over its outcomes: that of its strongest reaction


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySnapshot:
    """What a policy has learned after `version` updates; readers swap it whole."""

    policy: str
    scenario: str
    version: int
    state: Mapping[str, NDArray[np.float64]] = field(repr=False)
    made_at: datetime
