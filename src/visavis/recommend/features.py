"""What the policy sees: of the member a short vector, of member and item together a joint one."""

import math
import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from visavis.errors import ContextInvalid
from visavis.types import Profile, Scenario

MODEL_VERSION = "affinity-2"
ITEM_COLUMNS = 256
SINGLE = 4  # columns before those that stand for one item or category


@dataclass(frozen=True, kw_only=True)
class Features:
    """Features of one scenario; columns are stable while its items and categories are.

    joint(profile, item) = [1, share, interest, place, item one-hot, category one-hot x (1, share)]: the share of
    interest that the item's category has, the damped interest in the item, and how much less its place is seen.
    """

    scenario: Scenario
    version: str = MODEL_VERSION

    @cached_property
    def items(self) -> dict[str, int]:
        """Column of each item."""
        return {item_id: n for n, item_id in enumerate(self.scenario.items)}

    @cached_property
    def categories(self) -> dict[str, int]:
        """Column of each category."""
        return {name: n for n, name in enumerate(self.scenario.categories)}

    @cached_property
    def columns(self) -> NDArray[np.int64]:
        """Column of each item's own weight: one each, or by hash where they are many (Weinberger et al., 2009)."""
        if len(self.items) <= ITEM_COLUMNS:
            return np.arange(len(self.items))
        return np.array([zlib.crc32(item_id.encode()) % ITEM_COLUMNS for item_id in self.items])

    @property
    def size(self) -> int:
        """Length of a joint vector."""
        return self.plain

    @property
    def plain(self) -> int:
        """Columns that `Features` itself has."""
        return SINGLE + min(len(self.items), ITEM_COLUMNS) + 2 * len(self.categories)

    @property
    def person_size(self) -> int:
        """Length of a member's vector."""
        return len(self.categories) + len(self.items) + 1

    @property
    def fingerprint(self) -> int:
        """Changes when a column comes to mean something else."""
        return zlib.crc32("\n".join([self.version, *self.categories, "", *self.items]).encode())

    def person(self, profile: Profile | None, *, position: int = 0) -> tuple[float, ...]:
        """The member: shares of interest by category, the damped interest in each item (zeros for nobody); the place.

        The place is 0 for what is seen first, and nears 1 as 1 - 1 / log2(2 + position), the discount of NDCG.
        """
        place = 1.0 - 1.0 / math.log2(2 + position)
        if profile is None:
            return (*(0.0,) * (len(self.categories) + len(self.items)), place)
        affinity = (profile.affinity.get(name, 0.0) for name in self.categories)
        interest = (np.tanh(profile.item_interest.get(item_id, 0.0)) for item_id in self.items)
        return tuple(map(float, (*affinity, *interest, place)))

    def joint(self, person: tuple[float, ...], item_ids: list[str]) -> NDArray[np.float64]:
        """One row for each item, (len(item_ids), size); raises ContextInvalid when a number is not finite."""
        who = checked(person)
        numbers = np.array([self.items[item_id] for item_id in item_ids])
        kinds = np.array([self.categories[self.scenario.items[item_id].category] for item_id in item_ids])
        rows = np.arange(len(item_ids))
        joint = np.zeros((len(item_ids), self.plain))
        shares, interest = who[kinds], who[len(self.categories) + numbers]
        place = who[self.person_size - 1] if len(who) >= self.person_size else 0.0  # older records have none
        joint[:, 0], joint[:, 1], joint[:, 2], joint[:, 3] = 1.0, shares, interest, place
        joint[rows, SINGLE + self.columns[numbers]] = 1.0
        joint[rows, self.plain - 2 * len(self.categories) + kinds] = 1.0
        joint[rows, self.plain - len(self.categories) + kinds] = shares
        return joint


def checked(person: tuple[float, ...]) -> NDArray[np.float64]:
    """The vector; raises ContextInvalid when a number is not finite."""
    who = np.asarray(person)
    if not np.isfinite(who).all():
        raise ContextInvalid("a feature of the member, or the reward")
    return who
