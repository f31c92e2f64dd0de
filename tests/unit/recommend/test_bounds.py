"""Bounds that decide what serves."""

import numpy as np
import pytest

from visavis.recommend.bounds import bernstein_low, change, gain, mean_bounds, quantile


@pytest.mark.parametrize(
    ("p", "freedom", "known"), [(0.975, 5, 2.571), (0.975, 10, 2.228), (0.975, 30, 2.042), (0.95, 8, 1.860)]
)
def test_quantiles_of_students_t(p: float, freedom: int, known: float) -> None:
    """As printed in tables."""
    assert quantile(p, freedom) == pytest.approx(known, abs=0.005)


def test_bounds_by_hand() -> None:
    """0, 0, 1, 1: mean 0.5, standard error 0.57735 / 2, t(3) 3.182."""
    bounds = mean_bounds(np.array([0.0, 0.0, 1.0, 1.0]))
    assert (bounds.low, bounds.high) == pytest.approx((0.5 - 0.9187, 0.5 + 0.9187), abs=0.02)


def test_one_row_says_nothing() -> None:
    """Neither of a mean nor of a change."""
    assert mean_bounds(np.array([1.0])).low == -np.inf
    assert bernstein_low(np.array([1.0]), most=1.0) == -np.inf
    assert change(np.array([1.0]), np.array([2.0, 3.0])).low == -np.inf
    assert change(np.zeros(0), np.array([2.0, 3.0])).high == np.inf


def test_bernstein_by_hand() -> None:
    """101 coins, 50 heads: 0.49505 - sqrt(2 x 0.2525 x ln 40 / 101) - 7 ln 40 / 300."""
    coins = np.array([1.0] * 50 + [0.0] * 51)
    expected = 50 / 101 - np.sqrt(2 * coins.var(ddof=1) * np.log(40) / 101) - 7 * np.log(40) / 300
    assert bernstein_low(coins, most=1.0) == pytest.approx(expected)
    assert bernstein_low(coins, most=1.0) < mean_bounds(coins).low


def test_a_gain_is_compared_row_by_row() -> None:
    """Members differ by far more than the two models do; on the same rows a tenth is plain to see."""
    rng = np.random.default_rng(1)
    ease = rng.normal(scale=10.0, size=500)
    found = gain(ease + 0.1 + rng.normal(scale=0.1, size=500), ease, measure="reward")
    assert found.beats
    assert found.low < 0.1 < found.high
    assert not gain(ease, ease, measure="reward").beats
    surer = gain(ease + 0.1 + rng.normal(scale=0.1, size=500), ease, measure="reward", level=0.99)
    assert (surer.high - surer.low) / (found.high - found.low) == pytest.approx(2.576 / 1.960, rel=0.1)


def test_a_change_between_two_windows() -> None:
    """Clear where it is clear, and not where it is not."""
    rng = np.random.default_rng(2)
    before = (rng.random(1000) < 0.3).astype(np.float64)
    assert change(before, (rng.random(1000) < 0.2).astype(np.float64)).high < 0
    assert change(before, (rng.random(1000) < 0.3).astype(np.float64)).high > 0
    assert change(np.zeros(10), np.zeros(10)).high == 0.0
