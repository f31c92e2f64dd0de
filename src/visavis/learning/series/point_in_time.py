"""Training examples of series: what was known at a moment, and what came after it. Nothing is ever on both sides."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from visavis.behaviour.series import Series, microseconds
from visavis.types.checks import shaped


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Examples:
    """Predictions of each member's next event; every array has one entry an example, in the order of the series."""

    series: Series
    whose: NDArray[np.int64] = field(repr=False)  # (E,): index into members
    first: NDArray[np.int64] = field(repr=False)  # (E,): row of the member's first event
    known: NDArray[np.int64] = field(repr=False)  # (E,): row after the last known event; rows first to known are known
    target: NDArray[np.int64] = field(repr=False)  # (E,): row of the event that is to be predicted, at least known

    def __post_init__(self) -> None:
        count = len(self.target)
        for name in ("whose", "first", "known", "target"):
            shaped(name, getattr(self, name), (count,), np.int64)
        if not ((self.first <= self.known) & (self.known <= self.target)).all():
            raise ValueError("what is known must end before what is to be predicted")

    def __len__(self) -> int:
        return len(self.target)

    @property
    def wait_s(self) -> NDArray[np.float32]:
        """(E,): seconds from the last known event to the target; NaN where nothing is known."""
        last = np.maximum(self.known - 1, 0)
        waited = (self.series.at[self.target] - self.series.at[last]) / 1e6
        return np.where(self.known > self.first, waited, np.nan).astype(np.float32)

    def before(self, cut: datetime) -> "Examples":
        """Those whose target had happened before a moment: what could have been learned from then."""
        return self._where(self.series.at[self.target] < microseconds(cut))

    def since(self, cut: datetime) -> "Examples":
        """The others: what a model of that moment is measured on."""
        return self._where(self.series.at[self.target] >= microseconds(cut))

    def _where(self, kept: NDArray[np.bool_]) -> "Examples":
        return Examples(
            series=self.series,
            whose=self.whose[kept],
            first=self.first[kept],
            known=self.known[kept],
            target=self.target[kept],
        )

    def prefixes(self) -> Iterator[tuple[slice, int]]:
        """Rows that are known, and the row to predict."""
        for first, known, target in zip(self.first.tolist(), self.known.tolist(), self.target.tolist(), strict=True):
            yield slice(first, known), target


def next_events(series: Series, *, least: int = 1, ties_in_order: bool = False) -> Examples:
    """One example for each event that has enough known events before it.

    Args:
        series: of any members.
        least: events that must be known.
        ties_in_order: of events at one moment the earlier rows are known to the later, as published protocols on
            ratings have it. Otherwise what happened at the very moment is not known yet: a basket is one moment.
    """
    starts = series.starts[series.whose]
    rows = np.arange(len(series))
    known = rows if ties_in_order else _first_of_moment(series)
    kept = known - starts >= least
    return Examples(series=series, whose=series.whose[kept], first=starts[kept], known=known[kept], target=rows[kept])


def _first_of_moment(series: Series) -> NDArray[np.int64]:
    """(N,): the first row of the same member at the same moment."""
    rows = np.arange(len(series))
    if not len(rows):
        return rows
    new = np.append(True, (np.diff(series.at) != 0) | (np.diff(series.whose) != 0))
    return np.maximum.accumulate(np.where(new, rows, 0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcomes:
    """Whether something happened to each member in a window after a moment."""

    happened: NDArray[np.bool_]  # (M,)
    wait_s: NDArray[np.float32]  # (M,): until it did; NaN where it did not
    complete: bool  # the whole window had passed when the series ends; otherwise "not" may mean "not yet"


def happened_within(series: Series, at: datetime, window_s: float, *, kinds: tuple[str, ...]) -> Outcomes:
    """Labels: an event of these kinds from the moment on, and before the window ends.

    Args:
        series: as it is known now, long after the moment.
        at: the moment that is predicted from; features come from `series.before(at)`.
        window_s: greater than 0.
        kinds: of events that count.

    Raises:
        ValueError: The series has no such kind.
    """
    numbers = [series.kinds.index(kind) for kind in kinds]
    start = microseconds(at)
    end = start + round(window_s * 1e6)
    counts = np.isin(series.kind, numbers) & (series.at >= start) & (series.at < end)
    first = np.full(len(series.members), np.iinfo(np.int64).max)
    np.minimum.at(first, series.whose[counts], series.at[counts])
    happened = first < np.iinfo(np.int64).max
    wait_s = np.where(happened, (np.where(happened, first, start) - start) / 1e6, np.nan).astype(np.float32)
    complete = bool(len(series) and series.at.max() >= end)
    return Outcomes(happened=happened, wait_s=wait_s, complete=complete)
