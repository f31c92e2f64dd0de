"""What every policy can do. A policy never sees what it may not choose."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from visavis.types import PolicyName, PolicySnapshot, Profile

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Beliefs:
    """What is expected of each candidate, and how sure that is: all that a choice rests on."""

    mean: Floats  # (K,) reward expected
    width: Floats  # (K,) standard deviation of that; zeros where the chooser asks for none
    cap: float = 1.0  # largest share that the others than the best may have together

    def of(self, kept: NDArray[np.intp]) -> Self:
        """Of some of the candidates."""
        return type(self)(self.mean[kept], self.width[kept], self.cap)


class Chooser(Protocol):
    """How a policy weighs what it knows against what it could learn: the arithmetic alone, without memory."""

    def probabilities(self, beliefs: Beliefs) -> Floats:
        """Exact probability of each candidate, (K,), summing to 1; a pure function of the beliefs.

        All are positive as long as the cap is.
        """
        ...


class Policy(Chooser, Protocol):
    """Chooses among candidates with known probabilities, and learns from rewards."""

    name: PolicyName
    version: int  # number of updates learned from
    model_version: str  # of the features

    def person(self, profile: Profile | None, *, position: int = 0) -> tuple[float, ...]:
        """What the policy sees of a member, and of the place in the slate; None is nobody in particular."""
        ...

    def beliefs(self, person: tuple[float, ...], item_ids: list[str]) -> Beliefs:
        """What it expects of each candidate; raises ContextInvalid when a number is not finite."""
        ...

    def update(
        self, person: tuple[float, ...], item_id: str, reward: float, *, first: bool, propensity: float = 1.0
    ) -> None:
        """Learn from one outcome.

        Args:
            person: As it was when the item was chosen.
            item_id: What was chosen.
            reward: What came of it, or what it came to since the last time.
            first: False when the decision's context was learned before: the reward adds to that.
            propensity: Probability with which the item was chosen.
        """
        ...

    def snapshot(self, at: datetime, *, position: int) -> PolicySnapshot:
        """All that was learned, and the place in the outcome log up to which."""
        ...


def pick(probabilities: Floats, draw: float) -> int:
    """The candidate on which one uniform number in [0, 1) falls."""
    edges = np.cumsum(probabilities)
    return int(min(np.searchsorted(edges, draw * edges[-1], side="right"), len(probabilities) - 1))
