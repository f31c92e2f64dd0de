"""Directed neighbours: what was chosen soon after what, counted; the latest choices speak loudest."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from visavis.recommend.candidates import Floats, History, Items
from visavis.recommend.pairs import PairCounts, exact

Add = Callable[[Items, Items, NDArray[np.float64]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighbourRule:
    """How pairs are counted and how a history is read."""

    window: int = 50  # a choice is counted with so many before it
    fade: float = 0.5  # ... the d-th before it with weight d^-fade
    back: float = 0.5  # part of the weight that is counted in the other direction too
    recent: int = 50  # latest choices that speak
    recency: float = 0.9  # ... the d-th latest with weight d^-recency
    damping: float = 0.5  # pairs are divided by (times of the one x times of the other)^damping


class Neighbours:
    """A counting model: one event adds at most `window` pairs, and nothing is ever fitted anew."""

    name = "neighbours"

    def __init__(self, item_count: int, rule: NeighbourRule | None = None) -> None:
        self.rule = rule or NeighbourRule()
        self.pairs = PairCounts(item_count)
        self.times: NDArray[np.float64] = np.zeros(item_count)  # that each item was chosen
        self._fade = exact(np.arange(1.0, self.rule.window + 1) ** -self.rule.fade)
        self._back = exact(self._fade * self.rule.back)
        self._recency = np.arange(1.0, self.rule.recent + 1) ** -self.rule.recency

    def observe(self, history: History, item: int, at: int) -> None:
        """Count one choice with those before it."""
        del at  # order alone counts
        before = history.items[::-1][: self.rule.window]
        self._count(before, np.full(len(before), item, np.int32), np.arange(len(before)), self.pairs.add)
        if item >= len(self.times):
            self.times = np.append(self.times, np.zeros(item + 1 - len(self.times)))
        self.times[item] += 1

    @classmethod
    def fit(cls, sequences: Iterable[NDArray[np.int32]], item_count: int, rule: NeighbourRule | None = None) -> Self:
        """The same as observing every event of every member, bit for bit, in a fraction of the time."""
        model = cls(item_count, rule)
        kept = [np.asarray(one, np.int32) for one in sequences]
        items = np.concatenate(kept) if kept else np.zeros(0, np.int32)
        member = np.repeat(np.arange(len(kept)), [len(one) for one in kept])
        befores, afters, lags = [items[:0]], [items[:0]], [np.zeros(0, np.intp)]
        for lag in range(1, min(model.rule.window, max(map(len, kept), default=0)) + 1):
            same = member[lag:] == member[:-lag]
            befores.append(items[:-lag][same])
            afters.append(items[lag:][same])
            lags.append(np.full(int(same.sum()), lag - 1))
        model._count(np.concatenate(befores), np.concatenate(afters), np.concatenate(lags), model.pairs.add_many)
        model.times += np.bincount(items, minlength=item_count)
        return model

    def scores(self, history: History, item_count: int) -> Floats:
        """Sum over recent choices i of recency x weight(i -> j) / (times(i) times(j))^damping."""
        recent = history.items[::-1][: self.rule.recent]
        voices = self._recency[: len(recent)]
        voices, recent = voices[recent < len(self.times)], recent[recent < len(self.times)]
        voices = voices * np.maximum(self.times[recent], 1.0) ** -self.rule.damping
        met = self.times[:item_count]
        total = self.pairs.speak(recent, voices, item_count)
        total[: len(met)] *= np.maximum(met, 1.0) ** -self.rule.damping
        return total.astype(np.float32)

    def _count(self, before: Items, after: Items, lag: NDArray[np.intp], add: Add) -> None:
        add(before, after, self._fade[lag])
        if self.rule.back > 0:
            add(after, before, self._back[lag])
