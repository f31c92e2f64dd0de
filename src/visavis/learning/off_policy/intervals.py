"""95 % intervals of an estimate from a log."""

from statistics import NormalDist

import numpy as np

from visavis.learning.estimate import Estimate
from visavis.learning.off_policy.estimators import Rows
from visavis.learning.off_policy.feedback import Floats, Whole
from visavis.recommend.bounds import LEVEL, mean_bounds

DRAWS = 2_000
MOST_PARTS = 10_000  # resampled by itself; more rows are dealt into so many heaps first


def normal_interval(rows: Rows, groups: Whole | None = None) -> Estimate:
    """By the central limit theorem, of a ratio by the delta method; groups of rows count as one part each."""
    bounds = mean_bounds(rows.pseudo, groups)
    return Estimate(value=rows.value, low=bounds.low, high=bounds.high)


def bootstrap_interval(
    rows: Rows, groups: Whole | None = None, *, rng: np.random.Generator, draws: int = DRAWS
) -> Estimate:
    """Quantiles of the estimate over resampled rows, or groups of rows (Efron, 1979), corrected for lean (BCa)."""
    parts = _parts(rows, groups, rng)
    estimates = _resampled(parts, rng, draws)
    low, high = np.quantile(estimates, _levels(parts, estimates, rows.value))
    return Estimate(value=rows.value, low=float(low), high=float(high))


def _parts(rows: Rows, groups: Whole | None, rng: np.random.Generator) -> Floats:
    """(P, 2) sums of top and bottom of each independent part."""
    bottom = np.ones_like(rows.top) if rows.bottom is None else rows.bottom
    parts = np.stack([rows.top, bottom], axis=1)
    if groups is not None:
        parts = _sums(parts, groups)
    if len(parts) > MOST_PARTS:
        parts = _sums(parts, rng.permutation(len(parts)) % MOST_PARTS)
    return parts


def _sums(parts: Floats, groups: Whole) -> Floats:
    return np.stack([np.bincount(groups, weights=column) for column in parts.T], axis=1)


def _resampled(parts: Floats, rng: np.random.Generator, draws: int) -> Floats:
    """(draws,) estimates of as many parts drawn with replacement."""
    n = len(parts)
    sums = np.stack([np.bincount(rng.integers(n, size=n), minlength=n) @ parts for _ in range(draws)])
    return _ratio(sums)


def _ratio(sums: Floats) -> Floats:
    ratio: Floats = np.divide(sums[:, 0], sums[:, 1], out=np.zeros(len(sums)), where=sums[:, 1] != 0)
    return ratio


def _levels(parts: Floats, estimates: Floats, value: float) -> Floats:
    """The two levels at which quantiles are read: bias-corrected and accelerated (Efron, 1987)."""
    normal, z = NormalDist(), NormalDist().inv_cdf((1 + LEVEL) / 2)
    below = np.clip(np.mean(estimates < value) + np.mean(estimates == value) / 2, 1e-6, 1 - 1e-6)
    lean = normal.inv_cdf(float(below))
    off = parts[:, 0] - value * parts[:, 1]  # influence, up to its scale
    cubes, squares = float((off**3).sum()), float((off**2).sum())
    pull = cubes / (6 * squares**1.5) if squares > 0 else 0.0
    ends = [normal.cdf(lean + (lean + side) / (1 - pull * (lean + side))) for side in (-z, z)]
    return np.array(ends)
