"""Budget, floor, slates, and features that a network adds."""

from dataclasses import replace

import numpy as np
import pytest

from visavis.recommend.crosses import BUCKETS, FOLDED, Crossed
from visavis.recommend.decide import replay
from visavis.recommend.features import ITEM_COLUMNS, Features
from visavis.recommend.policies import build_policy, restore_policy
from visavis.recommend.policy import Beliefs, Policy, pick
from visavis.recommend.safety import Safety, capped
from visavis.recommend.slate import decide_slate
from visavis.scenarios.loader import load_scenario
from visavis.testing import T0, a_profile, counted_ids
from visavis.types import Candidate, Decision, PolicyName, Token

RETAIL = load_scenario("retail")
ITEMS = list(RETAIL.items)
NOBODY = Features(scenario=RETAIL).person(None)


# ------ budget and floor


def test_the_others_share_no_more_than_the_cap() -> None:
    """0.5, 0.3, 0.2 with a cap of 0.1: the others shrink fivefold to 0.06 and 0.04; the best, by its mean, has 0.9."""
    beliefs = Beliefs(np.array([0.9, 0.1, 0.1]), np.zeros(3), cap=0.1)
    assert capped(np.array([0.5, 0.3, 0.2]), beliefs) == pytest.approx([0.9, 0.06, 0.04])
    assert capped(np.array([0.95, 0.03, 0.02]), beliefs).tolist() == [0.95, 0.03, 0.02]


@pytest.mark.parametrize("name", [name for name in PolicyName if name is not PolicyName.HORIZON])
def test_a_budget_holds_for_every_decision(name: PolicyName) -> None:
    """Never more than 5 % of any decision explores, and what was capped replays; every item keeps a chance."""
    scenario = replace(RETAIL, exploration_budget=0.05)
    policy, rng = build_policy(scenario, name), np.random.default_rng(0)
    for _ in range(50):
        beliefs = policy.beliefs(NOBODY, ITEMS[:6])
        p = policy.probabilities(beliefs)
        assert 1 - p[np.argmax(beliefs.mean)] <= 0.05 + 1e-12
        assert (p > 0).all()
        assert p.sum() == pytest.approx(1.0)
        policy.update(NOBODY, ITEMS[pick(p, float(rng.random()))], float(rng.random()), first=True)
    (made,) = slate(policy, count=1)
    assert made.cap == 0.05
    assert replay(made, build_policy(scenario, name))


def test_below_the_floor_exploring_pauses_and_goes_on_above() -> None:
    """Item b pays 1 and is shown 1 of 5 times, a pays 0: 0.2 earned of 1 is below 0.5; then b alone: above."""
    safety = Safety(["a", "b"], budget=0.3, floor=0.5)
    for _ in range(60):
        for _ in range(4):
            safety.observe("a", 0.0, first=True, propensity=0.8)
        safety.observe("b", 1.0, first=True, propensity=0.2)
    assert safety.earned() == pytest.approx(0.2, abs=0.02)
    assert safety.best_static() == pytest.approx(1.0)
    assert safety.paused
    assert safety.cap == 0.0
    for _ in range(1000):
        safety.observe("b", 1.0, first=True, propensity=1.0)
    assert not safety.paused
    assert safety.cap == 0.3


def test_luck_with_a_few_showings_stops_nothing() -> None:
    """Ten rewards of one item are no evidence; neither is any item without a floor."""
    safety = Safety(["a", "b"], budget=1.0, floor=1.0)
    for _ in range(500):
        safety.observe("a", 0.1, first=True, propensity=0.9)
    for _ in range(10):
        safety.observe("b", 1.0, first=True, propensity=0.1)
    assert not safety.paused
    none = Safety(["a"], budget=1.0, floor=None)
    none.observe("a", 0.0, first=True, propensity=1.0)
    assert none.cap == 1.0
    assert none.state() == {}


def test_a_reward_that_grows_counts_once() -> None:
    """0.3 and then 0.7 more are one outcome of 1."""
    safety = Safety(["a"], budget=1.0, floor=0.5)
    safety.observe("a", 0.3, first=True, propensity=0.5)
    safety.observe("a", 0.7, first=False, propensity=0.5)
    assert safety.earned() == pytest.approx(1.0)


def test_a_paused_policy_chooses_the_best_and_is_restored_paused() -> None:
    """Its snapshot knows why; the decision records a cap of 0 and replays."""
    scenario = replace(RETAIL, safety_floor=0.9)
    policy = build_policy(scenario)
    for _ in range(200):
        policy.update(NOBODY, ITEMS[0], 0.0, first=True, propensity=0.8)
        policy.update(NOBODY, ITEMS[1], 1.0, first=True, propensity=0.2)
    again = restore_policy(policy.snapshot(T0, position=0), scenario)
    for each in (policy, again):
        beliefs = each.beliefs(NOBODY, ITEMS[:3])
        assert beliefs.cap == 0.0
        assert each.probabilities(beliefs).tolist() == [0.0, 1.0, 0.0]
    (made,) = slate(policy, count=1)
    assert made.cap == 0.0
    assert replay(made, build_policy(scenario))


# ------ slates


def slate(policy: Policy, *, count: int, items: int = 5, seed: int = 0) -> tuple[Decision, ...]:
    draws = np.random.default_rng(seed).random(count).tolist()
    return decide_slate(
        profile=a_profile(),
        candidates=[Candidate(item_id=item, campaign_id="c") for item in ITEMS[:items]],
        scenario=RETAIL,
        policy=policy,
        draws=draws,
        ids=counted_ids("slate"),
        site="s",
        placement="aisle-1",
        token=Token("t"),
        sighting_id=None,
        receipt_id="r",
        now=T0,
    )


@pytest.mark.parametrize("name", [name for name in PolicyName if name is not PolicyName.HORIZON])
def test_a_slate_shows_no_item_twice_and_each_place_replays(name: PolicyName) -> None:
    """Five of five, in 20 slates; candidates shrink by one a place; places and slate are on record."""
    policy = build_policy(replace(RETAIL, exploration=20.0), name)
    slates = [slate(policy, count=5, seed=seed) for seed in range(20)]
    for made in slates:
        assert {d.item_id for d in made} == set(ITEMS[:5])
        assert [len(d.candidates) for d in made] == [5, 4, 3, 2, 1]
        assert [d.position for d in made] == [0, 1, 2, 3, 4]
        assert len({d.slate for d in made}) == 1
        assert len({d.id for d in made} | {made[0].slate}) == 6
        assert all(replay(d, policy) for d in made)
    assert len({tuple(d.item_id for d in made) for made in slates}) > 5


def test_a_slate_is_as_long_as_there_are_items() -> None:
    assert len(slate(build_policy(RETAIL), count=9, items=3)) == 3


def test_the_frequencies_of_a_place_are_its_propensities() -> None:
    """The second place of 1,500 slates of three: given the first, within four standard errors."""
    policy = build_policy(replace(RETAIL, exploration=5.0))
    policy.update(NOBODY, ITEMS[0], 1.0, first=True)
    seconds = [
        made[1] for seed in range(4000) if (made := slate(policy, count=2, items=3, seed=seed))[0].item_id == ITEMS[1]
    ]
    assert len(seconds) > 150
    share = np.mean([d.item_id == ITEMS[0] for d in seconds])
    expected = dict(zip((c.item_id for c in seconds[0].candidates), seconds[0].probabilities, strict=True))[ITEMS[0]]
    assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / len(seconds))


def test_what_a_place_takes_away_is_not_held_against_the_item() -> None:
    """First places pay 0.6, fifth ones 0.2, whatever the item: the model says so, and of both items the same."""
    policy, features = build_policy(RETAIL), Features(scenario=RETAIL)
    first, fifth = features.person(None), features.person(None, position=4)
    for _ in range(300):
        policy.update(first, ITEMS[0], 0.6, first=True)
        policy.update(fifth, ITEMS[0], 0.2, first=True)
        policy.update(fifth, ITEMS[1], 0.2, first=True)
    here, there = policy.beliefs(first, ITEMS[:2]).mean, policy.beliefs(fifth, ITEMS[:2]).mean
    assert here[0] - there[0] == pytest.approx(0.4, abs=0.05)
    assert here[1] == pytest.approx(0.6, abs=0.05)


# ------ hashing and crosses


def test_a_large_catalogue_shares_columns() -> None:
    """1,000 items of their own columns would be 1,000 x 1,000 numbers; the matrix stops growing at 256 columns."""
    item = RETAIL.items[ITEMS[0]]
    many = {f"item-{n}": replace(item, id=f"item-{n}") for n in range(1000)}
    features = Features(scenario=replace(RETAIL, items=many))
    assert features.size == 4 + ITEM_COLUMNS + 2 * len(features.categories)
    rows = features.joint(features.person(None), list(many))
    assert rows.shape == (1000, features.size)
    assert (rows[:, 4 : 4 + ITEM_COLUMNS].sum(axis=1) == 1).all()


def test_another_catalogue_of_the_same_size_is_another() -> None:
    """What was learned of one item is not taken for another that has its column."""
    policy = build_policy(RETAIL)
    policy.update(NOBODY, ITEMS[0], 1.0, first=True)
    last = RETAIL.items[ITEMS[-1]]
    renamed = {**{i: RETAIL.items[i] for i in ITEMS[:-1]}, "other": replace(last, id="other")}
    restored = restore_policy(policy.snapshot(T0, position=1), replace(RETAIL, items=renamed))
    assert restored.beliefs(NOBODY, ITEMS[:1]).mean[0] == 0.0


def test_the_networks_state_decides() -> None:
    """Members whose state points one way like one item, the others another: learned from 400 outcomes."""
    rng = np.random.default_rng(0)
    policy = build_policy(RETAIL, PolicyName.NEURAL_LINEAR)
    way = rng.normal(size=64)
    one, two = (a_profile(state=tuple(np.tanh(s * way))) for s in (1, -1))
    for _ in range(100):
        for profile, liked in ((one, 0), (two, 1)):
            for n in (0, 1):
                policy.update(policy.person(profile), ITEMS[n], float(n == liked), first=True)
    for profile, liked in ((one, 0), (two, 1)):
        mean = policy.beliefs(policy.person(profile), ITEMS[:2]).mean
        assert mean[liked] > mean[1 - liked] + 0.5


def test_a_record_without_a_network_can_be_learned_from() -> None:
    """What SquareCB saw is what neural-linear sees of a member of whom no network knows."""
    crossed = Crossed(scenario=RETAIL)
    profile = a_profile(affinity={"bakery": 1.0})
    plain = Features(scenario=RETAIL).person(profile)
    assert (crossed.joint(plain, ITEMS[:3]) == crossed.joint(crossed.person(profile), ITEMS[:3])).all()
    assert crossed.size == Features(scenario=RETAIL).size + BUCKETS
    assert len(crossed.person(None)) == len(plain) + len(RETAIL.behaviour_classes) + FOLDED
