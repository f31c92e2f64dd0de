"""Thresholds stated as error rates, from scores of pairs of different people."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputRefused, SettingInvalid

SUPPORT = 10  # false matches that must stand behind a rate before it is called measured
TAIL = 3  # measured segments, about a decade and a half, whose most cautious slope goes on beyond the evidence


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

    Args:
        impostor_scores: Cosines of pairs of different people, any order.
        false_match_rate: Above 0, below 1.
        evidence: Which pairs these are.

    Raises:
        InputRefused: Fewer than ten false matches would stand behind the rate, or a score is not a number.
        SettingInvalid: The rate is not between 0 and 1.
    """
    _check_rate(false_match_rate)
    scores = np.sort(np.asarray(impostor_scores, dtype=np.float64))
    allowed = math.floor(false_match_rate * len(scores))
    if not np.isfinite(scores).all():
        raise InputRefused("calibration: a score is not a finite number")
    if allowed < SUPPORT:
        needed = math.ceil(SUPPORT / false_match_rate)
        raise InputRefused(f"calibration: {len(scores)} pairs; a rate of {false_match_rate:g} needs {needed}")
    score = float(np.nextafter(scores[-allowed - 1], np.inf))
    return Threshold(score=score, false_match_rate=false_match_rate, impostor_pairs=len(scores), evidence=evidence)


def for_rate(rows: Sequence[CalibrationRow], false_match_rate: float) -> Threshold:
    """The score for a rate: log-linear in the rate between measured points, cautious beyond them (ADR 0011).

    At rates above the first point, that point. Beyond the last, straight on with the most cautious slope of the last
    three segments: the last one alone rests on a dozen false matches. The evidence then says that it was extrapolated.

    Raises:
        SettingInvalid: The rate is not between 0 and 1, there are fewer than two points, or a higher threshold does
            not have a lower rate.
    """
    _check_rate(false_match_rate)
    points = _checked(rows)
    first, last = points[0], points[-1]
    if false_match_rate >= first.false_match_rate:
        return _threshold(first, first.threshold, first.false_match_rate)
    if false_match_rate < last.false_match_rate:
        slope = min(_slope(low, high) for low, high in pairwise(points[-TAIL - 1 :]))
        score = last.threshold + slope * math.log(false_match_rate / last.false_match_rate)
        reach = f"; extrapolated beyond {last.false_match_rate:g}"
        return _threshold(last, score, false_match_rate, reach)
    low, high = next((a, b) for a, b in pairwise(points) if b.false_match_rate <= false_match_rate)
    score = high.threshold + _slope(low, high) * math.log(false_match_rate / high.false_match_rate)
    return _threshold(high, score, false_match_rate)


def for_gallery(rows: Sequence[CalibrationRow], false_positive_rate: float, templates: int) -> Threshold:
    """The score at which a stranger is taken for any of so many templates at most at this rate (FPIR).

    A probe is compared with every template: FPIR = 1 - (1 - FMR)^N for independent comparisons. Templates of one
    member resemble each other, so counting each keeps the true rate below the promised one. Raises as `for_rate` does.
    """
    _check_rate(false_positive_rate)
    false_match_rate = -math.expm1(math.log1p(-false_positive_rate) / max(1, templates))
    return for_rate(rows, false_match_rate)


def _check_rate(rate: float) -> None:
    if not 0.0 < rate < 1.0:
        raise SettingInvalid(f"calibration: a rate is between 0 and 1, got {rate:g}")


def _checked(rows: Sequence[CalibrationRow]) -> list[CalibrationRow]:
    points = sorted(rows, key=lambda row: row.threshold)
    if len(points) < 2:
        raise SettingInvalid("calibration: the pack has fewer than two measured rates; calibrate it first")
    for point in points:
        _check_rate(point.false_match_rate)
    if any(low.false_match_rate <= high.false_match_rate for low, high in pairwise(points)):
        raise SettingInvalid("calibration: a higher threshold must have a lower false match rate; calibrate it again")
    return points


def _slope(low: CalibrationRow, high: CalibrationRow) -> float:
    """Score for each unit of log FMR; at most 0."""
    return (high.threshold - low.threshold) / math.log(high.false_match_rate / low.false_match_rate)


def _threshold(row: CalibrationRow, score: float, rate: float, reach: str = "") -> Threshold:
    return Threshold(
        score=score, false_match_rate=rate, impostor_pairs=row.impostor_pairs, evidence=row.evidence + reach
    )
