"""All estimators of one policy on one log, with what they rest on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from visavis.learning.estimate import Estimate
from visavis.learning.off_policy import estimators
from visavis.learning.off_policy.estimators import Estimator, Rows
from visavis.learning.off_policy.feedback import Feedback, Floats
from visavis.learning.off_policy.intervals import DRAWS, bootstrap_interval, normal_interval
from visavis.learning.off_policy.overlap import Overlap, Warned, doubts, overlap
from visavis.learning.off_policy.reward_model import Modelled
from visavis.recommend.bounds import Gain, bernstein_low, gain

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimated:
    """One estimator's answer."""

    bootstrap: Estimate
    normal: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyReport:
    """What a policy would have earned in the place of the one that made the log."""

    target: str
    rows: int
    members: int | None
    actions: int
    positions: int
    logged: Estimate  # mean reward of the log itself
    observed: Estimate | None  # mean reward of the target's own log, where there is one
    estimates: Mapping[Estimator, Estimated]
    bernstein_low: float | None  # below IPS, for any distribution; None where a reward is negative
    switch_threshold: float | None  # weight above which SWITCH-DR trusts the reward model; None: never
    gain: Gain  # over the policy that made the log, by DR
    crossed: bool  # whether the reward model lets context count differently for each action
    overlap: Overlap
    warnings: tuple[Warned, ...]


def evaluate_policy(
    feedback: Feedback,
    target: Floats,
    modelled: Modelled,
    *,
    name: str,
    rng: np.random.Generator,
    progress: Progress = lambda _step, _share: None,
    clip: float = np.inf,
    observed: Estimate | None = None,
    draws: int = DRAWS,
) -> PolicyReport:
    """Estimate the mean reward of a target (N, K).

    Args:
        feedback: the log.
        target: probability of each action at each row.
        modelled: the reward model.
        name: of the target.
        rng: resamples.
        progress: told of each estimator.
        clip: largest importance weight, of IPS, SNIPS and DR.
        observed: mean reward of the target's own log.
        draws: of the bootstrap.
    """
    r, a = feedback.reward, feedback.action
    full = estimators.weights(target, a, feedback.propensity)
    w, q = np.minimum(full, clip), modelled.q
    threshold = estimators.switch_threshold(r, full, target, q, a)
    rows = {
        Estimator.IPS: estimators.ips(r, w),
        Estimator.SNIPS: estimators.snips(r, w),
        Estimator.DM: Rows(top=modelled.pseudo(feedback, target)),
        Estimator.DR: estimators.dr(r, w, target, q, a),
        Estimator.SWITCH_DR: estimators.switch_dr(r, full, target, q, a, threshold=threshold),
    }
    estimates = {}
    for done, (estimator, of_rows) in enumerate(rows.items(), start=1):
        estimates[estimator] = Estimated(
            bootstrap=bootstrap_interval(of_rows, feedback.groups, rng=rng, draws=draws),
            normal=normal_interval(of_rows, feedback.groups),
        )
        progress("estimating", done / len(rows))
    found = overlap(feedback, target, full)
    top = rows[Estimator.IPS].top
    return PolicyReport(
        target=name,
        rows=len(feedback),
        members=None if feedback.groups is None else int(feedback.groups.max()) + 1,
        actions=len(feedback.actions),
        positions=len(feedback.positions),
        logged=normal_interval(Rows(top=r), feedback.groups),
        observed=observed,
        estimates=estimates,
        bernstein_low=bernstein_low(top, most=float(w.max() * r.max())) if r.min() >= 0 else None,
        switch_threshold=threshold if np.isfinite(threshold) else None,
        gain=gain(rows[Estimator.DR].top, r, feedback.groups, measure="reward by DR"),
        crossed=modelled.crossed,
        overlap=found,
        warnings=doubts(feedback, full, found),
    )
