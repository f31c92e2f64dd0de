"""The policy that knows nothing: the baseline of every report."""

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from visavis.types import PolicySnapshot, Scenario


class Uniform:
    """Every candidate alike."""

    name = "uniform"

    def __init__(self, scenario: Scenario) -> None:
        self.version = 0
        self._scenario = scenario

    def estimates(self, person: tuple[float, ...], item_ids: list[str]) -> NDArray[np.float64]:
        """Zeros: nothing is expected of anything."""
        del person
        return np.zeros(len(item_ids))

    def probabilities(self, estimates: NDArray[np.float64]) -> NDArray[np.float64]:
        """1 / K each."""
        return np.full(len(estimates), 1.0 / len(estimates))

    def update(self, person: tuple[float, ...], item_id: str, reward: float, *, first: bool) -> None:
        """Count, and learn nothing."""
        del person, item_id, reward, first
        self.version += 1

    def snapshot(self, at: datetime, *, position: int) -> PolicySnapshot:
        """Only the place in the outcome log."""
        return PolicySnapshot(
            policy=self.name,
            scenario=self._scenario.name,
            version=self.version,
            state={"position": np.array([position], dtype=np.float64)},
            made_at=at,
        )
