"""Where candidates come from: every source scores every item, and what may not be shown is never among the best."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Items = NDArray[np.int32]  # indices into a catalogue
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """What one member chose, oldest first; equal times keep the order of the log."""

    items: Items  # (N,), at least 0
    at: NDArray[np.int64]  # (N,) microseconds since 1970 UTC, never falling

    def __post_init__(self) -> None:
        if self.items.ndim != 1 or self.items.shape != self.at.shape:
            raise ValueError(f"items {self.items.shape} and times {self.at.shape} must be rows of one length")
        if len(self.items) and (self.items.min() < 0 or (np.diff(self.at) < 0).any()):
            raise ValueError("items are at least 0 and times never fall")

    def __len__(self) -> int:
        return len(self.items)

    def then(self, item: int, at: int) -> "History":
        """The same with one event more."""
        return History(items=np.append(self.items, np.int32(item)), at=np.append(self.at, np.int64(at)))


class Source(Protocol):
    """One way to tell which items suit a member; higher is better, and scores of two sources share no unit."""

    name: str

    def scores(self, history: History, item_count: int) -> Floats:
        """One score an item, (item_count,), finite; an item that the source has never met scores as the least known."""
        ...


class Learning(Source, Protocol):
    """A source that learns from each event as it comes."""

    def observe(self, history: History, item: int, at: int) -> None:
        """The member with this history, up to before the event, chose this item at this time."""
        ...


def best(scores: Floats, eligible: NDArray[np.bool_], count: int, rng: np.random.Generator | None = None) -> Items:
    """The best of what may be shown, best first, at most `count`; never anything else, however high it scores.

    Args:
        scores: (items,).
        eligible: (items,) what the rules leave open.
        count: how many.
        rng: orders equal scores at random; without one the lower index comes first.
    """
    if scores.shape != eligible.shape:
        raise ValueError(f"{scores.shape} scores and {eligible.shape} marks of eligibility")
    open_items = np.flatnonzero(eligible)
    if rng is not None:
        open_items = rng.permutation(open_items)
    found = scores[open_items]
    if 0 < count < len(found):  # all that tie with the last place stay in, so that the order below decides
        least = np.partition(found, len(found) - count)[len(found) - count]
        open_items, found = open_items[found >= least], found[found >= least]
    order = np.argsort(-found, kind="stable")[: max(count, 0)]
    return open_items[order].astype(np.int32)
