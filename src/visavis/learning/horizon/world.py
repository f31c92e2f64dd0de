"""Members who tire: what pays at once keeps them away. A world with known truth."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from visavis.learning.horizon.visits import Visits
from visavis.recommend.horizon import HALF_LIFE, Floats, Layout, Whole

PUSHY, GENTLE = 0, 1
Chooses = Callable[[Floats], Floats]
"""(N, person) people -> (N, K) probabilities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiring:
    """Half of the items are pushy: they pay more, and every one shown makes the next visit later or the last.

    A visit to come is after `gap` days on average, and comes with probability keep - tire x log(1 + pushy exposure).
    """

    items: int = 6
    pays: tuple[float, float] = (0.30, 0.22)  # pushy, gentle
    worn: float = 0.10  # reward lost per log(1 + exposure of the item)
    keep: float = 0.97
    tire: float = 0.16
    gap_days: float = 2.0
    days: float = 120.0
    layout: Layout = field(init=False)

    def __post_init__(self) -> None:
        kinds = tuple(PUSHY if item < self.items // 2 else GENTLE for item in range(self.items))
        object.__setattr__(self, "layout", Layout(kinds=kinds, categories=2))

    def live(self, members: int, chooses: Chooses, rng: np.random.Generator) -> Visits:
        """Every member from a first visit in the first month until they stay away, or time is over."""
        layout, kinds = self.layout, np.array(self.layout.kinds)
        taste = rng.normal(scale=0.03, size=(members, layout.items))
        shown, day = np.zeros((members, layout.items)), rng.uniform(0.0, 30.0, members)
        here, found = np.arange(members), []
        while len(here):
            people = self._people(shown[here])
            probabilities = chooses(people)
            item = (probabilities.cumsum(axis=1) > rng.random((len(here), 1))).argmax(axis=1)
            mean = np.array(self.pays)[kinds[item]] + taste[here, item] - self.worn * np.log1p(shown[here, item])
            reward = (rng.random(len(here)) < np.clip(mean, 0.0, 1.0)).astype(np.float64)
            found.append((here, day[here], people, item, probabilities[np.arange(len(here)), item], reward))
            shown[here, item] += 1.0
            pushed = np.log1p(shown[here][:, kinds == PUSHY].sum(axis=1))
            stays = rng.random(len(here)) < np.clip(self.keep - self.tire * pushed, 0.0, 1.0)
            gap = rng.exponential(self.gap_days, len(here))
            shown[here] *= 0.5 ** (gap / HALF_LIFE.days)[:, None]
            day[here] += gap
            here = here[stays & (day[here] < self.days)]
        return self._visits(found)

    def _people(self, shown: Floats) -> Floats:
        return np.concatenate([np.zeros((len(shown), 2 + self.items + 1)), shown], axis=1)

    def _visits(self, found: "list[tuple[Whole, Floats, Floats, Whole, Floats, Floats]]") -> Visits:
        member, day, people, item, propensity, reward = (np.concatenate(column) for column in zip(*found, strict=True))
        order = np.lexsort((day, member))
        return Visits(
            layout=self.layout,
            people=people[order],
            item=item[order],
            propensity=propensity[order],
            allowed=np.ones((len(item), self.items), np.bool_),
            reward=reward[order],
            member=member[order],
            day=day[order],
            end_day=self.days,
        )
