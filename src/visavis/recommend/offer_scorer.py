"""The trained offer network as a scorer: log-odds of each offer, from a member's latest events."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from visavis.recommend.observed import Observed, observed
from visavis.recommend.offer_model import OfferModel
from visavis.recommend.scoring import Scores, microseconds
from visavis.types import Event


class OfferScorer:
    """Knows the offers that it was trained on; one that it never met is the least of all."""

    def __init__(self, model: OfferModel, *, version: str) -> None:
        self.version = version
        self._model = model
        self._kinds = {name: number for number, name in enumerate(model.kinds)}
        self._items = {name: number for number, name in enumerate(model.items)}
        self._offers = {name: number for number, name in enumerate(model.names)}

    def scores(self, events: Sequence[Event], items: Sequence[str], now: datetime) -> Scores:
        """One score an item."""
        found = self._model.logits(self._seen(events, now))[0].astype(np.float64)
        least = float(found.min())
        return np.array([found[self._offers[item]] if item in self._offers else least for item in items])

    def observe(self, events: Sequence[Event], event: Event) -> None:
        """Nothing: a network learns in training alone."""

    def _seen(self, events: Sequence[Event], now: datetime) -> Observed:
        known = [event for event in events if event.kind in self._kinds and event.occurred_at <= now]
        return observed(
            starts=np.array([0, len(known)], np.int64),
            kind=np.array([self._kinds[event.kind] for event in known], np.int32),
            item=np.array([self._items.get(event.item_id or "", -1) for event in known], np.int32),
            at=np.array([microseconds(event.occurred_at) for event in known], np.int64),
            value=np.array([event.value for event in known], np.float32),
            dwell_s=np.array([event.dwell_s for event in known], np.float32),
            now=np.array([microseconds(now)], np.int64),
        )
