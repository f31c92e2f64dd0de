"""What every policy can do. A policy never sees what it may not choose."""

from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.types import PolicySnapshot


class Policy(Protocol):
    """Chooses among candidates with known probabilities, and learns from rewards."""

    name: str
    version: int  # number of updates learned from

    def estimates(self, person: tuple[float, ...], item_ids: list[str]) -> NDArray[np.float64]:
        """Reward expected of each candidate, (K,)."""
        ...

    def probabilities(self, estimates: NDArray[np.float64]) -> NDArray[np.float64]:
        """Exact probability of each candidate, (K,), all positive, summing to 1; a pure function of the estimates."""
        ...

    def update(self, person: tuple[float, ...], item_id: str, reward: float, *, first: bool) -> None:
        """Learn from one outcome; `first` is False when the decision's context was learned before."""
        ...

    def snapshot(self, at: datetime, *, position: int) -> PolicySnapshot:
        """All that was learned, and the place in the outcome log up to which."""
        ...


def pick(probabilities: NDArray[np.float64], draw: float) -> int:
    """The candidate on which one uniform number in [0, 1) falls."""
    edges = np.cumsum(probabilities)
    return int(min(np.searchsorted(edges, draw * edges[-1], side="right"), len(probabilities) - 1))
