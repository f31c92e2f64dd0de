"""How often a 95 % interval holds the truth: logs are simulated, their truth is known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from visavis.learning.estimate import Estimate
from visavis.learning.off_policy import estimators
from visavis.learning.off_policy.estimators import Estimator, Rows
from visavis.learning.off_policy.feedback import Feedback, Floats
from visavis.learning.off_policy.intervals import bootstrap_interval, normal_interval
from visavis.learning.off_policy.reward_model import model_rewards
from visavis.learning.off_policy.simulate import World

Progress = Callable[[str, float], None]
Intervals: TypeAlias = Mapping[tuple[Estimator, str], Estimate]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """One estimator with one kind of interval, over all simulated logs."""

    estimator: Estimator
    interval: str  # "normal" or "bootstrap"
    covered: Estimate  # share of logs whose interval held the truth, with the interval of that share
    above: float  # share whose interval lay above the truth
    below: float
    width: float  # mean
    bias: float
    error: float  # root mean squared


def measure_coverage(
    *,
    logs: int,
    rows: int,
    rng: np.random.Generator,
    draws: int = 500,
    worlds: int = 5,
    mean: float = 0.3,
    progress: Progress = lambda _step, _share: None,
) -> list[Coverage]:
    """Simulate logs of several worlds, and ask each interval for the truth.

    Args:
        logs: how many, dealt over the worlds.
        rows: of each log.
        rng: everything that is drawn.
        draws: of the bootstrap; 0 leaves it out.
        worlds: how many different rewards and policies.
        mean: mean reward.
        progress: told of each log.
    """
    found: dict[tuple[Estimator, str], list[tuple[Estimate, float]]] = {}
    for number in range(worlds):
        world = World.drawn(rng, mean=mean)
        truth = world.truth(rng)
        for log in range(number, logs, worlds):
            for key, interval in _intervals(*world.log(rows, rng), rng, draws).items():
                found.setdefault(key, []).append((interval, truth))
            progress("simulating logs", (log + 1) / logs)
    return [_coverage(estimator, kind, pairs) for (estimator, kind), pairs in found.items()]


def _intervals(feedback: Feedback, target: Floats, rng: np.random.Generator, draws: int) -> Intervals:
    r, a = feedback.reward, feedback.action
    w = estimators.weights(target, a, feedback.propensity)
    modelled = model_rewards(feedback, rng=rng)
    threshold = estimators.switch_threshold(r, w, target, modelled.q, a)
    of: dict[Estimator, Rows] = {
        Estimator.IPS: estimators.ips(r, w),
        Estimator.SNIPS: estimators.snips(r, w),
        Estimator.DM: Rows(top=modelled.pseudo(feedback, target)),
        Estimator.DR: estimators.dr(r, w, target, modelled.q, a),
        Estimator.SWITCH_DR: estimators.switch_dr(r, w, target, modelled.q, a, threshold=threshold),
    }
    found = {(estimator, "normal"): normal_interval(rows) for estimator, rows in of.items()}
    if draws:
        found |= {(e, "bootstrap"): bootstrap_interval(rows, rng=rng, draws=draws) for e, rows in of.items()}
    return found


def _coverage(estimator: Estimator, kind: str, pairs: list[tuple[Estimate, float]]) -> Coverage:
    low, high = (np.array([getattr(i, end) for i, _ in pairs]) for end in ("low", "high"))
    truth = np.array([truth for _, truth in pairs])
    off = np.array([i.value for i, _ in pairs]) - truth
    covered = float(((low <= truth) & (truth <= high)).mean())
    half = 1.96 * np.sqrt(covered * (1 - covered) / len(pairs))
    return Coverage(
        estimator=estimator,
        interval=kind,
        covered=Estimate(value=covered, low=covered - half, high=min(1.0, covered + half)),
        above=float((low > truth).mean()),
        below=float((high < truth).mean()),
        width=float((high - low).mean()),
        bias=float(off.mean()),
        error=float(np.sqrt((off**2).mean())),
    )
