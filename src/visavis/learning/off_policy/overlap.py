"""Whether the log says enough about the policy that is asked about."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from visavis.learning.off_policy.feedback import Feedback, Floats

HEAVY = 10.0  # a weight above counts as heavy
FEW_EFFECTIVE = 200.0  # effective rows below which the intervals themselves are in doubt
FEW_REWARDED = 100.0  # effective rows with a reward below which they are, where rewards are rare
RARE = 0.2  # share of rows with a reward below which rewards are rare
DOMINANT = 0.05  # largest share of all weight that one row may have
SURE = 4.0  # standard errors


class Doubt(StrEnum):
    """Why an estimate may be worth less than its interval says; the texts are the command line's."""

    FEW_EFFECTIVE = "few-effective"
    FEW_REWARDED = "few-rewarded"
    ONE_REWARD = "one-reward"
    DOMINANT = "dominant"
    PROPENSITIES = "propensities"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """A doubt with its figures."""

    doubt: Doubt
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """How the two policies agree."""

    effective: float  # rows of the other policy's own that would say as much (Kish, 1965): (sum w)^2 / sum w^2
    ratio: float  # of all rows, in [0, 1]
    mean_weight: float  # 1 when the propensities are right
    max_weight: float
    heavy: float  # share of rows with a weight above 10
    rewarded: int  # rows with a reward
    effective_rewarded: float  # the same as `effective`, of those
    unsupported: float  # share of the other policy's choices that the log never has at that position


def overlap(feedback: Feedback, target: Floats, w: Floats) -> Overlap:
    """Figures of the weights (N,) of a target (N, K)."""
    rewarded = feedback.reward != 0.0
    return Overlap(
        effective=effective(w),
        ratio=effective(w) / len(w),
        mean_weight=float(w.mean()),
        max_weight=float(w.max()),
        heavy=float((w > HEAVY).mean()),
        rewarded=int(rewarded.sum()),
        effective_rewarded=effective(w[rewarded]),
        unsupported=_unsupported(feedback, target),
    )


def effective(w: Floats) -> float:
    """Effective sample size; 0 where there is no weight."""
    squares = float((w**2).sum())
    return float(w.sum()) ** 2 / squares if squares > 0 else 0.0


def _unsupported(feedback: Feedback, target: Floats) -> float:
    logged = np.zeros((len(feedback.positions), len(feedback.actions)), np.bool_)
    logged[feedback.position, feedback.action] = True
    return float((target * ~logged[feedback.position]).sum() / len(feedback))


def doubts(feedback: Feedback, w: Floats, found: Overlap) -> tuple[Warned, ...]:
    """What a reader must know beside the interval; empty where nothing speaks against it."""
    rare = found.rewarded < RARE * len(feedback)
    error = float(w.std() / np.sqrt(len(w)))
    heaviest = float(w.max() / w.sum()) if w.any() else 1.0
    asked: tuple[tuple[Doubt, bool, Mapping[str, float]], ...] = (
        (Doubt.FEW_EFFECTIVE, found.effective < FEW_EFFECTIVE, {"effective": found.effective, "rows": len(w)}),
        (
            Doubt.FEW_REWARDED,
            rare and found.effective_rewarded < FEW_REWARDED,
            {"rewarded": found.rewarded, "effective": found.effective_rewarded},
        ),
        (Doubt.ONE_REWARD, float(np.ptp(feedback.reward)) == 0.0, {"reward": float(feedback.reward[0])}),
        (Doubt.DOMINANT, heaviest > DOMINANT, {"share": heaviest, "weight": found.max_weight}),
        (
            Doubt.PROPENSITIES,
            found.unsupported == 0.0 and abs(found.mean_weight - 1.0) > max(SURE * error, 1e-6),
            {"mean": found.mean_weight},
        ),
        (Doubt.UNSUPPORTED, found.unsupported > 0.0, {"share": found.unsupported}),
    )
    return tuple(Warned(doubt=doubt, figures=figures) for doubt, holds, figures in asked if holds)
