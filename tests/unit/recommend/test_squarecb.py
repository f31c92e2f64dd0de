"""SquareCB and its regression, worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from visavis.recommend.bayes import BayesianLinear
from visavis.recommend.decide import decide, replay
from visavis.recommend.features import Features
from visavis.recommend.learn import learn
from visavis.recommend.policies import build_policy, restore_policy
from visavis.recommend.policy import Beliefs, Policy
from visavis.recommend.reasons import reasons
from visavis.recommend.squarecb import SquareCB
from visavis.scenarios.loader import load_scenario
from visavis.testing import T0, a_profile, an_outcome
from visavis.types import Candidate, Decision, Profile, Token

RETAIL = load_scenario("retail")
FEATURES = Features(scenario=RETAIL)
BREAD, PAN = "sourdough-loaf", "cast-iron-pan"


def decided(profile: Profile | None = None, *, draw: float = 0.5, policy: Policy | None = None) -> Decision:
    return decide(
        profile=profile,
        candidates=[
            Candidate(item_id=BREAD, campaign_id="fresh-every-day"),
            Candidate(item_id=PAN, campaign_id="home-weeks"),
        ],
        scenario=RETAIL,
        policy=policy or build_policy(RETAIL),
        draw=draw,
        decision_id="d",
        site="s",
        placement="aisle-1",
        token=Token("t") if profile else None,
        sighting_id=None,
        receipt_id="r" if profile else None,
        now=T0,
    )  # fmt: skip


def test_rank_one_updates_equal_the_closed_form() -> None:
    """After 50 rows the weights are those of (I + X^T X)^-1 X^T y."""
    rng = np.random.default_rng(0)
    rows, targets = rng.normal(size=(50, 6)), rng.normal(size=50)
    ridge = BayesianLinear(6)
    for x, y in zip(rows, targets, strict=True):
        ridge.observe(x, float(y))
    exact = np.linalg.solve(np.eye(6) + rows.T @ rows, rows.T @ targets)
    assert np.allclose(ridge.weights, exact, atol=1e-10)


def test_crediting_a_row_equals_having_seen_the_sum() -> None:
    """A tap of 0.3 and then 0.7 more teach the same as one reward of 1.0."""
    x = np.array([1.0, 2.0])
    once, twice = BayesianLinear(2), BayesianLinear(2)
    once.observe(x, 1.0)
    twice.observe(x, 0.3)
    twice.credit(x, 0.7)
    assert np.allclose(once.weights, twice.weights)


def test_probabilities_fall_with_the_gap() -> None:
    """Gamma 10, gaps 0, 0.2 and 0: 1 / (3 + 2) = 0.2 and 1 / 3 for the others, the rest for the first of the best."""
    p = SquareCB(gamma=10.0).probabilities(Beliefs(np.array([0.5, 0.3, 0.5]), np.zeros(3)))
    assert p == pytest.approx([1 - 0.2 - 1 / 3, 0.2, 1 / 3])


def test_a_fresh_policy_is_uniform() -> None:
    """It knows nothing, so it favours nothing."""
    assert decided().probabilities == pytest.approx((0.5, 0.5))


def test_a_rewarded_item_is_chosen_more_often() -> None:
    """And an unrewarded one less."""
    policy = build_policy(RETAIL)
    for _ in range(20):
        learn(policy, decided(policy=policy, draw=0.0), an_outcome(reward=1.0, first=True))
    bread = decided(policy=policy).probabilities[0]
    assert bread > 0.9
    assert policy.version == 20


def test_what_one_likes_is_learned_across_items() -> None:
    """Rewarding bakery lovers for bread lifts the estimate of another bakery item for them, not for others."""
    policy = build_policy(RETAIL)
    lover = FEATURES.person(a_profile(affinity={"bakery": 1.0}, item_interest={}))
    other = FEATURES.person(a_profile(affinity={"kitchen": 1.0}, item_interest={}))
    for _ in range(20):
        policy.update(lover, BREAD, 1.0, first=True)
        policy.update(other, BREAD, 0.0, first=True)
    croissants = ["butter-croissants"]
    assert policy.beliefs(lover, croissants).mean[0] > policy.beliefs(other, croissants).mean[0] + 0.2


def test_a_snapshot_of_another_catalogue_starts_anew() -> None:
    """Weights of columns that mean something else are not used; the count goes on."""
    policy = build_policy(RETAIL)
    policy.update(FEATURES.person(None), BREAD, 1.0, first=True)
    smaller = replace(RETAIL, items={k: v for k, v in RETAIL.items.items() if k != PAN})
    restored = restore_policy(policy.snapshot(T0, position=1), smaller)
    assert restored.version == 1
    assert restored.beliefs(Features(scenario=smaller).person(None), [BREAD]).mean[0] == 0.0


def test_invariant_08_a_changed_record_does_not_replay() -> None:
    """Replay is a check: another draw's item, or touched probabilities, are found."""
    policy = build_policy(RETAIL)
    made = decided(a_profile(), draw=0.1, policy=policy)
    assert replay(made, policy)
    assert not replay(replace(made, draw=0.9), policy)
    assert not replay(replace(made, probabilities=(0.4, 0.6)), policy)


def test_reasons_are_what_the_profile_says() -> None:
    """Bought before, then liked category; a member without history hears the truth."""
    bread = RETAIL.items[BREAD]
    loves = a_profile(affinity={"bakery": 0.9}, item_interest={BREAD: 2.0})
    assert [r.code for r in reasons(loves, bread, np.array([0.1, 0.2]), 0)] == ["bought_before", "likes_category"]
    new = a_profile(affinity={}, item_interest={})
    assert [r.code for r in reasons(new, bread, np.array([0.0, 0.0]), 0)] == ["trying_something_new"]
    assert [r.code for r in reasons(new, bread, np.array([0.3, 0.2]), 0)] == ["popular_here"]
    assert [r.code for r in reasons(None, bread, np.array([0.3]), 0)] == ["not_personalised"]
