"""A policy is a chooser over a model, within what the scenario lets it explore."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import numpy as np

from visavis.recommend.policy import Beliefs, Chooser, Floats
from visavis.recommend.safety import Safety, capped
from visavis.recommend.shared import Model
from visavis.types import PolicyName, PolicySnapshot, Profile


class Learned:
    """Implements `policy.Policy`."""

    def __init__(self, *, name: PolicyName, scenario: str, chooser: Chooser, model: Model, safety: Safety) -> None:
        self.name = name
        self.version = 0
        self.model_version = model.version
        self._scenario = scenario
        self._chooser = chooser
        self._model = model
        self._safety = safety

    def person(self, profile: Profile | None, *, position: int = 0) -> tuple[float, ...]:
        """What the policy sees of a member, and of the place in the slate; None is nobody in particular."""
        return self._model.person(profile, position=position)

    def beliefs(self, person: tuple[float, ...], item_ids: list[str]) -> Beliefs:
        """What it expects of each candidate, and how much it may explore now."""
        return replace(self._model.beliefs(person, item_ids), cap=self._safety.cap)

    def probabilities(self, beliefs: Beliefs) -> Floats:
        """Those of the chooser, within the cap."""
        return capped(self._chooser.probabilities(beliefs), beliefs)

    def update(
        self, person: tuple[float, ...], item_id: str, reward: float, *, first: bool, propensity: float = 1.0
    ) -> None:
        """Learn from one outcome."""
        self._model.update(person, item_id, reward, first=first)
        self._safety.observe(item_id, reward, first=first, propensity=propensity)
        self.version += 1

    def snapshot(self, at: datetime, *, position: int) -> PolicySnapshot:
        """All that was learned, and the place in the outcome log up to which."""
        return PolicySnapshot(
            policy=self.name,
            scenario=self._scenario,
            version=self.version,
            state={**self._model.state(), **self._safety.state(), "position": np.array([position], dtype=np.float64)},
            made_at=at,
        )

    def restore(self, state: Mapping[str, Floats], version: int) -> None:
        """What was learned, unless the features have changed since; the count goes on."""
        self._model.restore(state)
        self._safety.restore(state)
        self.version = version
