"""What everybody chooses, and what is new: for members and items of whom little is known."""

from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from visavis.recommend.candidates import Floats, History

DAY_US = 86_400 * 1_000_000
FOREVER = float("inf")


class Popular:
    """Choices of each item; with a half-life, older ones count less. Events come in the order of their times."""

    name = "popular"

    def __init__(self, item_count: int, *, half_life_days: float = FOREVER) -> None:
        if not half_life_days > 0:
            raise ValueError("a half-life is longer than no time")
        self.half_life_days = half_life_days
        self.weight: NDArray[np.float64] = np.zeros(item_count)  # as of the item's latest choice
        self.latest: NDArray[np.int64] = np.zeros(item_count, np.int64)  # microseconds since 1970 UTC
        self.now = 0  # the latest choice of all

    def observe(self, history: History, item: int, at: int) -> None:
        """Count one choice."""
        del history  # whose it was counts for nothing
        if item >= len(self.weight):
            more = item + 1 - len(self.weight)
            self.weight = np.append(self.weight, np.zeros(more))
            self.latest = np.append(self.latest, np.zeros(more, np.int64))
        at = max(at, int(self.latest[item]))
        self.weight[item] = self.weight[item] * self._left(at - int(self.latest[item])) + 1.0
        self.latest[item], self.now = at, max(self.now, at)

    @classmethod
    def fit(
        cls, items: NDArray[np.int32], at: NDArray[np.int64], item_count: int, *, half_life_days: float = FOREVER
    ) -> Self:
        """The same as observing every choice in the order of their times."""
        model = cls(item_count, half_life_days=half_life_days)
        if len(items):
            np.maximum.at(model.latest, items, at)
            weights = np.asarray(model._left(model.latest[items] - at), np.float64)
            model.weight += np.bincount(items, weights=weights, minlength=item_count)
            model.now = int(at.max())
        return model

    def scores(self, history: History, item_count: int) -> Floats:
        """What is left of each item's choices at the latest event."""
        del history
        scores = np.zeros(max(item_count, len(self.weight)), np.float32)
        scores[: len(self.weight)] = self.weight * self._left(self.now - self.latest)
        return scores[:item_count]

    def _left(self, age_us: NDArray[np.int64] | int) -> NDArray[np.float64] | float:
        left: NDArray[np.float64] | float = 0.5 ** (age_us / (self.half_life_days * DAY_US))
        return left

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """All that a restart needs."""
        half_life = np.array([self.half_life_days])
        return {"weight": self.weight, "latest": self.latest, "half_life_days": half_life, "now": np.array([self.now])}

    @classmethod
    def restored(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Self:
        """From what `arrays` gave."""
        model = cls(0, half_life_days=float(np.asarray(arrays["half_life_days"], np.float64)[0]))
        model.weight = np.array(arrays["weight"], np.float64)
        model.latest = np.array(arrays["latest"], np.int64)
        model.now = int(np.asarray(arrays["now"], np.int64)[0])
        return model


class New:
    """What came into the catalogue lately: e^(-age / a week), before anybody chose it."""

    name = "new"

    def __init__(self, since: NDArray[np.int64], *, days: float = 7.0) -> None:
        self.since = since  # (I,) microseconds since 1970 UTC
        self.days = days

    def scores(self, history: History, item_count: int) -> Floats:
        """By age at the member's latest event; an item that is not there yet scores nothing."""
        scores = np.zeros(item_count, np.float32)
        now = int(history.at[-1]) if len(history) else int(self.since.max(initial=0))
        age = (now - self.since[:item_count]) / (self.days * DAY_US)
        scores[: len(age)] = np.where(age >= 0, np.exp(-np.maximum(age, 0.0)), 0.0)
        return scores

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """All that a restart needs."""
        return {"since": self.since, "days": np.array([self.days])}

    @classmethod
    def restored(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Self:
        """From what `arrays` gave."""
        return cls(np.array(arrays["since"], np.int64), days=float(np.asarray(arrays["days"], np.float64)[0]))
