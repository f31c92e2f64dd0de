"""One linear model for all items: what is learned of one helps with those that are like it."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from visavis.recommend.bayes import BayesianLinear
from visavis.recommend.features import Features
from visavis.recommend.policy import Beliefs, Floats
from visavis.types import Profile

KEEP = 0.9999  # half of what is known is from the last 7,000 outcomes


class Model(Protocol):
    """What a policy knows, and how it comes to know more."""

    version: str  # of the features

    def person(self, profile: Profile | None, *, position: int = 0) -> tuple[float, ...]:
        """See `Policy.person`."""
        ...

    def beliefs(self, person: tuple[float, ...], item_ids: list[str]) -> Beliefs:
        """See `Policy.beliefs`."""
        ...

    def update(self, person: tuple[float, ...], item_id: str, reward: float, *, first: bool) -> None:
        """See `Policy.update`."""
        ...

    def state(self) -> Mapping[str, Floats]:
        """All that was learned."""
        ...

    def restore(self, state: Mapping[str, Floats]) -> None:
        """As it was; nothing when the features have changed since."""
        ...


class Shared:
    """Bayesian linear regression on the joint vector of member and item."""

    def __init__(self, features: Features, *, needs_width: bool, keep: float = KEEP) -> None:
        self.version = features.version
        self._features = features
        self._needs_width = needs_width
        self._linear = BayesianLinear(features.size, keep=keep)

    def person(self, profile: Profile | None, *, position: int = 0) -> tuple[float, ...]:
        """See `Features.person`."""
        return self._features.person(profile, position=position)

    def beliefs(self, person: tuple[float, ...], item_ids: list[str]) -> Beliefs:
        """Mean and, where the chooser asks, width of each item."""
        rows = self._features.joint(person, item_ids)
        width = self._linear.width(rows) if self._needs_width else np.zeros(len(rows))
        return Beliefs(self._linear.predict(rows), width)

    def update(self, person: tuple[float, ...], item_id: str, reward: float, *, first: bool) -> None:
        """Learn from one outcome."""
        (x,) = self._features.joint(person, [item_id])
        if first:
            self._linear.observe(x, reward)
        else:
            self._linear.credit(x, reward)

    def state(self) -> Mapping[str, Floats]:
        """All that was learned, and of which columns."""
        return {**self._linear.state(), "columns": np.array([self._features.fingerprint], dtype=np.float64)}

    def restore(self, state: Mapping[str, Floats]) -> None:
        """As it was."""
        if "columns" not in state or state["columns"][0] == self._features.fingerprint:
            self._linear.restored(state)
