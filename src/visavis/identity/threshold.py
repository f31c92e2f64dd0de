"""Thresholds stated as error rates, from scores of pairs of different people."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputRefused, SettingInvalid
from visavis.identity.tail import REACH, fit_tail

SUPPORT = 10  # false matches that must stand behind a rate before it is called measured
FIRM = 100  # from so many on, counting them is better than the fitted tail
MOST_SHOTS = 3  # more on either side hardly raise the score of strangers any more
RATES = (3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6, 3e-7, 1e-7)
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
    @property
    def templates(self) -> int: ...
    @property
    def shots(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A comparison score and the rate at which strangers reach it."""

    score: float  # cosine; a comparison at or above it is a match
    false_match_rate: float  # of one comparison (FMR, ISO/IEC 19795-1)
    impostor_pairs: int
    evidence: str
    templates: int = 1  # shots that were fused on one side, at most MOST_SHOTS
    shots: int = 1  # and on the other

    @property
    def threshold(self) -> float:
        """The score, so that thresholds are the rows of a calibration."""
        return self.score


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


def calibrated(
    impostor_scores: NDArray[np.float64], *, evidence: str, templates: int = 1, shots: int = 1
) -> tuple[Threshold, ...]:
    """Thresholds at every rate of `RATES` that the scores speak for.

    Rates with at least `FIRM` false matches are counted, smaller ones taken from the fitted tail, down to a fiftieth of
    a pair; the evidence says which.

    Raises:
        InputRefused: Too few scores, or one is not a number.
    """
    found: list[Threshold] = []
    tail = fit_tail(impostor_scores)
    for rate in RATES:
        expected = rate * len(impostor_scores)
        if expected >= FIRM:
            score, how = calibrate(impostor_scores, rate, evidence=evidence).score, ""
        elif expected >= REACH and rate < tail.share:
            left_out = f", {tail.left_out} scores of one person under two names left out" if tail.left_out else ""
            score, how = tail.score(rate), f"; from the fitted tail{left_out}"
        else:
            continue
        if found and score <= found[-1].score:
            continue  # a counted and a fitted threshold that nearly meet
        found.append(
            Threshold(
                score=score,
                false_match_rate=rate,
                impostor_pairs=len(impostor_scores),
                evidence=evidence + how,
                templates=templates,
                shots=shots,
            )
        )
    return tuple(found)


def for_rate(
    rows: Sequence[CalibrationRow], false_match_rate: float, *, templates: int = 1, shots: int = 1
) -> Threshold:
    """The score for a rate: log-linear in the rate between calibrated points, cautious beyond them (ADR 0011).

    At rates above the first point, that point. Beyond the last, straight on with the most cautious slope of the last
    three segments: the last one alone rests on a dozen false matches. The evidence then says that it was extrapolated.

    Args:
        rows: A calibration.
        false_match_rate: Above 0, below 1.
        templates: Shots that were fused into the template. What is fused is more alike, also between strangers.
        shots: Shots that were fused into the probe.

    Raises:
        SettingInvalid: The rate is not between 0 and 1, there are fewer than two points, or a higher threshold does
            not have a lower rate.
    """
    _check_rate(false_match_rate)
    points = _checked(_rows_of(rows, templates, shots))
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


def for_gallery(
    rows: Sequence[CalibrationRow], false_positive_rate: float, members: int, *, templates: int = 1, shots: int = 1
) -> Threshold:
    """The score at which a stranger is taken for any of so many members at this rate (FPIR).

    A probe is compared with every member's template: FPIR = 1 - (1 - FMR)^N. The comparisons share the probe, yet
    behave as if they were independent: on 500 people the formula's N was 0.9 to 1.25 of the true one for galleries of
    50 to 499 and rates of 1 to 10 %. Raises as `for_rate` does.
    """
    _check_rate(false_positive_rate)
    false_match_rate = -math.expm1(math.log1p(-false_positive_rate) / max(1, members))
    return for_rate(rows, false_match_rate, templates=templates, shots=shots)


def _rows_of(rows: Sequence[CalibrationRow], templates: int, shots: int) -> Sequence[CalibrationRow]:
    """Those that were calibrated with as many shots; without them, with the most that were.

    A comparison is symmetric: three against one is one against three.
    """
    wanted = sorted((min(templates, MOST_SHOTS), min(shots, MOST_SHOTS)))
    by_shots: dict[tuple[int, int], list[CalibrationRow]] = {}
    for row in rows:
        few, many = sorted((row.templates, row.shots))
        by_shots.setdefault((few, many), []).append(row)
    least = [key for key in by_shots if key[0] <= wanted[0] and key[1] <= wanted[1]]
    return by_shots[max(least, key=lambda key: (sum(key), key))] if least else ()


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
        score=min(score, 1.0),
        false_match_rate=rate,
        impostor_pairs=row.impostor_pairs,
        evidence=row.evidence + reach,
        templates=row.templates,
        shots=row.shots,
    )
