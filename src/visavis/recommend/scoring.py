"""events -> a score for each item that may be shown: what trained models say, by the names of a scenario."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.recommend.blend import Blend
from visavis.recommend.candidates import History
from visavis.types import Event

Scores = NDArray[np.float64]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RECENT = 256  # latest events of a member that are looked at


class Scorer(Protocol):
    """Which items suit a member; higher is better."""

    version: str  # of the artefact, such as "recommend-3"

    def scores(self, events: Sequence[Event], items: Sequence[str], now: datetime) -> Scores:
        """One finite score an item, (K,), from the member's latest events, oldest first."""
        ...

    def observe(self, events: Sequence[Event], event: Event) -> None:
        """Learn from one event more of a member with these before it, where the model can."""
        ...


class BlendScorer:
    """Counted neighbours, EASE, factors and popularity, blended; what counts goes on counting."""

    def __init__(self, blend: Blend, items: Sequence[str], *, version: str) -> None:
        self.version = version
        self._blend, self._items = blend, tuple(items)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self._items)}

    def scores(self, events: Sequence[Event], items: Sequence[str], now: datetime) -> Scores:
        """One score an item; one that the blend has never met is the least of all."""
        del now
        found = self._blend.scores(self._history(events), len(self._items)).astype(np.float64)
        least = float(found.min(initial=0.0))
        return np.array([found[self._index[item]] if item in self._index else least for item in items])

    def observe(self, events: Sequence[Event], event: Event) -> None:
        """Count one choice."""
        item = self._index.get(event.item_id or "")
        if item is not None:
            self._blend.observe(self._history(events), item, microseconds(event.occurred_at))

    def _history(self, events: Sequence[Event]) -> History:
        known = [event for event in events if event.item_id in self._index]
        return History(
            items=np.array([self._index[event.item_id or ""] for event in known], np.int32),
            at=np.array([microseconds(event.occurred_at) for event in known], np.int64),
        )


def microseconds(at: datetime) -> int:
    """Since 1970 UTC."""
    return (at - EPOCH) // timedelta(microseconds=1)
