"""SquareCB over online ridge regression (Foster and Rakhlin, 2020, algorithm 1)."""

from datetime import datetime
from typing import Self

import numpy as np
from numpy.typing import NDArray

from visavis.recommend.features import Features
from visavis.recommend.ridge import Ridge
from visavis.types import PolicySnapshot, Scenario


class SquareCB:
    """Explores in proportion to how little is lost by it, with probabilities in closed form."""

    name = "squarecb"

    def __init__(self, scenario: Scenario) -> None:
        self.version = 0
        self._scenario = scenario
        self._features = Features(scenario=scenario)
        self._gamma = scenario.exploration
        self._ridge = Ridge(self._features.size)

    def estimates(self, person: tuple[float, ...], item_ids: list[str]) -> NDArray[np.float64]:
        """Reward expected of each candidate, (K,)."""
        return self._ridge.predict(self._features.joint(person, item_ids))

    def probabilities(self, estimates: NDArray[np.float64]) -> NDArray[np.float64]:
        """p(a) = 1 / (K + gamma (best - estimate(a))) for all but the best, which takes the rest."""
        best = int(np.argmax(estimates))
        p: NDArray[np.float64] = 1.0 / (len(estimates) + self._gamma * (estimates[best] - estimates))
        p[best] = 0.0
        p[best] = 1.0 - p.sum()
        return p

    def update(self, person: tuple[float, ...], item_id: str, reward: float, *, first: bool) -> None:
        """Learn from one outcome."""
        (x,) = self._features.joint(person, [item_id])
        if first:
            self._ridge.observe(x, reward)
        else:
            self._ridge.credit(x, reward)
        self.version += 1

    def snapshot(self, at: datetime, *, position: int) -> PolicySnapshot:
        """All that was learned, and the place in the outcome log up to which."""
        return PolicySnapshot(
            policy=self.name,
            scenario=self._scenario.name,
            version=self.version,
            state={
                "inverse": self._ridge.inverse.copy(),
                "moment": self._ridge.moment.copy(),
                "position": np.array([position], dtype=np.float64),
            },
            made_at=at,
        )

    @classmethod
    def restore(cls, snapshot: PolicySnapshot, scenario: Scenario) -> Self:
        """The policy of a snapshot; a fresh one when the scenario's features have changed since."""
        policy = cls(scenario)
        moment = snapshot.state["moment"]
        if moment.shape == (policy._features.size,):
            policy._ridge = Ridge.restored(snapshot.state["inverse"], moment)
        policy.version = snapshot.version
        return policy
