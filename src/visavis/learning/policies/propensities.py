"""Is the logged propensity the frequency with which a choice is made? Asked of what decides, draw by draw."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from visavis.learning.policies.agents import Ours
from visavis.learning.policies.worlds import Stream

CONTEXTS = 10
LEAST = 5.0  # draws expected of a choice, below which chi-square is no good measure: such choices count as one


@dataclass(frozen=True, slots=True, kw_only=True)
class PropensityCheck:
    """Chi-square of choices against their logged propensities, summed over contexts."""

    policy: str
    draws: int
    statistic: float
    freedom: int
    p_value: float  # chance of so much or more, when every propensity is right


def check_propensities(
    policy: str, agent: Ours, stream: Stream, *, draws: int, rng: np.random.Generator
) -> PropensityCheck:
    """Decide again and again in the last contexts of a stream, learning nothing."""
    each = draws // CONTEXTS
    statistic, freedom = 0.0, 0
    for x in stream.contexts[-CONTEXTS:]:
        expected = agent.chooser.probabilities(agent.arms.beliefs(x)) * each
        chosen = np.zeros(len(expected))
        logged = np.zeros(len(expected))
        for draw in rng.random(each).tolist():
            choice, propensity = agent.choose(x, draw)
            chosen[choice] += 1
            logged[choice] = propensity * each
        seen = chosen > 0
        expected[seen] = logged[seen]
        rare = expected < LEAST
        if rare.any():
            expected = np.append(expected[~rare], expected[rare].sum())
            chosen = np.append(chosen[~rare], chosen[rare].sum())
        statistic += float(((chosen - expected) ** 2 / expected).sum())
        freedom += len(expected) - 1
    return PropensityCheck(
        policy=policy,
        draws=each * CONTEXTS,
        statistic=statistic,
        freedom=freedom,
        p_value=float(chi2.sf(statistic, freedom)),
    )
