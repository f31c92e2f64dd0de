"""Estimators of a policy's mean reward from another policy's log.

Each gives one number a row; the worth is the mean of the rows' numbers, or the ratio of two means. Letters: reward r,
importance weight w = target(a|x) / propensity, reward model q(x, a), target policy's mean of it q(x, target).
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Estimator(StrEnum):
    """In the order in which they are shown."""

    IPS = "IPS"
    SNIPS = "SNIPS"
    DM = "DM"
    DR = "DR"
    SWITCH_DR = "SWITCH-DR"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """What each row says: the worth is mean(top) / mean(bottom)."""

    top: Floats  # (N,)
    bottom: Floats | None = None  # (N,); None: ones

    @property
    def value(self) -> float:
        """The estimated mean reward."""
        return float(self.top.mean() / (1.0 if self.bottom is None else self.bottom.mean()))

    @property
    def pseudo(self) -> Floats:
        """(N,) with the estimate as its mean and its spread to first order: a ratio as a mean (delta method)."""
        if self.bottom is None:
            return self.top
        value = self.value
        pseudo: Floats = value + (self.top - value * self.bottom) / self.bottom.mean()
        return pseudo


def weights(target: Floats, action: NDArray[np.int64], propensity: Floats, *, clip: float = np.inf) -> Floats:
    """Importance weights, none above `clip`.

    Args:
        target: (N, K) probability of each action under the policy that is asked about.
        action: (N,) what was chosen.
        propensity: (N,) how likely that was, in (0, 1].
        clip: largest weight.
    """
    w: Floats = np.minimum(target[np.arange(len(action)), action] / propensity, clip)  # (N,)
    return w


def ips(reward: Floats, w: Floats) -> Rows:
    """Inverse propensity scoring: mean(w r). Unbiased; its spread grows with the weights (Horvitz, Thompson, 1952)."""
    return Rows(top=w * reward)


def snips(reward: Floats, w: Floats) -> Rows:
    """Self-normalised: mean(w r) / mean(w). Steadier, slightly biased (Swaminathan and Joachims, 2015)."""
    return Rows(top=w * reward, bottom=w)


def dm(target: Floats, q: Floats) -> Rows:
    """Direct method: mean of q(x, target). As good as the reward model."""
    return Rows(top=(target * q).sum(axis=1))


def dr(reward: Floats, w: Floats, target: Floats, q: Floats, action: NDArray[np.int64]) -> Rows:
    """Doubly robust: q(x, target) + w (r - q(x, a)). Right if weights or model are (Dudik et al., 2014)."""
    own = q[np.arange(len(action)), action]
    return Rows(top=(target * q).sum(axis=1) + w * (reward - own))


def switch_dr(
    reward: Floats, w: Floats, target: Floats, q: Floats, action: NDArray[np.int64], *, threshold: float
) -> Rows:
    """Doubly robust up to a weight, the model alone above it (Wang, Agarwal and Dudik, 2017)."""
    return dr(reward, np.where(w <= threshold, w, 0.0), target, q, action)


def switch_threshold(
    reward: Floats, w: Floats, target: Floats, q: Floats, action: NDArray[np.int64], *, delta: float = 0.05
) -> float:
    """Threshold of least estimated squared error: variance + (bound of the bias)^2 (Su et al., 2020, section 5).

    Chosen among the deciles of the weights and none at all.
    """
    grid = np.unique(np.append(np.quantile(w[w > 0], np.linspace(0.1, 1.0, 10)), np.inf)) if (w > 0).any() else [np.inf]
    off, n = reward - q[np.arange(len(action)), action], len(w)
    most = np.sqrt(2 * (w**2).mean() * np.log(2 / delta) / n) + 2 * w.max() * np.log(2 / delta) / (3 * n)

    def error(threshold: float) -> float:
        rows = switch_dr(reward, w, target, q, action, threshold=threshold)
        left_out = w > threshold
        bias = abs((w * left_out * off).mean()) + (most if left_out.any() else 0.0)
        return float(rows.top.var() / n + bias**2)

    return float(min(grid, key=error))
