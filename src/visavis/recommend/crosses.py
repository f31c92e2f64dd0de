"""Features for neural-linear: what the behaviour network has read out of a member's history, crossed with items.

The network's state is folded into a few numbers and each is crossed with the category and with the item, by feature
hashing (Weinberger et al., 2009), so that memory and time do not grow with network and catalogue. The posterior over
the weights is exact (Riquelme, Tucker and Snoek, 2018: neural-linear).
"""

import math
import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from visavis.recommend.features import Features, checked
from visavis.types import Profile

FOLDED = 32  # numbers that the network's state becomes
BUCKETS = 128  # columns of crosses


@dataclass(frozen=True, kw_only=True)
class Folding:
    """Where each of many numbers goes among few, and with which sign."""

    place: NDArray[np.int64]
    sign: NDArray[np.float64]


def folding(names: list[str], into: int) -> Folding:
    """By the hash of each name."""
    hashes = np.array([zlib.crc32(name.encode()) for name in names], dtype=np.int64)
    return Folding(place=(hashes >> 1) % into, sign=np.where(hashes & 1, -1.0, 1.0))


@dataclass(frozen=True, kw_only=True)
class Crossed(Features):
    """person = that of `Features`, then probabilities of behaviour classes, then the folded state.

    joint = that of `Features`, then the crosses of those with the item's category and with the item.
    """

    version: str = "neural-1"

    @property
    def size(self) -> int:
        """Length of a joint vector."""
        return self.plain + BUCKETS

    @property
    def told(self) -> int:
        """Numbers that come from the network."""
        return len(self.scenario.behaviour_classes) + FOLDED

    def person(self, profile: Profile | None, *, position: int = 0) -> tuple[float, ...]:
        """Zeros where there is no network."""
        plain = super().person(profile, position=position)
        if profile is None:
            return (*plain, *(0.0,) * self.told)
        classes = (float(profile.classes.get(name, 0.0)) for name in self.scenario.behaviour_classes)
        return (*plain, *classes, *self._folded(profile.state))

    def joint(self, person: tuple[float, ...], item_ids: list[str]) -> NDArray[np.float64]:
        """One row for each item, (len(item_ids), size); raises ContextInvalid when a number is not finite."""
        told = np.zeros(self.told)  # and stays so for records of a policy that knew no network
        known = checked(person)[self.person_size :][: self.told]
        told[: len(known)] = known
        numbers = np.array([self.items[item_id] for item_id in item_ids])
        crossed = np.zeros((len(item_ids), BUCKETS))
        for crosses in (self._with_category, self._with_item):
            flat = np.arange(len(item_ids))[:, None] * BUCKETS + crosses.place[numbers]
            values = crosses.sign[numbers] * told
            crossed += np.bincount(flat.ravel(), values.ravel(), crossed.size).reshape(crossed.shape)
        return np.hstack([super().joint(person, item_ids), crossed])

    def _folded(self, state: tuple[float, ...]) -> tuple[float, ...]:
        """Sums of the state's numbers with signs, of about their size."""
        if not state:
            return (0.0,) * FOLDED
        fold = folding([f"state {n}" for n in range(len(state))], FOLDED)
        sums = np.bincount(fold.place, fold.sign * np.asarray(state), FOLDED)
        return tuple(map(float, sums / math.sqrt(max(1.0, len(state) / FOLDED))))

    @cached_property
    def _with_category(self) -> Folding:
        return self._crossing([f"category {item.category}" for item in self.scenario.items.values()])

    @cached_property
    def _with_item(self) -> Folding:
        return self._crossing([f"item {item_id}" for item_id in self.scenario.items])

    def _crossing(self, partners: list[str]) -> Folding:
        """(items, told) each."""
        fold = folding([f"{n} x {partner}" for partner in partners for n in range(self.told)], BUCKETS)
        shape = (len(partners), self.told)
        return Folding(place=fold.place.reshape(shape), sign=fold.sign.reshape(shape))
