"""Cohorts by first event, and how many of each come again."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from visavis.behaviour.series import Series, moment
from visavis.learning.report.log import LEAST

WEEKLY = timedelta(days=120)  # a shorter log is cut into weeks, a longer one into months
MOST = 12  # cohorts, and periods of each, the newest


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Members whose first event lies in one period."""

    begins: datetime
    members: int
    active: tuple[float | None, ...]  # share with an event in each period from the first; None: fewer than may be shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohorts:
    """Oldest first; a cohort has a share for each period that has ended."""

    weekly: bool
    cohorts: tuple[Cohort, ...]
    hidden: int  # cohorts too small to be shown
    retention: tuple[float | None, ...]  # over all cohorts that have come so far, weighted by their size


def cohorts(series: Series, until: datetime) -> Cohorts:
    """Periods are weeks from Monday, or months, in UTC; the one that has not ended is left out, but for the first."""
    if not len(series):
        return Cohorts(weekly=True, cohorts=(), hidden=0, retention=())
    weekly = moment(int(series.at.max())) - moment(int(series.at.min())) < WEEKLY
    period = _period(series.at, weekly=weekly)
    firsts = series.starts[:-1][np.diff(series.starts) > 0]
    began = period[firsts]
    last = int(_period(np.array([int(until.timestamp() * 1e6)]), weekly=weekly)[0])
    whole = last - 1  # the newest period that has ended
    found, hidden = [], 0
    come = np.zeros(MOST)
    could = np.zeros(MOST)
    active_in = _active(series, period)
    for start in range(max(int(began.min()), last - MOST + 1), last + 1):
        who = np.flatnonzero(np.diff(series.starts) > 0)[began == start]
        if not len(who):
            continue
        if len(who) < LEAST:
            hidden += 1
            continue
        passing = range(min(MOST, max(1, whole - start + 1)))
        counts = [sum((int(m), start + passed) in active_in for m in who) for passed in passing]
        for passed, count in enumerate(counts):
            come[passed] += count
            could[passed] += len(who)
        shares = tuple(count / len(who) if count == 0 or count >= LEAST else None for count in counts)
        found.append(Cohort(begins=_begins(start, weekly=weekly), members=len(who), active=shares))
    overall = tuple(
        float(n / of) if n == 0 or n >= LEAST else None for n, of in zip(come, could, strict=True) if of >= LEAST
    )
    return Cohorts(weekly=weekly, cohorts=tuple(found), hidden=hidden, retention=overall)


def _active(series: Series, period: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> set[tuple[int, int]]:
    pairs = np.unique(np.stack([series.whose, period], axis=1), axis=0)
    return {(int(member), int(when)) for member, when in pairs}


def _period(
    at: "np.ndarray[tuple[int], np.dtype[np.int64]]", *, weekly: bool
) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Number of the week (of Mondays) or month since 1970."""
    days = at // 86_400_000_000
    if weekly:
        return (days + 3) // 7  # 1 January 1970 was a Thursday
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _begins(number: int, *, weekly: bool) -> datetime:
    if weekly:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=7 * number - 3)
    return datetime(1970 + number // 12, number % 12 + 1, 1, tzinfo=UTC)
