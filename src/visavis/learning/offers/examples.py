"""Members with the right answer for each: what a classifier of behaviour or of offers learns from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from visavis.behaviour.series import Series, moment
from visavis.errors import InputRefused
from visavis.learning.course.classifier import Rows
from visavis.recommend.observed import observed

LEAST_MEMBERS = 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Examples:
    """M members, each looked at from one moment, strictly before which everything that is read happened."""

    series: Series
    now: NDArray[np.int64] = field(repr=False)  # (M,) microseconds since 1970 UTC
    answers: NDArray[np.int64] = field(repr=False)  # (M,) index into names
    names: tuple[str, ...]  # behaviour classes, or offers
    chances: NDArray[np.float64] | None = field(repr=False, default=None)  # (M, names): where a simulator knows them
    source: str  # in words, for the card

    def __post_init__(self) -> None:
        if not len(self.series.members) == len(self.now) == len(self.answers):
            raise ValueError(
                f"{len(self.series.members)} members, {len(self.now)} moments, {len(self.answers)} answers"
            )

    def rows(self) -> Rows:
        """As a network reads them."""
        s = self.series
        if len(s.members) < LEAST_MEMBERS:
            raise InputRefused(f"{len(s.members)} members with an answer; {LEAST_MEMBERS} are the least")
        found = observed(
            starts=s.starts, kind=s.kind, item=s.item, at=s.at, value=s.value, dwell_s=s.dwell_s, now=self.now
        )
        return Rows(inputs=found.inputs, labels=self.answers)

    @property
    def period(self) -> tuple[datetime, datetime] | None:
        """First and last event."""
        at = self.series.at
        return (moment(int(at.min())), moment(int(at.max()))) if len(at) else None


def last_taken(series: Series, kinds: Sequence[str], *, source: str) -> Examples:
    """Of each member the item of the last event of one of these kinds, and what happened before it.

    Args:
        series: of everybody who takes part.
        kinds: events by which an offer is taken.
        source: in words.

    Raises:
        InputRefused: nobody took anything that was preceded by an event.
    """
    wanted = [number for number, kind in enumerate(series.kinds) if kind in set(kinds)]
    taken = np.isin(series.kind, wanted) & (series.item >= 0)
    last = np.full(len(series.members), -1)
    rows = np.flatnonzero(taken)
    last[series.whose[rows]] = rows  # in the order of time, so that the last one stays
    before = last > series.starts[:-1]
    chosen = np.flatnonzero((last >= 0) & before)
    if not len(chosen):
        raise InputRefused(f"no member has an event of {', '.join(kinds)} about an item, after another event")
    theirs, at = series.of(chosen), series.at[last[chosen]]
    return Examples(
        series=theirs.before(at), now=at, answers=series.item[last[chosen]].astype(np.int64), names=series.items,
        source=source,
    )  # fmt: skip
