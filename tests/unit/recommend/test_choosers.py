"""Each way of choosing, worked out by hand."""

import math

import numpy as np
import pytest

from visavis.recommend.epsilon_greedy import EpsilonGreedy
from visavis.recommend.greedy import Greedy
from visavis.recommend.linucb import LinUCB
from visavis.recommend.policy import Beliefs
from visavis.recommend.softmax import Softmax
from visavis.recommend.thompson import Thompson, chances, distribution


def beliefs(mean: list[float], width: list[float] | None = None) -> Beliefs:
    return Beliefs(np.array(mean), np.array(width or [0.0] * len(mean)))


def test_epsilon_greedy() -> None:
    """0.3 over three, the rest to the best; two equals share it."""
    assert EpsilonGreedy(epsilon=0.3).probabilities(beliefs([0.1, 0.5, 0.2])) == pytest.approx([0.1, 0.8, 0.1])
    assert EpsilonGreedy(epsilon=0.3).probabilities(beliefs([0.5, 0.5, 0.2])) == pytest.approx([0.45, 0.45, 0.1])


def test_greedy() -> None:
    """A thousandth over all."""
    assert Greedy().probabilities(beliefs([0.0, 0.5])) == pytest.approx([0.0005, 0.9995])


def test_softmax() -> None:
    """Sharpness 10, gap 0.1: e times as likely."""
    p = Softmax(sharpness=10.0, floor=0.0).probabilities(beliefs([0.2, 0.3]))
    assert p[1] / p[0] == pytest.approx(math.e)


def test_linucb_hopes() -> None:
    """0.2 + 1 x 0.4 beats 0.5 + 1 x 0.05, and does not when it hopes for a half."""
    known = beliefs([0.2, 0.5], [0.4, 0.05])
    assert LinUCB(widths=1.0).probabilities(known)[0] > 0.99
    assert LinUCB(widths=0.5).probabilities(known)[1] > 0.99


def test_thompson_between_two_is_a_normal_distribution_function() -> None:
    """P(a > b) = Phi((m_a - m_b) / sqrt(s_a^2 + s_b^2)) = Phi(0.3 / 0.5) = 0.7257."""
    p = chances(np.array([0.6, 0.3]), np.array([0.3, 0.4]))
    assert p / p.sum() == pytest.approx([0.7257, 0.2743], abs=0.002)


def test_thompson_among_many_is_what_drawing_gives() -> None:
    """Twelve candidates whose widths differ a hundredfold, 400,000 draws of all: within 0.005 each."""
    rng = np.random.default_rng(2)
    mean, width = rng.normal(size=12) * 0.3, 10.0 ** rng.uniform(-2, 0, size=12)
    drawn = (mean + width * rng.normal(size=(400_000, 12))).argmax(axis=1)
    p = chances(mean, width)
    assert p / p.sum() == pytest.approx(np.bincount(drawn, minlength=12) / len(drawn), abs=0.005)


def test_thompson_without_doubt_is_greedy() -> None:
    """Widths of 0: the best has all but the floor, and equals share."""
    p = Thompson().probabilities(beliefs([0.1, 0.2, 0.2]))
    assert p == pytest.approx([0.001 / 3, 0.5 * 0.999 + 0.001 / 3, 0.5 * 0.999 + 0.001 / 3], abs=1e-8)


def test_the_distribution_function_is_near_the_normal_one() -> None:
    """Page says within 0.00014; and it never falls."""
    z = np.linspace(-9, 9, 1801)
    exact = np.array([0.5 * (1 + math.erf(x / math.sqrt(2))) for x in z])
    assert np.abs(distribution(z) - exact).max() < 1.8e-4
    assert (np.diff(distribution(z)) >= 0).all()
