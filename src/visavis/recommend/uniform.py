"""The policy that knows nothing: the baseline of every report."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from visavis.recommend.features import Features, checked
from visavis.recommend.policy import Beliefs, Floats
from visavis.types import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Uniform:
    """Every candidate alike."""

    def probabilities(self, beliefs: Beliefs) -> Floats:
        """1 / K each."""
        return np.full(len(beliefs.mean), 1.0 / len(beliefs.mean))


class Ignorant:
    """Implements `shared.Model`: nothing is expected of anything."""

    def __init__(self, features: Features) -> None:
        self.version = features.version
        self._features = features

    def person(self, profile: Profile | None, *, position: int = 0) -> tuple[float, ...]:
        """See `Features.person`: for the log, and for who learns from it."""
        return self._features.person(profile, position=position)

    def beliefs(self, person: tuple[float, ...], item_ids: list[str]) -> Beliefs:
        """Zeros."""
        checked(person)
        return Beliefs(np.zeros(len(item_ids)), np.zeros(len(item_ids)))

    def update(self, person: tuple[float, ...], item_id: str, reward: float, *, first: bool) -> None:
        """Nothing is learned."""
        del item_id, first
        checked((*person, reward))

    def state(self) -> Mapping[str, Floats]:
        """Nothing."""
        return {}

    def restore(self, state: Mapping[str, Floats]) -> None:
        """Nothing."""
