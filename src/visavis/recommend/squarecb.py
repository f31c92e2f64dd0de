"""SquareCB (Foster and Rakhlin, 2020, algorithm 1)."""

from dataclasses import dataclass

import numpy as np

from visavis.recommend.policy import Beliefs, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class SquareCB:
    """Explores in proportion to how little is lost by it, with probabilities in closed form."""

    gamma: float  # larger explores less

    def probabilities(self, beliefs: Beliefs) -> Floats:
        """p(a) = 1 / (K + gamma (best - mean(a))) for all but the best, which takes the rest."""
        mean = beliefs.mean
        best = int(np.argmax(mean))
        p: Floats = 1.0 / (len(mean) + self.gamma * (mean[best] - mean))
        p[best] = 0.0
        p[best] = 1.0 - p.sum()
        return p
