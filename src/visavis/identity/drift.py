"""Does the calibration still hold here? The members themselves are the strangers who answer.

Each member's template is searched among all others'. Nobody should be found: that is what a stranger with the same
number of shots would experience in this gallery. No stranger's face is kept for it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from visavis.identity.gallery import Gallery
from visavis.identity.threshold import Threshold
from visavis.types import Embedding, MemberId

SURE = 0.001  # chance of as many false positives by luck, below which the calibration is doubted


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationCheck:
    """What the members' own templates say about the promised error rate."""

    promised_fpir: float
    searches: int
    false_positives: int

    @property
    def found_fpir(self) -> float:
        return self.false_positives / max(1, self.searches)

    @property
    def drifted(self) -> bool:
        """Whether so many would hardly come by luck (binomial, one-sided)."""
        return self.false_positives > 0 and (_at_least(self.false_positives, self.searches, self.promised_fpir) < SURE)


def check_calibration(
    members: Sequence[tuple[MemberId, Embedding, int]],
    gallery: Gallery,
    threshold_of: Callable[[MemberId, int], Threshold],
    promised_fpir: float,
) -> CalibrationCheck:
    """Search each of these members among all others.

    Args:
        members: Id, fused template, and of how many shots.
        gallery: One fused template a member; these members are in it.
        threshold_of: What a member's score must reach for a probe of so many shots.
        promised_fpir: What the thresholds promise.
    """
    found = 0
    for member_id, template, shots in members:
        (nearest,) = gallery.nearest((template,), 6)
        others = [match for match in nearest if match.member_id != member_id]
        found += any(match.score >= threshold_of(match.member_id, shots).score for match in others)
    return CalibrationCheck(promised_fpir=promised_fpir, searches=len(members), false_positives=found)


def _at_least(count: int, trials: int, share: float) -> float:
    """Chance of at least so many successes."""
    log_share, log_rest = math.log(share), math.log1p(-share)
    fewer = sum(
        math.exp(
            math.lgamma(trials + 1)
            - math.lgamma(k + 1)
            - math.lgamma(trials - k + 1)
            + k * log_share
            + (trials - k) * log_rest
        )
        for k in range(count)
    )
    return max(0.0, 1.0 - fewer)
