"""Members with hidden tastes, their visits, and what they do with an offer; driven by a pack's simulator section."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.types import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One member before one screen."""

    number: int  # counted from 0
    member: int
    placement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """One thing that a visitor does, so many seconds after the offer came on the glass."""

    kind: str
    delay_s: float


@dataclass(frozen=True, kw_only=True)
class Population:
    """Simulated members. Every answer is a function of (seed, visit, item) alone.

    So two policies can be compared on the same visits: whatever one shows, the other would have met the same mood.
    """

    scenario: Scenario
    members: int
    seed: int

    # ------ who they are

    @cached_property
    def _truth(self) -> NDArray[np.float64]:
        """Log-odds added to the first step's chance, (members, items): taste, appeal of the item, and a quirk."""
        rng = np.random.default_rng([self.seed, 1])
        plan = self._plan
        taste = rng.normal(0.0, plan["taste_spread"], (self.members, len(self.scenario.categories)))
        appeal = rng.normal(0.0, plan["appeal_spread"], len(self._items))
        quirk = rng.normal(0.0, plan["quirk_spread"], (self.members, len(self._items)))
        return taste[:, self._category] + appeal + quirk

    @property
    def _plan(self) -> Mapping[str, Any]:
        return self.scenario.simulator

    @cached_property
    def _items(self) -> dict[str, int]:
        return {item_id: n for n, item_id in enumerate(self.scenario.items)}

    @cached_property
    def _category(self) -> NDArray[np.intp]:
        columns = {name: n for n, name in enumerate(self.scenario.categories)}
        return np.array([columns[item.category] for item in self.scenario.items.values()])

    @cached_property
    def _sold(self) -> list[str]:
        """Items that can be bought: those of campaigns that are not the house's."""
        return [i for c in self.scenario.campaigns.values() if not c.house for i in c.items]

    def history(self, member: int) -> list[tuple[str, str, float]]:
        """(event type, item, days ago) of what the member did before the first visit, oldest first."""
        plan = self._plan["history"]
        rng = np.random.default_rng([self.seed, 2, member])
        columns = [self._items[item_id] for item_id in self._sold]
        liking = np.exp(self._truth[member, columns])
        share = plan["consistency"] * liking / liking.sum() + (1 - plan["consistency"]) / len(columns)
        bought = rng.choice(len(columns), size=int(plan["events"]), p=share)
        ago = np.sort(rng.uniform(0.0, plan["days"], int(plan["events"])))[::-1]
        return [(plan["kind"], self._sold[n], float(days)) for n, days in zip(bought, ago, strict=True)]

    # ------ what they do

    def visit(self, number: int, placements: Sequence[str]) -> Visit:
        """The visit of this number, at one of these placements."""
        rng = np.random.default_rng([self.seed, 3, number])
        weights = np.array([float(self._plan["visits"]["placements"].get(name, 0.0)) for name in placements])
        share = weights / weights.sum() if weights.sum() > 0 else np.full(len(placements), 1 / len(placements))
        member = int(rng.integers(self.members))
        return Visit(number=number, member=member, placement=placements[int(rng.choice(len(placements), p=share))])

    def respond(self, visit: Visit, item_id: str) -> list[Reaction]:
        """What the visitor does when this item is shown, in order; empty when nothing."""
        rng = np.random.default_rng([self.seed, 4, visit.number, self._items[item_id]])
        done: list[Reaction] = []
        delay = 0.0
        for n, step in enumerate(self._plan["steps"]):
            if rng.random() >= self._chance(n, visit.member, item_id):
                break
            delay = max(delay, float(rng.uniform(*step["delay_s"])))
            done.append(Reaction(kind=step["kind"], delay_s=delay))
        refusal = self._plan["refusal"]
        if not done and rng.random() < refusal["chance"]:
            done.append(Reaction(kind=refusal["kind"], delay_s=float(rng.uniform(*refusal["delay_s"]))))
        return done

    def _chance(self, step: int, member: int, item_id: str) -> float:
        base = float(self._plan["steps"][step]["chance"])
        if step > 0:
            return base
        odds = math.log(base / (1 - base)) + float(self._truth[member, self._items[item_id]])
        return 1 / (1 + math.exp(-odds))

    def reward(self, reactions: Sequence[Reaction]) -> float:
        """What the reactions are worth: the strongest counts."""
        return max((self.scenario.event_types[r.kind].reward for r in reactions), default=0.0)

    def expected_reward(self, member: int, item_id: str) -> float:
        """Mean reward of showing this item to this member: what a policy can at best learn."""
        expected, reach, best = 0.0, 1.0, 0.0
        for n, step in enumerate(self._plan["steps"]):
            reach *= self._chance(n, member, item_id)
            gain = max(0.0, self.scenario.event_types[step["kind"]].reward - best)
            expected += reach * gain
            best += gain
        return expected
