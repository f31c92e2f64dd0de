"""What every policy must do, whatever it knows."""

from collections.abc import Callable

import numpy as np
import pytest

from visavis.recommend.features import Features
from visavis.recommend.policy import Policy, pick
from visavis.recommend.squarecb import SquareCB
from visavis.recommend.uniform import Uniform
from visavis.scenarios.loader import load_scenario
from visavis.testing import T0

RETAIL = load_scenario("retail")
NOBODY = Features(scenario=RETAIL).person(None)
ITEMS = list(RETAIL.items)
POLICIES: list[Callable[[], Policy]] = [lambda: SquareCB(RETAIL), lambda: Uniform(RETAIL)]


@pytest.fixture(params=POLICIES, ids=["squarecb", "uniform"])
def policy(request: pytest.FixtureRequest) -> Policy:
    made: Policy = request.param()
    return made


def taught(policy: Policy, updates: int = 60) -> Policy:
    rng = np.random.default_rng(0)
    for _ in range(updates):
        policy.update(NOBODY, ITEMS[int(rng.integers(len(ITEMS)))], float(rng.random()), first=True)
    return policy


@pytest.mark.parametrize("count", [1, 2, 10, 44])
def test_probabilities_are_positive_and_sum_to_one(policy: Policy, count: int) -> None:
    """Every candidate can be chosen, so that every estimate from the log is defined."""
    probabilities = taught(policy).probabilities(policy.estimates(NOBODY, ITEMS[:count]))
    assert probabilities.shape == (count,)
    assert (probabilities > 0).all()
    assert probabilities.sum() == pytest.approx(1.0, abs=1e-12)


def test_logged_propensities_are_the_frequencies_of_choosing(policy: Policy) -> None:
    """Chi-square over 200,000 draws: the statistic stays below the 99.99 % point."""
    taught(policy)
    probabilities = policy.probabilities(policy.estimates(NOBODY, ITEMS))
    draws = np.random.default_rng(1).random(200_000)
    counts = np.bincount([pick(probabilities, draw) for draw in draws], minlength=len(ITEMS))
    expected = probabilities * len(draws)
    statistic = float(((counts - expected) ** 2 / expected).sum())
    freedom = len(ITEMS) - 1
    assert statistic < freedom + 4.5 * np.sqrt(2 * freedom)


def test_choosing_is_a_pure_function_of_the_estimates(policy: Policy) -> None:
    """Invariant 8: the same estimates give the same probabilities bit for bit."""
    estimates = taught(policy).estimates(NOBODY, ITEMS)
    first, again = policy.probabilities(estimates), policy.probabilities(estimates.copy())
    assert (first == again).all()


def test_versions_count_updates(policy: Policy) -> None:
    """One outcome, one version."""
    assert taught(policy, 7).version == 7
    snapshot = policy.snapshot(T0, position=42)
    assert (snapshot.version, snapshot.policy, int(snapshot.state["position"][0])) == (7, policy.name, 42)


@pytest.mark.parametrize(("draw", "chosen"), [(0.0, 0), (0.2499, 0), (0.25, 1), (0.7499, 1), (0.75, 2), (0.999999, 2)])
def test_a_draw_falls_on_one_candidate(draw: float, chosen: int) -> None:
    """Probabilities 1/4, 1/2, 1/4 laid end to end."""
    assert pick(np.array([0.25, 0.5, 0.25]), draw) == chosen
