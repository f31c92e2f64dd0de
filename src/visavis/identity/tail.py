"""How scores of strangers go on beyond the largest that were seen: extreme-value theory.

Scores above a high level follow a generalised Pareto distribution (Pickands 1975; Balkema and de Haan 1974). Its two
parameters are fitted by probability-weighted moments, which with some hundred exceedances beat maximum likelihood
(Hosking and Wallis 1987, Technometrics 29(3)). The shape is drawn towards what cosines of many dimensions have: on its
own it errs to both sides alike, but strangers pass by the errors to one side only (ADR 0017).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputRefused

SHARE = 0.01  # of the scores that lie above the level, at most
LEAST, MOST = 50, 1000  # exceedances: few say little, and far from the end the tail has not yet its last shape
TYPICAL_SHAPE = -0.1
TYPICAL_WEIGHT = 300  # exceedances that would speak as loud
REACH = 0.02  # scores expected above the highest that may be asked for: a rate of REACH / pairs
_ODD = 0.01  # chance below which a highest score is another photo of the same person, not a stranger
_MOST_ODD = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """Share of scores above x >= level: share * (1 + shape (x - level) / scale) ** (-1 / shape)."""

    level: float
    share: float
    scale: float
    shape: float  # negative: there is a highest possible score
    pairs: int
    left_out: int  # highest scores that cannot be of strangers: one person under two names

    def score(self, rate: float) -> float:
        """The score that this share of pairs reaches.

        Args:
            rate: At most `share`.

        Raises:
            InputRefused: So small that nothing that was seen speaks for the answer.
        """
        if rate * self.pairs < REACH:
            raise InputRefused(f"calibration: {self.pairs} pairs; a rate of {rate:g} needs {math.ceil(REACH / rate)}")
        times = rate / self.share
        if abs(self.shape) < 1e-9:
            return self.level - self.scale * math.log(times)
        return self.level + self.scale / self.shape * (math.exp(-self.shape * math.log(times)) - 1)


def fit_tail(scores: NDArray[np.float64]) -> Tail:
    """The tail of impostor scores.

    A data set with some thousand names has a few people under two of them. Their scores stand far above all others
    and would bend the whole tail; those that the fitted tail all but excludes are left out and counted.

    Args:
        scores: Of pairs of different people, any order; enough for `LEAST` to lie in the tail.

    Raises:
        InputRefused: Too few scores.
    """
    falling = np.sort(np.asarray(scores, np.float64))[::-1]
    count = min(MOST, max(LEAST, int(SHARE * len(falling))))
    if len(falling) < 4 * count:
        raise InputRefused(f"calibration: {len(falling)} pairs; the tail needs {4 * LEAST}")
    without = _fitted(falling, count, _MOST_ODD)
    return _fitted(falling, count, _odd(falling, without, count))


def _fitted(falling: NDArray[np.float64], count: int, left_out: int) -> Tail:
    level = float(falling[left_out + count])
    scale, shape = _moments(falling[left_out : left_out + count][::-1] - level)
    return Tail(
        level=level, share=count / len(falling), scale=scale, shape=shape, pairs=len(falling), left_out=left_out
    )


def _odd(falling: NDArray[np.float64], tail: Tail, count: int) -> int:
    """How many of the highest scores stand apart from all others, where the tail expects none."""
    for number in range(_MOST_ODD, 0, -1):
        lowest, following = falling[number - 1], falling[number]
        expected = _chance_beyond(tail, float(lowest) - tail.level) * count
        if lowest - following > tail.scale and expected < _ODD:
            return number
    return 0


def _moments(above: NDArray[np.float64]) -> tuple[float, float]:
    """Scale and shape; above: exceedances over the level, rising."""
    first = float(above.mean())
    if not first > 0:
        raise InputRefused("calibration: the highest scores are all equal")
    ranks = (np.arange(1, len(above) + 1) - 0.35) / len(above)
    second = float(((1 - ranks) * above).mean())
    seen = min(2 - first / (first - 2 * second), 0.0)  # cosines end at 1, so no tail goes on for ever
    shape = (len(above) * seen + TYPICAL_WEIGHT * TYPICAL_SHAPE) / (len(above) + TYPICAL_WEIGHT)
    return first * (1 - shape), shape  # the mean of a generalised Pareto distribution is scale / (1 - shape)


def _chance_beyond(tail: Tail, above: float) -> float:
    """Chance that one exceedance lies beyond this one."""
    if abs(tail.shape) < 1e-9:
        return math.exp(-above / tail.scale)
    return float(max(0.0, 1 + tail.shape * above / tail.scale) ** (-1 / tail.shape))
