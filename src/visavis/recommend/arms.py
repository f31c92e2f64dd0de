"""One linear model for each choice: for choices that share nothing, such as the classes of somebody's table."""

import math
from collections.abc import Mapping

import numpy as np

from visavis.errors import ContextInvalid
from visavis.recommend.bayes import FIRST_NOISE, BayesianLinear
from visavis.recommend.policy import Beliefs, Floats

# Chosen on other data than any that figures are given for: docs/how-to/evaluate-policies.md.
PRIOR = 0.25  # precision for each feature, where features have mean 0 and variance 1: the longer a context, the more
MEMORY = 20  # rows for each feature; what is older fades


class Arms:
    """K models over the same context, in one piece of memory, so that deciding is one product of matrices."""

    def __init__(self, arms: int, size: int, *, prior: float | None = None, keep: float | None = None) -> None:
        self._matrices: Floats = np.empty((arms, size, size))
        self._flat = self._matrices.reshape(arms * size, size)  # the same memory
        self._weights: Floats = np.empty((arms, size))
        self._spreads: Floats = np.empty(arms * size)
        precision = PRIOR * size if prior is None else prior
        self._keep = 1.0 - 1.0 / (MEMORY * size) if keep is None else keep
        self._models = [
            BayesianLinear(size, prior=precision, keep=self._keep, matrix=matrix, weights=weights)
            for matrix, weights in zip(self._matrices, self._weights, strict=True)
        ]
        self._scales = np.ones(arms)
        self._errors, self._weight = FIRST_NOISE, 1.0  # of all: a choice that always failed would seem sure of itself

    def beliefs(self, x: Floats) -> Beliefs:
        """Mean and width of each choice in this context, (size,); raises ContextInvalid when a number is not finite."""
        if not math.isfinite(float(x @ x)):
            raise ContextInvalid("a feature of the context")
        mean = self._weights @ x
        np.dot(self._flat, x, out=self._spreads)
        variance = self._spreads.reshape(self._weights.shape) @ x
        variance *= (self._errors / self._weight) * self._scales
        return Beliefs(mean, np.sqrt(np.maximum(variance, 0.0)))

    def update(self, x: Floats, arm: int, reward: float, *, first: bool = True) -> None:
        """Learn from one outcome; see `Policy.update`."""
        model = self._models[arm]
        if first:
            self._errors = self._keep * self._errors + model.observe(x, reward)
            self._weight = self._keep * self._weight + 1.0
            self._scales[arm] = model.scale
        else:
            model.credit(x, reward)

    def state(self) -> Mapping[str, Floats]:
        """All that was learned."""
        states = [model.state() for model in self._models]
        stacked = {name: np.stack([state[name] for state in states]) for name in states[0]}
        return stacked | {"noise": np.array([self._errors, self._weight])}

    def restore(self, state: Mapping[str, Floats]) -> None:
        """As it was; each choice anew when there were others, or another context."""
        if state["matrix"].shape == self._matrices.shape:
            for arm, model in enumerate(self._models):
                model.restored({name: state[name][arm] for name in ("matrix", "weights", "numbers")})
                self._scales[arm] = model.scale
            self._errors, self._weight = map(float, state["noise"])
