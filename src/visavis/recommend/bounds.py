"""How sure a mean is, by numpy alone: what serves and what learns ask here alike."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """A mean and between what it lies."""

    value: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """How much better a new model is than the one that serves, on the same logged rows."""

    measure: str  # what was measured: "reward by DR", "NDCG@10", ...
    new: float
    current: float
    low: float  # bounds of new - current
    high: float
    rows: int

    @property
    def beats(self) -> bool:
        """Whether the new one is better even at the lower bound."""
        return self.low > 0.0


def quantile(p: float, freedom: float) -> float:
    """Of Student's t, to three digits from 5 degrees of freedom on (Abramowitz and Stegun, 26.7.5)."""
    z = NormalDist().inv_cdf(p)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3


def standard_error(values: Floats, groups: NDArray[np.int64] | None = None) -> tuple[float, int]:
    """Of the mean of values, and how many independent parts it rests on; rows of one group may depend on each other.

    Args:
        values: (N,), at least two.
        groups: (N,) number of each row's group, from 0 on; None: each row by itself.
    """
    off = values - values.mean()
    parts = off if groups is None else np.bincount(groups, weights=off)
    count = len(parts)
    if count < 2:
        return float("inf"), count
    return float(np.sqrt(count / (count - 1) * (parts**2).sum()) / len(values)), count


def mean_bounds(values: Floats, groups: NDArray[np.int64] | None = None, *, level: float = LEVEL) -> Bounds:
    """Two-sided bounds of the mean by the central limit theorem; infinitely wide for fewer than two parts."""
    value = float(values.mean())
    error, count = standard_error(values, groups)
    half = float("inf") if count < 2 else quantile((1 + level) / 2, count - 1) * error
    return Bounds(value=value, low=value - half, high=value + half, rows=len(values))


def bernstein_low(values: Floats, *, most: float, level: float = LEVEL) -> float:
    """Lower bound that holds for any distribution on [0, most] (Maurer and Pontil, 2009, theorem 4)."""
    n, delta = len(values), 1 - level
    if n < 2:
        return float("-inf")
    spread = np.sqrt(2 * values.var(ddof=1) * np.log(2 / delta) / n)
    return float(values.mean() - spread - 7 * most * np.log(2 / delta) / (3 * (n - 1)))


def gain(
    new: Floats, current: Floats, groups: NDArray[np.int64] | None = None, *, measure: str, level: float = LEVEL
) -> Gain:
    """Compare row by row: what both share, such as an easy member, cancels.

    Args:
        new: (N,) what each row says of the new model; their mean is its worth.
        current: (N,) the same of the one that serves.
        groups: as of `standard_error`.
        measure: what was measured.
        level: of the bounds.
    """
    bounds = mean_bounds(new - current, groups, level=level)
    return Gain(
        measure=measure,
        new=float(new.mean()),
        current=float(current.mean()),
        low=bounds.low,
        high=bounds.high,
        rows=len(new),
    )


def change(before: Floats, after: Floats, *, level: float = LEVEL) -> Bounds:
    """Bounds of mean(after) - mean(before) of two independent samples (Welch, 1947)."""
    if min(len(before), len(after)) < 2:
        value = float(after.mean() - before.mean()) if min(len(before), len(after)) else 0.0
        return Bounds(value=value, low=float("-inf"), high=float("inf"), rows=len(before) + len(after))
    a, b = before.var(ddof=1) / len(before), after.var(ddof=1) / len(after)
    value, error = float(after.mean() - before.mean()), float(np.sqrt(a + b))
    freedom = (a + b) ** 2 / (a**2 / (len(before) - 1) + b**2 / (len(after) - 1)) if error else 1.0
    half = quantile((1 + level) / 2, freedom) * error
    return Bounds(value=value, low=value - half, high=value + half, rows=len(before) + len(after))
