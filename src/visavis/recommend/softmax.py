"""Boltzmann exploration (Sutton and Barto, 2018, 2.8)."""

from dataclasses import dataclass

import numpy as np

from visavis.recommend.greedy import FLOOR
from visavis.recommend.policy import Beliefs, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Softmax:
    """The better the likelier, smoothly."""

    sharpness: float  # inverse temperature; larger explores less
    floor: float = FLOOR

    def probabilities(self, beliefs: Beliefs) -> Floats:
        """p(a) = exp(sharpness mean(a)) / sum, mixed with the floor."""
        p: Floats = np.exp(self.sharpness * (beliefs.mean - beliefs.mean.max()))
        p *= (1.0 - self.floor) / p.sum()
        p += self.floor / len(p)
        return p
