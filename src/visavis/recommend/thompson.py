"""Linear Thompson sampling: each candidate as often as it may be the best (Agrawal and Goyal, 2013)."""

from dataclasses import dataclass

import numpy as np

from visavis.recommend.greedy import FLOOR
from visavis.recommend.policy import Beliefs, Floats

THOMPSON_WIDTHS = 0.5
CELLS = 48
REACH = 4.0  # standard deviations on either side
LEAST_WIDTH = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Thompson:
    """Each candidate's reward is drawn from its own posterior, and the highest is chosen.

    The drawing is integrated out: the probability that a candidate's draw is the highest of all is computed, and the
    candidate is then picked with exactly that probability. Thus what is logged is what was done.
    """

    widths: float = THOMPSON_WIDTHS  # by which the posterior's standard deviations are multiplied
    floor: float = FLOOR

    def probabilities(self, beliefs: Beliefs) -> Floats:
        """p(a) = integral of density(a) * product of the others' distribution functions, mixed with the floor."""
        p = chances(beliefs.mean, self.widths * beliefs.width)
        p *= (1.0 - self.floor) / p.sum()
        p += self.floor / len(p)
        return p


def chances(mean: Floats, width: Floats) -> Floats:
    """Chance that each of K independent normal draws is the highest, (K,), up to a factor near 1.

    The line is cut where the highest can be; in each cell: mass of a's draw * chance that all others are below its
    middle. That stays right for a width much smaller than a cell, which a density at points would miss.
    """
    width = np.maximum(width, LEAST_WIDTH)
    low, high = float((mean - REACH * width).max()), float((mean + REACH * width).max())
    edges = np.linspace(low, high, CELLS + 1)
    below = distribution((edges[:, None] - mean) / width)  # (cells + 1, K)
    below[0], below[-1] = 0.0, 1.0
    mass = below[1:] - below[:-1]
    middle = 0.5 * (below[1:] + below[:-1])
    middle += 1e-300  # the quotient below
    all_below = middle.prod(axis=1)
    p: Floats = (mass / middle * all_below[:, None]).sum(axis=0)
    p += 1e-300
    return p


def distribution(z: Floats) -> Floats:
    """Normal distribution function within 1.8e-4 (Page, 1977): 1 / (1 + exp(-1.5976 z - 0.070566 z^3))."""
    z = np.clip(z, -8.0, 8.0)
    below: Floats = 1.0 / (1.0 + np.exp(z * (-1.5976 - 0.070566 * z * z)))
    return below
