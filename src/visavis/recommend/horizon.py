"""A policy that looks ahead: what an item is worth now, and what it leaves of the visits to come.

It is fitted beforehand (`visavis.learning.horizon`), serves by numpy alone, and learns nothing while it serves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from visavis.recommend.features import Features, checked
from visavis.recommend.policy import Beliefs
from visavis.types import Profile

VERSION = "horizon-1"
HALF_LIFE = timedelta(days=7)  # of having been shown something
REMEMBERED = timedelta(days=60)  # what is older is worn off to less than 1 in 300
Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


def exposure(shown: Sequence[tuple[str, datetime]], now: datetime) -> dict[str, float]:
    """Item -> how often it was shown before now, each time halved by every week since."""
    counts: dict[str, float] = {}
    for item_id, at in shown:
        if at < now:
            counts[item_id] = counts.get(item_id, 0.0) + 0.5 ** ((now - at) / HALF_LIFE)
    return counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where what stands. N rows, K items, C categories; a person is (C shares, K interests, place, K exposures)."""

    kinds: tuple[int, ...]  # (K,) category of each item
    categories: int

    @property
    def items(self) -> int:
        """K."""
        return len(self.kinds)

    @property
    def person(self) -> int:
        """Length of a person."""
        return self.categories + 2 * self.items + 1

    @property
    def size(self) -> int:
        """Columns of a design row."""
        return 8 + 2 * self.items + 2 * self.categories**2

    def design(self, people: Floats, items: Whole) -> Floats:
        """(N, person) and (N,) -> (N, size): the member, the item, and how tired the member is of it.

        [1, share of its category, interest in it, place, exposure of it, its category and all, interest x exposure,
        item x (1, exposure of it), category of the item x each category's (exposure, its square)], exposures as
        log(1 + e).
        """
        n, rows = len(people), np.arange(len(people))
        kinds = np.array(self.kinds)
        shown = people[:, self.categories + self.items + 1 :]
        by_kind = np.zeros((n, self.categories))
        for kind in range(self.categories):
            by_kind[:, kind] = shown[:, kinds == kind].sum(axis=1)
        own, alike, all_ = (np.log1p(e) for e in (shown[rows, items], by_kind[rows, kinds[items]], shown.sum(axis=1)))
        interest = people[rows, self.categories + items]
        design = np.zeros((n, self.size))
        design[:, 0] = 1.0
        design[:, 1] = people[rows, kinds[items]]
        design[:, 2] = interest
        design[:, 3] = people[:, self.categories + self.items]
        design[:, 4], design[:, 5], design[:, 6], design[:, 7] = own, alike, all_, interest * own
        design[rows, 8 + items] = 1.0
        design[rows, 8 + self.items + items] = own
        tired = np.log1p(by_kind)
        crossed = np.zeros((n, self.categories, 2 * self.categories))
        crossed[rows, kinds[items]] = np.concatenate([tired, tired**2], axis=1)
        design[:, 8 + 2 * self.items :] = crossed.reshape(n, 2 * self.categories**2)
        return design


def layout_of(features: Features) -> Layout:
    """Of a scenario."""
    scenario = features.scenario
    kinds = tuple(features.categories[scenario.items[item].category] for item in features.items)
    return Layout(kinds=kinds, categories=len(features.categories))


class Planned:
    """Implements `shared.Model`: discounted reward of a member's visits from now on, by item shown now."""

    def __init__(self, features: Features) -> None:
        self.version = VERSION
        self._features = features
        self._layout = layout_of(features)
        self._weights: Floats = np.zeros(self._layout.size)

    def person(self, profile: Profile | None, *, position: int = 0) -> tuple[float, ...]:
        """The member as other policies see them, then how often each item was shown to them."""
        shown = profile.exposure if profile is not None else {}
        exposures = tuple(float(shown.get(item, 0.0)) for item in self._features.items)
        return (*self._features.person(profile, position=position), *exposures)

    def beliefs(self, person: tuple[float, ...], item_ids: list[str]) -> Beliefs:
        """What is still to come, by item."""
        who = checked(person)
        items = np.array([self._features.items[item] for item in item_ids])
        rows = self._layout.design(np.broadcast_to(who, (len(items), len(who))), items)
        return Beliefs(rows @ self._weights, np.zeros(len(items)))

    def update(self, person: tuple[float, ...], item_id: str, reward: float, *, first: bool) -> None:
        """Nothing is learned while it serves."""
        del item_id, first
        checked((*person, reward))

    def state(self) -> Mapping[str, Floats]:
        """All that was fitted."""
        return {"weights": self._weights.copy()}

    def restore(self, state: Mapping[str, Floats]) -> None:
        """As it was; nothing when the items have changed since."""
        if len(state["weights"]) == len(self._weights):
            self._weights = state["weights"].copy()
