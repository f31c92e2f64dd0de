"""Online Bayesian linear regression: what is known is kept as a posterior and updated by one rank, never inverted.

Reward = w x + noise, w ~ N(0, noise / prior), noise unknown (normal-inverse-gamma; Bishop 2006, 3.3 and exercise 3.12).
"""

import math
from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from visavis.errors import ContextInvalid

Floats = NDArray[np.float64]

FIRST_NOISE = 0.25  # variance of a coin: what is assumed of a reward in [0, 1] before any was seen, worth one reward
LARGEST_SCALE = 1e6  # from which the scale is multiplied into the matrix


class BayesianLinear:
    """The posterior over the weights of one linear model.

    inverse = scale * matrix = (prior I + sum keep^age x x^T)^-1. With keep < 1 the past fades, and so would the prior:
    each update gives it back to one column, in turn, what it has lost since its last turn, so that no width ever
    exceeds about that of the prior. Matrix and corrections are symmetric by construction, which is why nothing is
    ever refreshed.
    """

    def __init__(
        self,
        size: int,
        *,
        prior: float = 1.0,
        keep: float = 1.0,
        matrix: Floats | None = None,
        weights: Floats | None = None,
    ) -> None:
        """Where to keep what is learned may be given: memory that others read."""
        self.matrix: Floats = np.empty((size, size)) if matrix is None else matrix
        self.weights: Floats = np.empty(size) if weights is None else weights
        self.matrix[:] = np.eye(size) / prior
        self.weights[:] = 0.0
        self.scale = 1.0
        self.seen = 0
        self.errors = FIRST_NOISE  # sum of squared errors, each over its expected part
        self.weight = 1.0  # of those
        self._prior = prior
        self._keep = keep
        self._back = prior * (1.0 - keep**size)  # what a column has lost after a round

    @property
    def noise(self) -> float:
        """Variance of a reward around what is expected."""
        return self.errors / self.weight

    def predict(self, rows: Floats) -> Floats:
        """Rewards expected, (N, size) -> (N,)."""
        estimates: Floats = rows @ self.weights
        return estimates

    def width(self, rows: Floats) -> Floats:
        """Standard deviations of those: sqrt(noise x^T inverse x), (N, size) -> (N,)."""
        spread = np.einsum("nd,nd->n", rows @ self.matrix, rows)
        widths: Floats = np.sqrt(self.noise * self.scale * np.maximum(spread, 0.0))
        return widths

    def observe(self, x: Floats, y: float) -> float:
        """One row more: (A + x x^T)^-1 = A^-1 - (A^-1 x)(A^-1 x)^T / (1 + x^T A^-1 x) (Sherman and Morrison, 1950).

        Returns:
            Squared error of what was expected, over its expected part: what the noise is the mean of.

        Raises:
            ContextInvalid: a number is not finite; nothing is learned.
        """
        if not math.isfinite(y + float(x @ x)):
            raise ContextInvalid("a feature or the reward")
        self.scale /= self._keep
        u = self.matrix @ x
        spread = 1.0 + self.scale * float(u @ x)
        error = y - float(self.weights @ x)
        self.weights += (self.scale * error / spread) * u
        u *= math.sqrt(self.scale / spread)
        self.matrix -= np.multiply.outer(u, u)
        surprise = error * error / spread
        self.errors = self._keep * self.errors + surprise
        self.weight = self._keep * self.weight + 1.0
        self.seen += 1
        if self._keep < 1.0:
            self._give_back(self.seen % len(x))
        return surprise

    def credit(self, x: Floats, y: float) -> None:
        """Add to the target of a row that was observed before."""
        if not math.isfinite(y + float(x @ x)):
            raise ContextInvalid("a feature or the reward")
        self.weights += (self.scale * y) * (self.matrix @ x)

    def _give_back(self, column: int) -> None:
        """The prior of one column, as a row of sqrt(back) there with target 0."""
        u = self.matrix[column].copy()
        gain = self._back / (1.0 + self._back * self.scale * u[column])
        self.weights -= (gain * self.scale * self.weights[column]) * u
        u *= math.sqrt(gain * self.scale)
        self.matrix -= np.multiply.outer(u, u)
        if self.scale > LARGEST_SCALE:
            self.matrix *= self.scale
            self.scale = 1.0

    def state(self) -> Mapping[str, Floats]:
        """All that was learned."""
        numbers = np.array([self.scale, self.seen, self.errors, self.weight], dtype=np.float64)
        return {"matrix": self.matrix.copy(), "weights": self.weights.copy(), "numbers": numbers}

    def restored(self, state: Mapping[str, Floats]) -> Self:
        """As it was; stays as it is when the state is that of another size."""
        if "moment" in state and len(state["moment"]) == len(self.weights):  # of a version that knew no noise
            self.matrix[:] = state["inverse"]
            self.weights[:] = self.matrix @ state["moment"]
        elif "weights" in state and len(state["weights"]) == len(self.weights):
            self.matrix[:], self.weights[:] = state["matrix"], state["weights"]
            self.scale, seen, self.errors, self.weight = map(float, state["numbers"])
            self.seen = int(seen)
        return self
