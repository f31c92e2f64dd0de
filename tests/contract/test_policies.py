"""What every policy must do, whatever it knows."""

from dataclasses import replace

import numpy as np
import pytest

from visavis.errors import ContextInvalid
from visavis.recommend.decide import decide, replay
from visavis.recommend.features import Features
from visavis.recommend.policies import build_policy, restore_policy
from visavis.recommend.policy import Policy, pick
from visavis.scenarios.loader import load_scenario
from visavis.testing import T0, a_profile
from visavis.types import Candidate, Decision, PolicyName, Scenario, Token

RETAIL = replace(load_scenario("retail"), exploration=20.0)
NOBODY = Features(scenario=RETAIL).person(None)
ITEMS = list(RETAIL.items)
BANDITS = [name for name in PolicyName if name is not PolicyName.HORIZON]
LEARNERS = [name for name in BANDITS if name is not PolicyName.UNIFORM]


@pytest.fixture(params=BANDITS)
def policy(request: pytest.FixtureRequest) -> Policy:
    return build_policy(RETAIL, request.param)


def taught(policy: Policy, updates: int = 60) -> Policy:
    rng = np.random.default_rng(0)
    for _ in range(updates):
        policy.update(NOBODY, ITEMS[int(rng.integers(len(ITEMS)))], float(rng.random()), first=True)
    return policy


def decided(policy: Policy, scenario: Scenario, draw: float, count: int = 9) -> Decision:
    return decide(
        profile=a_profile(affinity={"bakery": 0.7, "dairy": 0.3}, item_interest={"sourdough-loaf": 2.0}),
        candidates=[Candidate(item_id=item, campaign_id="c") for item in ITEMS[:count]],
        scenario=scenario,
        policy=policy,
        draw=draw,
        decision_id="d",
        site="s",
        placement="aisle-1",
        token=Token("t"),
        sighting_id=None,
        receipt_id="r",
        now=T0,
    )


@pytest.mark.parametrize("count", [1, 2, 10, 44])
def test_probabilities_are_positive_and_sum_to_one(policy: Policy, count: int) -> None:
    """Every candidate can be chosen, so that every estimate from the log is defined."""
    probabilities = taught(policy).probabilities(policy.beliefs(NOBODY, ITEMS[:count]))
    assert probabilities.shape == (count,)
    assert (probabilities > 0).all()
    assert probabilities.sum() == pytest.approx(1.0, abs=1e-12)


def test_logged_propensities_are_the_frequencies_of_choosing(policy: Policy) -> None:
    """Chi-square over 100,000 draws: the statistic stays below the 99.99 % point."""
    taught(policy)
    probabilities = policy.probabilities(policy.beliefs(NOBODY, ITEMS))
    draws = np.random.default_rng(1).random(100_000)
    counts = np.bincount([pick(probabilities, draw) for draw in draws], minlength=len(ITEMS))
    expected = probabilities * len(draws)
    statistic = float(((counts - expected) ** 2 / expected).sum())
    freedom = len(ITEMS) - 1
    assert statistic < freedom + 4.5 * np.sqrt(2 * freedom)


def test_choosing_is_a_pure_function_of_the_beliefs(policy: Policy) -> None:
    """Invariant 8: the same beliefs give the same probabilities bit for bit, and are left as they were."""
    beliefs = taught(policy).beliefs(NOBODY, ITEMS)
    before = beliefs.mean.copy(), beliefs.width.copy()
    first, again = policy.probabilities(beliefs), policy.probabilities(beliefs)
    assert (first == again).all()
    assert (before[0] == beliefs.mean).all()
    assert (before[1] == beliefs.width).all()


def test_invariant_08_a_decision_replays_from_its_record(policy: Policy) -> None:
    """By a policy that has learned nothing, in 20 decisions; a touched record does not."""
    made = [decided(taught(policy), RETAIL, draw) for draw in np.linspace(0, 0.999, 20)]
    assert made
    fresh = build_policy(RETAIL, policy.name)
    assert all(replay(decision, fresh) for decision in made)
    assert {d.item_id for d in made} <= set(ITEMS[:9])
    assert not replay(replace(made[0], probabilities=(1 / 9 + 1e-9, *(1 / 9,) * 7, 1 / 9 - 1e-9)), fresh)


def test_versions_count_updates(policy: Policy) -> None:
    """One outcome, one version."""
    assert taught(policy, 7).version == 7
    snapshot = policy.snapshot(T0, position=42)
    assert (snapshot.version, snapshot.policy, int(snapshot.state["position"][0])) == (7, policy.name, 42)


def test_a_snapshot_restores_the_same_policy_to_the_bit(policy: Policy) -> None:
    """Also after both have learned on; and the snapshot is no view of what goes on learning."""
    snapshot = taught(policy).snapshot(T0, position=9)
    kept = {name: array.copy() for name, array in snapshot.state.items()}
    copy = restore_policy(snapshot, RETAIL)
    assert copy.version == policy.version
    for each in (policy, copy):
        taught(each, 30)
        each.update(NOBODY, ITEMS[1], 0.5, first=False)
    one, two = policy.beliefs(NOBODY, ITEMS), copy.beliefs(NOBODY, ITEMS)
    assert (one.mean == two.mean).all()
    assert (one.width == two.width).all()
    assert one.cap == two.cap
    assert all((kept[name] == array).all() for name, array in snapshot.state.items())


def test_the_same_rewards_teach_the_same(policy: Policy) -> None:
    """Nothing is drawn while learning."""
    one, two = taught(policy), taught(build_policy(RETAIL, policy.name))
    assert (one.beliefs(NOBODY, ITEMS).mean == two.beliefs(NOBODY, ITEMS).mean).all()


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -float("inf")])
def test_what_is_not_a_number_is_refused(policy: Policy, wrong: float) -> None:
    """Before anything is learned from it, and before anything is decided."""
    before = taught(policy).beliefs(NOBODY, ITEMS).mean
    person = (wrong, *NOBODY[1:])
    with pytest.raises(ContextInvalid):
        policy.beliefs(person, ITEMS)
    with pytest.raises(ContextInvalid):
        policy.update(person, ITEMS[0], 1.0, first=True)
    for first in (True, False):
        with pytest.raises(ContextInvalid):
            policy.update(NOBODY, ITEMS[0], wrong, first=first)
    assert (policy.beliefs(NOBODY, ITEMS).mean == before).all()
    assert policy.version == 60


def test_memory_is_bounded(policy: Policy) -> None:
    """What is kept after 300 outcomes is as large as after one."""
    early = {name: array.shape for name, array in taught(policy, 1).snapshot(T0, position=0).state.items()}
    late = {name: array.shape for name, array in taught(policy, 300).snapshot(T0, position=0).state.items()}
    assert early == late


@pytest.mark.parametrize("name", LEARNERS)
def test_it_learns_what_is_best(name: PolicyName) -> None:
    """Three items, the second pays 0.8 and the others 0.2: chosen in more than 6 of the last 10 of 600 rounds."""
    policy, rng = build_policy(RETAIL, name), np.random.default_rng(3)
    chosen = []
    for _ in range(600):
        n = pick(policy.probabilities(policy.beliefs(NOBODY, ITEMS[:3])), float(rng.random()))
        policy.update(NOBODY, ITEMS[n], float(rng.random() < (0.2, 0.8, 0.2)[n]), first=True)
        chosen.append(n)
    assert np.mean(np.array(chosen[-300:]) == 1) > 0.6


@pytest.mark.parametrize(("draw", "chosen"), [(0.0, 0), (0.2499, 0), (0.25, 1), (0.7499, 1), (0.75, 2), (0.999999, 2)])
def test_a_draw_falls_on_one_candidate(draw: float, chosen: int) -> None:
    """Probabilities 1/4, 1/2, 1/4 laid end to end."""
    assert pick(np.array([0.25, 0.5, 0.25]), draw) == chosen
