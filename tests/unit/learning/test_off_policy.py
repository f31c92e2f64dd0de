"""Estimates of another policy's worth: worked out by hand, like obp's, and with intervals that hold."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from visavis.learning.off_policy import estimators
from visavis.learning.off_policy.coverage import measure_coverage
from visavis.learning.off_policy.estimators import Rows
from visavis.learning.off_policy.feedback import Feedback
from visavis.learning.off_policy.intervals import bootstrap_interval, normal_interval
from visavis.learning.off_policy.overlap import Doubt, doubts, effective, overlap
from visavis.learning.off_policy.report import evaluate_policy
from visavis.learning.off_policy.reward_model import model_rewards
from visavis.learning.off_policy.simulate import World

REWARD = np.array([1.0, 0.0, 1.0, 1.0])
ACTION = np.array([0, 1, 0, 1])
PROPENSITY = np.array([0.5, 0.5, 0.8, 0.2])
TARGET = np.full((4, 2), 0.5)
Q = np.tile([0.5, 0.25], (4, 1))
W = np.array([1.0, 1.0, 0.625, 2.5])


def feedback(**changed: object) -> Feedback:
    columns: dict[str, object] = {
        "reward": REWARD,
        "action": ACTION,
        "propensity": PROPENSITY,
        "actions": ("a", "b"),
        "context": np.zeros((4, 0)),
        "position": np.zeros(4, np.int64),
    }
    return Feedback(**(columns | changed))  # type: ignore[arg-type]


def test_each_estimator_by_hand() -> None:
    """Four rows of two actions; the weights are 0.5 over the propensity."""
    w = estimators.weights(TARGET, ACTION, PROPENSITY)
    assert w.tolist() == W.tolist()
    assert estimators.ips(REWARD, w).value == pytest.approx((1 + 0.625 + 2.5) / 4)
    assert estimators.snips(REWARD, w).value == pytest.approx(4.125 / 5.125)
    assert estimators.dm(TARGET, Q).value == pytest.approx(0.375)
    corrections = [0.5, -0.25, 0.3125, 1.875]  # w (r - q)
    assert estimators.dr(REWARD, w, TARGET, Q, ACTION).value == pytest.approx(0.375 + sum(corrections) / 4)
    switched = estimators.switch_dr(REWARD, w, TARGET, Q, ACTION, threshold=2.0)
    assert switched.value == pytest.approx(0.375 + sum(corrections[:3]) / 4)
    assert estimators.weights(TARGET, ACTION, PROPENSITY, clip=2.0).tolist() == [1.0, 1.0, 0.625, 2.0]


def test_the_policy_of_the_log_earns_what_the_log_has() -> None:
    """Whose probabilities are the propensities weighs every row 1: all estimators but DM give the mean reward."""
    world = World.drawn(np.random.default_rng(3))
    log, _ = world.log(500, np.random.default_rng(4))
    others = (1 - log.propensity) / (len(log.actions) - 1)
    same = np.tile(others[:, None], (1, len(log.actions)))
    same[np.arange(len(log)), log.action] = log.propensity
    w = estimators.weights(same, log.action, log.propensity)
    assert np.allclose(w, 1.0)
    assert estimators.ips(log.reward, w).value == pytest.approx(log.reward.mean())
    assert estimators.snips(log.reward, w).value == pytest.approx(log.reward.mean())


OBP = """
import json, sys
import numpy as np
from obp.ope import (DirectMethod, DoublyRobust, InverseProbabilityWeighting,
    SelfNormalizedInverseProbabilityWeighting, SwitchDoublyRobust)
given = dict(np.load(sys.argv[1]))
q = {"estimated_rewards_by_reg_model": given.pop("q")}
found = {
    "ips": InverseProbabilityWeighting().estimate_policy_value(**given),
    "clipped ips": InverseProbabilityWeighting(lambda_=2.0).estimate_policy_value(**given),
    "snips": SelfNormalizedInverseProbabilityWeighting().estimate_policy_value(**given),
    "dm": DirectMethod().estimate_policy_value(**given, **q),
    "dr": DoublyRobust().estimate_policy_value(**given, **q),
    "clipped dr": DoublyRobust(lambda_=2.0).estimate_policy_value(**given, **q),
    "switch": SwitchDoublyRobust(lambda_=2.0).estimate_policy_value(**given, **q),
}
print(json.dumps({name: float(value) for name, value in found.items()}))
"""


@pytest.mark.skipif(importlib.util.find_spec("obp") is None, reason="the peer obp is not installed")
def test_estimators_are_those_of_obp(tmp_path: Path) -> None:
    """The same arrays, with positions, give the same within 1e-9; in a process of its own: obp loads torch."""
    rng = np.random.default_rng(5)
    n, k, places = 1000, 6, 3
    target, logging = rng.dirichlet(np.ones(k), (n, places)), rng.dirichlet(np.ones(k), n)
    action, position = rng.integers(k, size=n), rng.integers(places, size=n)
    reward, q = rng.random(n), rng.random((n, k, places))
    propensity = np.maximum(logging[np.arange(n), action], 0.01)
    arrays = tmp_path / "arrays.npz"
    np.savez(
        arrays,
        reward=reward,
        action=action,
        position=position,
        pscore=propensity,
        action_dist=target.transpose(0, 2, 1),
        q=q,
    )
    run = subprocess.run([sys.executable, "-c", OBP, str(arrays)], capture_output=True, text=True, check=False)
    if "ModuleNotFoundError" in run.stderr:
        pytest.skip(f"obp lacks a part of its own: {run.stderr.strip().splitlines()[-1]}")
    assert run.returncode == 0, run.stderr
    peer = json.loads(run.stdout)
    rows = np.arange(n)
    here, said = target[rows, position], q[rows, :, position]
    w = estimators.weights(here, action, propensity)
    clipped = estimators.weights(here, action, propensity, clip=2.0)
    assert (w > 2.0).any()
    ours = {
        "ips": estimators.ips(reward, w).value,
        "clipped ips": estimators.ips(reward, clipped).value,
        "snips": estimators.snips(reward, w).value,
        "dm": estimators.dm(here, said).value,
        "dr": estimators.dr(reward, w, here, said, action).value,
        "clipped dr": estimators.dr(reward, clipped, here, said, action).value,
        "switch": estimators.switch_dr(reward, w, here, said, action, threshold=2.0).value,
    }
    assert ours == pytest.approx(peer, abs=1e-9, rel=0)


def test_intervals_hold_the_truth() -> None:
    """About 95 of 100; 400 logs tell 95 from 91 or 99 (standard error 1.1). `visavis bench off-policy` is sharper."""
    found = measure_coverage(logs=400, rows=600, rng=np.random.default_rng(7), draws=0)
    assert len(found) == 5
    for one in found:
        assert 0.925 <= one.covered.value <= 0.975, one
        assert abs(one.bias) < 0.005, one


def test_both_kinds_of_interval_agree_where_there_are_many_rows() -> None:
    """Ten thousand fair coins: 0.5, and 1.96 x 0.5 / 100 to either side, give or take the resampling."""
    rows = Rows(top=(np.arange(10_000) % 2).astype(np.float64))
    normal, bootstrap = normal_interval(rows), bootstrap_interval(rows, rng=np.random.default_rng(1))
    assert normal.value == bootstrap.value == 0.5
    assert (normal.low, normal.high) == pytest.approx((0.4902, 0.5098), abs=1e-4)
    assert (bootstrap.low, bootstrap.high) == pytest.approx((0.4902, 0.5098), abs=8e-4)


def test_rows_of_one_member_count_once() -> None:
    """Every row written three times over is no more certain, when it is said that the three belong together."""
    rng = np.random.default_rng(2)
    once = rng.random(400)
    thrice, groups = np.repeat(once, 3), np.repeat(np.arange(400), 3)
    apart, together = normal_interval(Rows(top=once)), normal_interval(Rows(top=thrice), groups)
    assert (together.low, together.high) == pytest.approx((apart.low, apart.high))
    pretended = normal_interval(Rows(top=thrice))
    assert pretended.high - pretended.low < 0.6 * (apart.high - apart.low)
    resampled = bootstrap_interval(Rows(top=thrice), groups, rng=rng)
    assert resampled.high - resampled.low == pytest.approx(apart.high - apart.low, rel=0.1)


def test_the_reward_model_never_saw_the_row_it_is_asked_about() -> None:
    """Rewards of pure noise: in its own fold it would explain some of them, outside it explains none."""
    rng = np.random.default_rng(8)
    n = 600
    noise = feedback(
        reward=rng.normal(size=n),
        action=rng.integers(2, size=n),
        propensity=np.full(n, 0.5),
        context=rng.normal(size=(n, 40)),
        position=np.zeros(n, np.int64),
    )
    modelled = model_rewards(noise, rng=rng)
    said = modelled.q[np.arange(n), noise.action]
    assert np.corrcoef(said, noise.reward)[0, 1] < 0.05
    assert modelled.crossed


def test_rows_of_one_member_are_in_one_fold() -> None:
    """What is said of a member never rests on that member's own rewards."""
    groups = np.repeat(np.arange(30), 10)
    rng = np.random.default_rng(9)
    log = feedback(
        reward=rng.random(300),
        action=rng.integers(2, size=300),
        propensity=np.full(300, 0.5),
        context=np.zeros((300, 0)),
        position=np.zeros(300, np.int64),
        groups=groups,
    )
    folds = model_rewards(log, rng=rng).folds
    assert all(len(set(folds[groups == member])) == 1 for member in range(30))
    assert len(set(folds)) == 3


def test_the_reward_model_learns_what_is_linear() -> None:
    """Twenty thousand rows of a linear world: within 0.03 of the truth on average."""
    world, rng = World.drawn(np.random.default_rng(10)), np.random.default_rng(11)
    log, _ = world.log(20_000, rng)
    assert np.abs(model_rewards(log, rng=rng).q - world.rewards(log.context)).mean() < 0.03


# ------ overlap


def test_effective_rows_by_hand() -> None:
    """Weights 1, 1, 2: 16 / 6. No weight at all: none."""
    assert effective(np.array([1.0, 1.0, 2.0])) == pytest.approx(16 / 6)
    assert effective(np.zeros(3)) == 0.0


def test_what_the_log_never_did_is_told() -> None:
    """A target that takes a third action, which was never logged, in a tenth of cases."""
    log = feedback(actions=("a", "b", "c"))
    target = np.tile([0.45, 0.45, 0.1], (4, 1))
    found = overlap(log, target, estimators.weights(target, ACTION, PROPENSITY))
    assert found.unsupported == pytest.approx(0.1)
    assert Doubt.UNSUPPORTED in {warned.doubt for warned in doubts(log, np.ones(4), found)}


def test_wrong_propensities_are_noticed() -> None:
    """Two equal actions logged with 0.25 instead of 0.5: the weights have a mean of 2 and not of 1."""
    n = 1000
    action = np.arange(n) % 2
    log = feedback(
        reward=(np.arange(n) % 3 == 0).astype(np.float64),
        action=action,
        propensity=np.full(n, 0.25),
        context=np.zeros((n, 0)),
        position=np.zeros(n, np.int64),
    )
    target = np.full((n, 2), 0.5)
    w = estimators.weights(target, action, log.propensity)
    assert {warned.doubt for warned in doubts(log, w, overlap(log, target, w))} == {Doubt.PROPENSITIES}


def test_few_rewards_are_said_to_be_few() -> None:
    """Fifty clicks of ten thousand."""
    n = 10_000
    log = feedback(
        reward=(np.arange(n) < 50).astype(np.float64),
        action=np.arange(n) % 2,
        propensity=np.full(n, 0.5),
        context=np.zeros((n, 0)),
        position=np.zeros(n, np.int64),
    )
    target = np.full((n, 2), 0.5)
    found = overlap(log, target, np.ones(n))
    (warned,) = doubts(log, np.ones(n), found)
    assert (warned.doubt, found.rewarded) == (Doubt.FEW_REWARDED, 50)
    assert found.effective_rewarded == pytest.approx(50)


def test_a_report_knows_who_is_better() -> None:
    """A target that follows the effects beats the policy of the log, at the lower bound as well; uniform does not."""
    world, rng = World.drawn(np.random.default_rng(1)), np.random.default_rng(12)
    log, target = world.log(5000, rng)
    modelled = model_rewards(log, rng=rng)
    better = evaluate_policy(log, target, modelled, name="t", rng=rng, draws=200)
    assert better.gain.beats
    assert better.warnings == ()
    assert better.bernstein_low is not None
    assert better.bernstein_low < better.estimates[estimators.Estimator.IPS].normal.low
    same = evaluate_policy(log, np.full_like(target, 1 / 8), modelled, name="u", rng=rng, draws=200)
    assert not same.gain.beats


@pytest.mark.parametrize(
    "changed",
    [
        {"reward": np.array([1.0, np.nan, 0.0, 0.0])},
        {"propensity": np.array([0.5, 0.0, 0.5, 0.5])},
        {"propensity": np.array([0.5, 1.1, 0.5, 0.5])},
        {"action": np.array([0, 1, 2, 0])},
        {"reward": np.ones(3)},
        {"groups": np.zeros(2, np.int64)},
    ],
)
def test_feedback_refuses_a_wrong_shape(changed: dict[str, object]) -> None:
    """Whatever reader made it."""
    with pytest.raises(ValueError, match=r"\w"):
        feedback(**changed)
