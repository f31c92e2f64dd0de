"""Thresholds stated as error rates, from scores of pairs of different people."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputRefused, SettingInvalid

SUPPORT = 10  # false matches that must stand behind a rate before it is called measured


class CalibrationRow(Protocol):
    """One point of a calibration run, as a pack's manifest holds it."""

    @property
    def false_match_rate(self) -> float: ...
    @property
    def threshold(self) -> float: ...
    @property
    def impostor_pairs(self) -> int: ...
    @property
    def evidence(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A comparison score and the rate at which strangers reach it."""

    score: float  # cosine; a comparison at or above it is a match
    false_match_rate: float  # of one comparison (FMR, ISO/IEC 19795-1)
    impostor_pairs: int
    evidence: str


def calibrate(impostor_scores: NDArray[np.float64], false_match_rate: float, *, evidence: str) -> Threshold:
    """The least score that at most this share of impostor pairs reaches.

    Raises:
        InputRefused: Fewer than ten false matches would stand behind the rate.
    """
    scores = np.sort(np.asarray(impostor_scores, dtype=np.float64))
    allowed = math.floor(false_match_rate * len(scores))
    if allowed < SUPPORT or not np.isfinite(scores).all():
        needed = math.ceil(SUPPORT / false_match_rate)
        raise InputRefused(f"calibration: {len(scores)} pairs; a rate of {false_match_rate:g} needs {needed}")
    score = float(np.nextafter(scores[-allowed - 1], np.inf))
    return Threshold(score=score, false_match_rate=false_match_rate, impostor_pairs=len(scores), evidence=evidence)


def for_rate(rows: Sequence[CalibrationRow], false_match_rate: float) -> Threshold:
    """The score for a rate, between measured points log-linearly in the rate, beyond the last along the last slope.

    Impostor scores of a good embedder fall off at least as fast as exponentially in their tail, so the straight
    continuation asks for a higher score than needed, never for a lower one.
    """
    points = sorted(rows, key=lambda row: row.threshold)
    if len(points) < 2:
        raise SettingInvalid("calibration: the pack has fewer than two measured rates; calibrate it first")
    wanted = math.log(false_match_rate)
    right = next((n for n, p in enumerate(points) if math.log(p.false_match_rate) <= wanted), len(points) - 1)
    right = max(1, right)
    low, high = points[right - 1], points[right]
    slope = (high.threshold - low.threshold) / (math.log(high.false_match_rate) - math.log(low.false_match_rate))
    score = low.threshold + slope * (wanted - math.log(low.false_match_rate))
    return Threshold(
        score=max(score, points[0].threshold),
        false_match_rate=min(false_match_rate, points[0].false_match_rate),
        impostor_pairs=high.impostor_pairs,
        evidence=high.evidence,
    )


def for_gallery(rows: Sequence[CalibrationRow], false_positive_rate: float, templates: int) -> Threshold:
    """The score at which a stranger is taken for any of so many templates at most at this rate (FPIR).

    A probe is compared with every template: FPIR = 1 - (1 - FMR)^N, the bound for independent comparisons.
    """
    false_match_rate = -math.expm1(math.log1p(-false_positive_rate) / max(1, templates))
    return for_rate(rows, false_match_rate)
