"""Days that stand out, and what differs between the earlier and the later half of the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from visavis.behaviour.series import Series
from visavis.learning.report.log import LEAST, Decisions, Names

STANDS_OUT = 3.5  # robust z, after Iglewicz and Hoaglin (1993)
LEAST_DAYS = 14
MODERATE, LARGE = 0.1, 0.25  # of the population stability index, as is usual
BINS = 10
DAY = 86_400_000_000  # microseconds
MOST = 20  # anomalies, the strongest


@dataclass(frozen=True, slots=True, kw_only=True)
class Daily:
    """How often something happened on each day, whole days alone, from the first to the last."""

    name: str  # an event type, or "decisions"
    first: date
    counts: tuple[int | None, ...]  # None: fewer members than may be shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """A day that stands out from days like it."""

    name: str
    day: date
    count: int
    usual: float
    z: float  # robust; positive: more than usual


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How much one feature differs between the halves."""

    name: str
    psi: float  # population stability index; 0 is alike
    by_chance: float  # what it would be by chance in samples of this size
    p: float | None  # of Kolmogorov and Smirnov's test, for amounts
    before: Mapping[str, float]  # shares of the most frequent values, or quartiles
    after: Mapping[str, float]

    @property
    def large(self) -> bool:
        """Worth a look: a moderate index that chance does not explain."""
        return self.psi >= MODERATE and self.psi >= 3 * self.by_chance


def daily(series: Series, decisions: Decisions | None, until: datetime) -> tuple[Daily, ...]:
    """One line an event type that ever happened, and one for decisions."""
    lines = []
    for number, kind in enumerate(series.kinds):
        rows = series.kind == number
        if rows.any():
            lines.append(_daily(kind, series.at[rows], series.whose[rows], until))
    if decisions is not None and len(decisions):
        lines.append(_daily("decisions", decisions.at, None, until))
    return tuple(line for line in lines if line.counts)


def _daily(name: str, at: NDArray[np.int64], whose: NDArray[np.int64] | None, until: datetime) -> Daily:
    days = at // DAY
    first, end = int(days.min()), int(until.timestamp()) // 86_400  # the day of the report is not over
    kept = days < end
    counts = np.bincount(days[kept] - first, minlength=max(0, end - first)) if kept.any() else np.empty(0, np.int64)
    shown: list[int | None] = counts.tolist()
    if whose is not None:
        pairs = np.unique(np.stack([days[kept] - first, whose[kept]]), axis=1)[0]
        people = np.bincount(pairs, minlength=len(counts))
        shown = [None if 0 < people[n] < LEAST else int(count) for n, count in enumerate(counts)]
    return Daily(name=name, first=_day(first), counts=tuple(shown))


def anomalies(lines: Sequence[Daily]) -> tuple[Anomaly, ...]:
    """Strongest first: robust z of the square root of counts, beside the same weekdays; by chance its spread is 1/2."""
    found = []
    for line in lines:
        if len(line.counts) < LEAST_DAYS:
            continue
        counts = np.array([0 if count is None else count for count in line.counts], np.float64)
        shown = np.array([count is not None for count in line.counts])
        usual = _usual(np.sqrt(counts), shown)
        rest = (np.sqrt(counts) - usual)[shown]
        spread = max(1.4826 * float(np.median(np.abs(rest - np.median(rest)))), 0.5) if shown.any() else 0.5
        for n in np.flatnonzero(shown & (np.abs(np.sqrt(counts) - usual) / spread > STANDS_OUT)):
            z = float((np.sqrt(counts[n]) - usual[n]) / spread)
            day = line.first + timedelta(days=int(n))
            found.append(Anomaly(name=line.name, day=day, count=int(counts[n]), usual=float(usual[n] ** 2), z=z))
    return tuple(sorted(found, key=lambda anomaly: -abs(anomaly.z))[:MOST])


def _usual(roots: NDArray[np.float64], shown: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The median of the same weekdays where there are four of them, otherwise of all days."""
    usual = np.full(len(roots), np.median(roots[shown]) if shown.any() else 0.0)
    for weekday in range(7):
        same = np.arange(len(roots)) % 7 == weekday
        if (same & shown).sum() >= 4:
            usual[same] = np.median(roots[same & shown])
    return usual


def _day(number: int) -> date:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=number)).date()


# ------ drift


def drift(series: Series, names: Names) -> tuple[Drift, ...]:
    """Largest first, of the halves by time; nothing where one of them is of too few members."""
    if len(series) < 2:
        return ()
    later = series.at >= (int(series.at.min()) + int(series.at.max())) / 2
    halves = (~later, later)
    if any(len(np.unique(series.whose[half])) < LEAST for half in halves):
        return ()
    found: list[Drift | None] = [_shares(name, values, halves) for name, values in _named(series, names).items()]
    found += [_amounts(name, values, rows, halves) for name, (values, rows) in _measured(series).items()]
    return tuple(sorted((one for one in found if one is not None), key=lambda one: -one.psi))


def _named(series: Series, names: Names) -> dict[str, NDArray[np.str_]]:
    hours = series.at // 3_600_000_000
    found = {
        "kind": np.array([*series.kinds, "–"])[series.kind],
        "placement": np.array([*series.placements, "–"])[series.placement],
        "hour": np.array([f"{hour:02}" for hour in range(24)])[hours % 24],
        "weekday": np.array([str(day) for day in range(7)])[(hours // 24 + 3) % 7],
    }
    if names.category:
        categories = [names.category.get(item, "–") for item in series.items]
        found["category"] = np.array([*categories, "–"])[series.item]
    return {name: values for name, values in found.items() if len(np.unique(values)) > 1}


def _measured(series: Series) -> dict[str, tuple[NDArray[np.float64], NDArray[np.bool_]]]:
    """Amounts, and the rows that have one."""
    gap, value, dwell_s = (column.astype(np.float64) for column in (series.gap_s, series.value, series.dwell_s))
    firsts = np.zeros(len(series), np.bool_)
    firsts[series.starts[:-1][np.diff(series.starts) > 0]] = True
    return {
        "value": (value, value != 0),
        "dwell_s": (dwell_s, dwell_s > 0),
        "gap_h": (gap / 3600, ~firsts),
    }


def _shares(name: str, values: NDArray[np.str_], halves: tuple[NDArray[np.bool_], NDArray[np.bool_]]) -> Drift:
    known, index = np.unique(values, return_inverse=True)
    before, after = (np.bincount(index[half], minlength=len(known)) for half in halves)
    psi, by_chance = _psi(before, after)
    top = np.argsort(-(before + after))[:6]
    shares = [{str(known[n]): float(count[n] / count.sum()) for n in top} for count in (before, after)]
    return Drift(name=name, psi=psi, by_chance=by_chance, p=None, before=shares[0], after=shares[1])


def _amounts(
    name: str,
    values: NDArray[np.float64],
    rows: NDArray[np.bool_],
    halves: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> Drift | None:
    before, after = (values[half & rows] for half in halves)
    if min(len(before), len(after)) < 4 * LEAST:
        return None
    edges = np.unique(np.quantile(before, np.linspace(0, 1, BINS + 1)[1:-1]))
    counts = [
        np.bincount(np.searchsorted(edges, half, side="right"), minlength=len(edges) + 1) for half in (before, after)
    ]
    psi, by_chance = _psi(counts[0], counts[1])
    quartiles = [
        {label: float(np.quantile(half, q)) for label, q in (("25 %", 0.25), ("50 %", 0.5), ("75 %", 0.75))}
        for half in (before, after)
    ]
    p = float(ks_2samp(before, after, method="asymp").pvalue)
    return Drift(name=name, psi=psi, by_chance=by_chance, p=p, before=quartiles[0], after=quartiles[1])


def _psi(before: NDArray[np.int64], after: NDArray[np.int64]) -> tuple[float, float]:
    """sum((q - p) ln(q / p)), half a count added to each bin; by chance about (bins - 1)(1/n + 1/m)."""
    p = (before + 0.5) / (before.sum() + 0.5 * len(before))
    q = (after + 0.5) / (after.sum() + 0.5 * len(after))
    by_chance = (len(before) - 1) * (1 / max(1, before.sum()) + 1 / max(1, after.sum()))
    return float(((q - p) * np.log(q / p)).sum()), float(by_chance)
