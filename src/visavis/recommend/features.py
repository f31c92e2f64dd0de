"""What the policy sees: of the member a short vector, of member and item together a joint one."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from visavis.types import Profile, Scenario

MODEL_VERSION = "affinity-1"


@dataclass(frozen=True, kw_only=True)
class Features:
    """Features of one scenario; columns are stable while its items and categories are.

    joint(profile, item) = [1, item one-hot, category one-hot x (1, share of interest), interest in the item]
    """

    scenario: Scenario

    @cached_property
    def items(self) -> dict[str, int]:
        """Column of each item."""
        return {item_id: n for n, item_id in enumerate(self.scenario.items)}

    @cached_property
    def categories(self) -> dict[str, int]:
        """Column of each category."""
        return {name: n for n, name in enumerate(self.scenario.categories)}

    @property
    def size(self) -> int:
        """Length of a joint vector."""
        return 3 + len(self.items) + 2 * len(self.categories)

    def person(self, profile: Profile | None) -> tuple[float, ...]:
        """The member alone: shares of interest by category, then the damped interest in each item; zeros for nobody."""
        if profile is None:
            return (0.0,) * (len(self.categories) + len(self.items))
        affinity = (profile.affinity.get(name, 0.0) for name in self.categories)
        interest = (np.tanh(profile.item_interest.get(item_id, 0.0)) for item_id in self.items)
        return tuple(map(float, (*affinity, *interest)))

    def joint(self, person: tuple[float, ...], item_ids: list[str]) -> NDArray[np.float64]:
        """One row for each item, (len(item_ids), size)."""
        who = np.asarray(person)
        columns = np.array([self.items[item_id] for item_id in item_ids])
        kinds = np.array([self.categories[self.scenario.items[item_id].category] for item_id in item_ids])
        rows = np.arange(len(item_ids))
        joint = np.zeros((len(item_ids), self.size))
        shares, interest = who[kinds], who[len(self.categories) + columns]
        joint[:, 0], joint[:, 1], joint[:, 2] = 1.0, shares, interest
        joint[rows, 3 + columns] = 1.0
        joint[rows, 3 + len(self.items) + kinds] = 1.0
        joint[rows, 3 + len(self.items) + len(self.categories) + kinds] = shares
        return joint
