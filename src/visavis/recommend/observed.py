"""What was observed of members, as a network reads it: events side by side, filled up to one length."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LONGEST = 256  # events of a member that are read, the last ones
DAY_US = 86_400_000_000.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observed:
    """B members, T events each; a place without an event has kind 0."""

    kind: NDArray[np.int64]  # (B, T): 0 none, 1 the first kind
    item: NDArray[np.int64]  # (B, T): 0 none, 1 the first item
    numbers: NDArray[np.float32]  # (B, T, 3): value, seconds of dwelling, days before now

    @property
    def inputs(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
        """In the order in which a network takes them."""
        return self.kind, self.item, self.numbers


def observed(
    *,
    starts: NDArray[np.int64],
    kind: NDArray[np.int32],
    item: NDArray[np.int32],
    at: NDArray[np.int64],
    value: NDArray[np.float32],
    dwell_s: NDArray[np.float32],
    now: NDArray[np.int64],
    width: int | None = None,
) -> Observed:
    """Columns of a series, member after member, oldest first.

    Args:
        starts: (B + 1,) member b's events are starts[b] to starts[b + 1].
        kind: (N,) at least 0.
        item: (N,) -1 none.
        at: (N,) microseconds since 1970 UTC.
        value: (N,) finite.
        dwell_s: (N,) finite.
        now: (B,) microseconds: the moment that is looked from; no event is later.
        width: T; without it the longest history, at least 1 and at most `LONGEST`.

    Raises:
        ValueError: An event is later than the moment that is looked from.
    """
    lengths = np.diff(starts)
    t = min(int(lengths.max(initial=1)), LONGEST) if width is None else width
    whose = np.repeat(np.arange(len(lengths)), lengths)
    if (at > now[whose]).any():
        raise ValueError("an event is later than the moment that is looked from")
    place = np.arange(len(at)) - starts[:-1][whose] - np.maximum(lengths - t, 0)[whose]
    kept = place >= 0
    cell = whose[kept], place[kept]
    shape = (len(lengths), t)
    kinds, items, numbers = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros((*shape, 3), np.float32)
    kinds[cell], items[cell] = kind[kept] + 1, item[kept] + 1
    age_days = (now[whose] - at)[kept] / DAY_US
    numbers[cell] = np.stack([value[kept], dwell_s[kept], age_days.astype(np.float32)], axis=1)
    return Observed(kind=kinds, item=items, numbers=numbers)
