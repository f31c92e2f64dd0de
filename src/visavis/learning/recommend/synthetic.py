"""Choices of people who do not exist: a few popular items, tastes by cluster, and one choice leading to another."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from visavis.learning.recommend.interactions import Interactions, interactions_of

CLUSTERS = 20
TASTES = 3  # clusters that a member likes
CURIOUS = 0.2  # part of the other choices that comes from any cluster
FOLLOWERS = 20  # items that one item leads to
FOLLOW = 0.6  # probability that a choice follows from the last
ROUNDS = 6
MINUTE_US = 60 * 1_000_000
YEAR_US = 365 * 24 * 60 * MINUTE_US


def synthetic_choices(members: int, items: int, events: int, rng: np.random.Generator) -> Interactions:
    """`events` choices or some fewer, no item twice by one member; popularity by Zipf's law, lengths log-normal.

    Args:
        members: at least 2.
        items: at least 2; each belongs to one of 20 clusters.
        events: a quarter of members x items and more is not reached.
        rng: draws everything.
    """
    world = _World(members, items, rng)
    lengths, drawn = rng.lognormal(0.0, 0.9, members), 1.3 * events
    for _ in range(ROUNDS):
        data = world.walk(np.clip(lengths * drawn / lengths.sum(), 3, 2 * items).astype(np.int64))
        if len(data) >= events:
            break
        drawn *= 1.6  # what a member chose before does not count again
    kept = np.ones(len(data), np.bool_)
    kept[rng.permutation(len(data))[events:]] = False
    return data.kept(kept)


class _World:
    """Items in clusters, each leading to some others; members with tastes."""

    def __init__(self, members: int, items: int, rng: np.random.Generator) -> None:
        self.members, self.items, self._rng = members, items, rng
        popularity = 1.0 / np.arange(1.0, items + 1) ** 0.8
        cluster = rng.integers(0, CLUSTERS, items)
        self._clusters = [_Cluster(np.flatnonzero(cluster == n), popularity) for n in range(CLUSTERS)]
        self._leads = np.empty((items, FOLLOWERS), np.int64)
        for n, one in enumerate(self._clusters):
            here = np.flatnonzero(cluster == n)
            self._leads[here] = one.draw(rng, len(here) * FOLLOWERS).reshape(-1, FOLLOWERS)
        self._tastes = rng.integers(0, CLUSTERS, (members, TASTES))
        self._begun = rng.integers(0, YEAR_US, members)

    def walk(self, lengths: NDArray[np.int64]) -> Interactions:
        """So many choices of each member, one a minute."""
        steps = [(active, self._step(active)) for active in self._active(lengths)]
        member = np.concatenate([active for active, _ in steps])
        item = np.concatenate([chosen for _, chosen in steps])
        minute = np.repeat(np.arange(len(steps)), [len(active) for active, _ in steps])
        names = tuple(f"member-{n}" for n in range(self.members)), tuple(f"item-{n}" for n in range(self.items))
        return interactions_of(member, item, self._begun[member] + minute * MINUTE_US, *names)

    def _active(self, lengths: NDArray[np.int64]) -> Iterator[NDArray[np.intp]]:
        self._last = np.full(self.members, -1, np.int64)
        for step in range(int(lengths.max())):
            yield np.flatnonzero(lengths > step)

    def _step(self, active: NDArray[np.intp]) -> NDArray[np.int64]:
        rng = self._rng
        liked = self._tastes[active, rng.integers(0, TASTES, len(active))]
        elsewhere = rng.random(len(active)) < CURIOUS
        liked[elsewhere] = rng.integers(0, CLUSTERS, int(elsewhere.sum()))
        chosen = np.empty(len(active), np.int64)
        for n in np.unique(liked):
            here = np.flatnonzero(liked == n)
            chosen[here] = self._clusters[n].draw(rng, len(here))
        follows = np.flatnonzero((rng.random(len(active)) < FOLLOW) & (self._last[active] >= 0))
        chosen[follows] = self._leads[self._last[active[follows]], rng.integers(0, FOLLOWERS, len(follows))]
        self._last[active] = chosen
        return chosen


class _Cluster:
    """Items of one taste, drawn by popularity."""

    def __init__(self, items: NDArray[np.intp], popularity: NDArray[np.float64]) -> None:
        self._items = items if len(items) else np.zeros(1, np.intp)
        self._edges = np.cumsum(popularity[self._items])

    def draw(self, rng: np.random.Generator, count: int) -> NDArray[np.int64]:
        found = np.searchsorted(self._edges, rng.random(count) * self._edges[-1], side="right")
        drawn: NDArray[np.int64] = self._items[np.minimum(found, len(self._items) - 1)].astype(np.int64)
        return drawn
