"""Members' visits one after the other, as arrays."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from visavis.recommend.horizon import Floats, Layout, Whole

GONE_DAYS = 30.0  # whoever has not come for so long before the log ends, does not come again


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visits:
    """One row a decision, by member, then time. N rows, K items."""

    layout: Layout
    people: Floats = field(repr=False)  # (N, person) as the policy would have seen them
    item: Whole  # (N,) what was shown
    propensity: Floats  # (N,) with which
    allowed: NDArray[np.bool_] = field(repr=False)  # (N, K) what might have been shown
    reward: Floats  # (N,)
    member: Whole  # (N,) number of the member, from 0 on
    day: Floats  # (N,) when, in days
    end_day: float  # of the log

    def __post_init__(self) -> None:
        n = len(self.item)
        columns = (self.people, self.propensity, self.allowed, self.reward, self.member, self.day)
        if any(len(column) != n for column in columns) or self.people.shape != (n, self.layout.person):
            raise ValueError("columns of one length, and a person as the layout says")
        if n and ((np.diff(self.member) < 0).any() or (np.diff(self.day)[np.diff(self.member) == 0] < 0).any()):
            raise ValueError("visits are ordered by member, then time")

    def __len__(self) -> int:
        return len(self.item)

    @property
    def goes_on(self) -> NDArray[np.bool_]:
        """(N,) whether the next row is the same member's next visit."""
        return np.append(self.member[1:] == self.member[:-1], False) if len(self) else np.zeros(0, np.bool_)

    @property
    def known(self) -> NDArray[np.bool_]:
        """(N,) whether it is known what came after: a visit or, for a month, nothing. The rest is cut off."""
        known: NDArray[np.bool_] = self.goes_on | (self.day < self.end_day - GONE_DAYS)
        return known

    def discounts(self, gamma: float) -> Floats:
        """(N,) gamma to the power of the days until the next visit; 0 where none comes."""
        gap = np.append(np.diff(self.day), 0.0)
        return np.where(self.goes_on, gamma ** np.maximum(gap, 0.0), 0.0)

    def part(self, rows: NDArray[np.bool_]) -> "Visits":
        """Those of some members."""
        return Visits(
            layout=self.layout,
            people=self.people[rows],
            item=self.item[rows],
            propensity=self.propensity[rows],
            allowed=self.allowed[rows],
            reward=self.reward[rows],
            member=np.unique(self.member[rows], return_inverse=True)[1].astype(np.int64),
            day=self.day[rows],
            end_day=self.end_day,
        )


def values(visits: Visits, weights: Floats) -> Floats:
    """(N, K) what is still to come by item; -inf where an item might not be shown."""
    found = np.full(visits.allowed.shape, -np.inf)
    for item in range(visits.layout.items):
        rows = np.flatnonzero(visits.allowed[:, item])
        design = visits.layout.design(visits.people[rows], np.full(len(rows), item))
        found[rows, item] = design @ weights
    return found
