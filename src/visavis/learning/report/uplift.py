"""What choosing well is worth, beside decisions drawn by lot; and what the log tells of it where none were."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from visavis.behaviour.series import NONE
from visavis.learning.estimate import Estimate
from visavis.learning.report.funnel import Z
from visavis.learning.report.log import LEAST, Decisions

FEW = 30.0  # effective decisions below which an interval is not to be trusted


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplift:
    """Mean reward of decisions that were on the glass; intervals treat the decisions of one member as one draw."""

    chosen: int  # decisions of members by the policy
    by_lot: int  # decisions of members drawn evenly, held out; 0: there are none
    reward_chosen: Estimate | None
    reward_by_lot: Estimate | None
    difference: Estimate | None  # None without enough of both
    from_log: Estimate | None  # policy less an even choice among the same candidates, estimated by propensities
    effective: float  # decisions that the estimate from the log rests on, as if all weighed the same


def uplift(decisions: Decisions) -> Uplift:
    """Only decisions of members count: whom nobody knows, nobody can choose for."""
    rows = decisions.delivered & decisions.on_glass & (decisions.whose != NONE)
    lot, chosen = rows & decisions.by_lot, rows & ~decisions.by_lot
    one, other = _mean(decisions, chosen), _mean(decisions, lot)
    difference = None
    if one is not None and other is not None:
        half = sqrt((one.high - one.value) ** 2 + (other.high - other.value) ** 2)
        gap = one.value - other.value
        difference = Estimate(value=gap, low=gap - half, high=gap + half)
    known = chosen & (decisions.candidates > 0) & (decisions.propensity > 0)
    from_log, effective = _from_log(decisions, known)
    return Uplift(
        chosen=int(chosen.sum()),
        by_lot=int(lot.sum()),
        reward_chosen=one,
        reward_by_lot=other,
        difference=difference,
        from_log=from_log,
        effective=effective,
    )


def _mean(decisions: Decisions, rows: NDArray[np.bool_]) -> Estimate | None:
    """Mean reward; its variance adds up members, not decisions (linearised ratio, Cochran 1977, 6.3)."""
    if decisions.people(rows) < LEAST:
        return None
    reward = decisions.reward[rows]
    mean = float(reward.mean())
    return _around(mean, reward - mean, decisions.whose[rows], float(rows.sum()))


def _around(value: float, residuals: NDArray[np.float64], whose: NDArray[np.int64], total: float) -> Estimate:
    _, cluster = np.unique(whose, return_inverse=True)
    sums = np.bincount(cluster, weights=residuals)
    clusters = len(sums)
    half = Z * sqrt(float((sums**2).sum()) * clusters / (clusters - 1)) / total
    return Estimate(value=value, low=value - half, high=value + half)


def _from_log(decisions: Decisions, rows: NDArray[np.bool_]) -> tuple[Estimate | None, float]:
    """Mean reward less sum(w r) / sum(w) with w = (1 / K) / propensity (SNIPS, Swaminathan and Joachims 2015)."""
    if decisions.people(rows) < LEAST:
        return None, 0.0
    reward, whose = decisions.reward[rows], decisions.whose[rows]
    weight = 1.0 / decisions.candidates[rows] / decisions.propensity[rows]
    n = len(reward)
    mean, even = float(reward.mean()), float((weight * reward).sum() / weight.sum())
    residuals = (reward - mean) - weight * n / weight.sum() * (reward - even)
    effective = float(weight.sum() ** 2 / (weight**2).sum())
    return _around(mean - even, residuals, whose, float(n)), effective
