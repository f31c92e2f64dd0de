"""Error rates of presentation attack detection, as ISO/IEC 30107-3 defines them.

APCER of an instrument: share of its presentations that were taken for live. BPCER: share of live presentations that
were not. Presentations that could not be decided (non-responses) are not taken for live.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from visavis.identity.closed_set import share_interval
from visavis.perception.liveness.verdict import Verdict

LIVE = "live"
AT_BPCER = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A rate, with the interval that holds it with 95 % confidence (Clopper and Pearson)."""

    count: int
    of: int
    rate: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One way of judging on one collection."""

    judged_by: str  # "model", "head" or "light"
    apcer: Mapping[str, Share]  # by instrument
    bpcer: Share | None  # None without live presentations
    acer: float | None  # mean of BPCER and the highest APCER
    undecided: Mapping[str, int]  # by instrument and "live"
    without_face: Mapping[str, int]
    threshold: float | None = None  # of the model's scores
    curves: Mapping[str, tuple[tuple[float, float], ...]] | None = None  # instrument -> (APCER, BPCER)


def share(count: int, of: int) -> Share:
    """The rate of so many of so many.

    >>> share(0, 1).interval[1].__round__(3)
    0.975
    """
    return Share(count=count, of=of, rate=count / of, interval=share_interval(count, of))


def of_verdicts(judged_by: str, verdicts: Mapping[str, Sequence[Verdict]]) -> Report:
    """The report of challenges, by instrument and "live"."""
    passed = {name: sum(v is Verdict.PASSED for v in found) for name, found in verdicts.items()}
    apcer = {name: share(passed[name], len(found)) for name, found in verdicts.items() if name != LIVE and found}
    live = verdicts.get(LIVE, ())
    bpcer = share(len(live) - passed[LIVE], len(live)) if live else None
    return Report(
        judged_by=judged_by,
        apcer=apcer,
        bpcer=bpcer,
        acer=_acer(apcer, bpcer),
        undecided={name: sum(v is Verdict.UNDECIDED for v in found) for name, found in verdicts.items()},
        without_face={},
    )


def of_scores(scores: Mapping[str, Sequence[float | None]], threshold: float) -> Report:
    """The report of a model's scores, by instrument and "live"; None where no face was found, which is never live."""
    apcer = {name: share(_accepted(found, threshold), len(found)) for name, found in scores.items() if name != LIVE}
    live = scores.get(LIVE, ())
    bpcer = share(len(live) - _accepted(live, threshold), len(live)) if live else None
    return Report(
        judged_by="model",
        apcer=apcer,
        bpcer=bpcer,
        acer=_acer(apcer, bpcer),
        undecided={},
        without_face={name: sum(score is None for score in found) for name, found in scores.items()},
        threshold=threshold,
        curves={name: _curve(found, live) for name, found in scores.items() if name != LIVE and live},
    )


def threshold_at(live: Sequence[float | None], bpcer: float = AT_BPCER) -> float | None:
    """The highest threshold at which at most this share of the live presentations is refused.

    None where that cannot be: too many live presentations showed no face.

    >>> threshold_at([0.9, 0.8, 0.7, 0.2], 0.25)
    0.7
    """
    ordered = sorted(-np.inf if score is None else score for score in live)
    if not ordered:
        return None
    found = ordered[int(bpcer * len(ordered))]
    return None if found == -np.inf else float(found)


def _accepted(scores: Sequence[float | None], threshold: float) -> int:
    return sum(score is not None and score >= threshold for score in scores)


def _acer(apcer: Mapping[str, Share], bpcer: Share | None) -> float | None:
    if not apcer or bpcer is None:
        return None
    return (max(one.rate for one in apcer.values()) + bpcer.rate) / 2


def _curve(attacks: Sequence[float | None], live: Sequence[float | None]) -> tuple[tuple[float, float], ...]:
    """APCER and BPCER at each threshold that changes one of them."""
    thresholds = sorted({score for score in (*attacks, *live) if score is not None} | {np.inf})
    return tuple((_accepted(attacks, t) / max(1, len(attacks)), 1 - _accepted(live, t) / len(live)) for t in thresholds)
