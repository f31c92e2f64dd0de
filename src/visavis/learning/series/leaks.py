"""A detector of leaks: a feature that changes when the future changes has seen it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import ArrayLike, NDArray

from visavis.behaviour.series import NONE, Series, microseconds, moment

Features = Callable[[Series, datetime], Mapping[str, ArrayLike]]
"""(series, moment) -> name -> numbers. What it is given may hold the future; what it returns may not depend on it."""

MOMENTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """A feature that the future changed."""

    feature: str
    at: datetime  # the moment that it was computed for
    future: str  # what was done to the events from that moment on


def leaks(
    features: Features, series: Series, *, moments: Sequence[datetime] | None = None, seed: int = 0
) -> tuple[Leak, ...]:
    """Every feature that tells anything of what comes at or after its moment, with the first proof of it.

    The features of what was known before a moment are compared with those of the same past and five other futures: as
    it came, with other kinds, items, amounts, at other times, and with everything twice. All must be the same.

    Args:
        features: under test; must give the same for the same.
        series: that has a future, at the moments.
        moments: to test at; by default the times of some events, where what happens at once is the future.
        seed: of the other futures.

    Raises:
        ValueError: No event comes after any of the moments, so nothing could be found; or features differ by chance.
    """
    rng = np.random.default_rng(seed)
    chosen = _moments(series) if moments is None else moments
    if not any((series.at >= microseconds(at)).any() for at in chosen):
        raise ValueError("no event comes at or after any of the moments, so nothing could leak")
    found: dict[str, Leak] = {}
    for at in chosen:
        past = series.before(at)
        known = _numbers(features(past, at))
        if _changed(known, _numbers(features(past, at))):
            raise ValueError("the features of one past differ from call to call; give them a fixed seed")
        for future, other in _futures(series, at, rng):
            for name in _changed(known, _numbers(features(other, at))):
                found.setdefault(name, Leak(feature=name, at=at, future=future))
    return tuple(found.values())


def _moments(series: Series) -> list[datetime]:
    """Times of events at even shares of all, the first left out: before it nothing is known."""
    times = np.unique(series.at)
    places = np.linspace(0, len(times) - 1, MOMENTS + 2).astype(int)[1:]
    return [moment(int(times[place])) for place in dict.fromkeys(places.tolist())]


def _futures(series: Series, at: datetime, rng: np.random.Generator) -> Iterator[tuple[str, Series]]:
    """The same past, and other things from the moment on."""
    later = series.at >= microseconds(at)
    count = int(later.sum())
    yield "as it came", series
    yield "other kinds", _with(series, later, kind=rng.integers(0, len(series.kinds), count))
    yield (
        "other items and places",
        _with(
            series,
            later,
            item=rng.integers(NONE, len(series.items), count),
            placement=rng.integers(NONE, len(series.placements), count),
        ),
    )
    amounts = {"value": rng.normal(0, 1000, count), "dwell_s": rng.exponential(1000, count)}
    yield "other amounts", _with(series, later, **amounts)
    shift = 1 + int(rng.integers(0, 10**9))
    yield "at other times", _with(series, later, at=series.at[later] + shift)
    yield "twice", _twice(series, later)


def _with(series: Series, rows: NDArray[np.bool_], **columns: NDArray[np.generic]) -> Series:
    changed = {}
    for name, values in columns.items():
        column = getattr(series, name).copy()
        column[rows] = values
        changed[name] = column
    return replace(series, **changed)


def _twice(series: Series, rows: NDArray[np.bool_]) -> Series:
    again = np.concatenate([np.arange(len(series)), np.flatnonzero(rows)])
    return Series.of_columns(
        whose=series.whose[again],
        at=series.at[again],
        members=series.members,
        kinds=series.kinds,
        items=series.items,
        placements=series.placements,
        **{name: getattr(series, name)[again] for name in ("kind", "item", "placement", "value", "dwell_s")},
    )


def _numbers(features: Mapping[str, ArrayLike]) -> dict[str, NDArray[np.generic]]:
    return {name: np.asarray(value) for name, value in features.items()}


def _changed(before: Mapping[str, NDArray[np.generic]], after: Mapping[str, NDArray[np.generic]]) -> list[str]:
    """Names of features that differ, or are there only once, in order."""
    names = list(dict.fromkeys([*before, *after]))
    return [name for name in names if name not in before or name not in after or not _same(before[name], after[name])]


def _same(one: NDArray[np.generic], other: NDArray[np.generic]) -> bool:
    numbers = one.dtype.kind in "fc" and other.dtype.kind in "fc"
    return np.array_equal(one, other, equal_nan=numbers)
