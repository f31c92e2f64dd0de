"""Members with hidden tastes, their visits, and what they do with an offer; driven by a pack's simulator section.

Tastes may drift at a known moment, an offer that was shown often may tire, and some may answer late: what showing an
item is worth is known at every moment all the same.
"""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
    day: float = 0.0  # since the simulation began


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
        return self._drawn_truth(np.random.default_rng([self.seed, 1]))

    @cached_property
    def _drifted(self) -> NDArray[np.float64]:
        """The same from the day of the drift on: old and new mixed so that the spreads stay."""
        share = float(self._plan["drift"]["share"])
        fresh = self._drawn_truth(np.random.default_rng([self.seed, 5]))
        return math.sqrt(1 - share) * self._truth + math.sqrt(share) * fresh

    def _drawn_truth(self, rng: np.random.Generator) -> NDArray[np.float64]:
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

    def facts(self, member: int) -> list[tuple[str, float, float]]:
        """(event type, value, days ago) of what the member said of themselves; those who never did have none."""
        rng = np.random.default_rng([self.seed, 6, member])
        said = []
        for fact in self._plan.get("facts") or ():
            low, high = fact["values"]
            value, ago = float(rng.integers(low, high + 1)), float(rng.uniform(0.0, fact["days"]))
            if rng.random() >= fact["missing"]:
                said.append((fact["kind"], value, ago))
        return said

    # ------ what they do

    def visit(self, number: int, placements: Sequence[str]) -> Visit:
        """The visit of this number, at one of these placements."""
        rng = np.random.default_rng([self.seed, 3, number])
        weights = np.array([float(self._plan["visits"]["placements"].get(name, 0.0)) for name in placements])
        share = weights / weights.sum() if weights.sum() > 0 else np.full(len(placements), 1 / len(placements))
        member = int(rng.integers(self.members))
        placement = placements[int(rng.choice(len(placements), p=share))]
        day = number * float(self._plan["visits"]["days_between"]) / self.members
        return Visit(number=number, member=member, placement=placement, day=day)

    def respond(self, visit: Visit, item_id: str, *, shown: int = 0) -> list[Reaction]:
        """What the visitor does when this item is shown, in order; empty when nothing.

        Args:
            visit: Who, and when.
            item_id: What is shown.
            shown: How often the member saw it lately, see `Seen`.
        """
        rng = np.random.default_rng([self.seed, 4, visit.number, self._items[item_id]])
        done: list[Reaction] = []
        delay = 0.0
        for n, step in enumerate(self._plan["steps"]):
            if rng.random() >= self._chance(n, visit.member, item_id, visit.day, shown):
                break
            delay = max(delay, float(rng.uniform(*step["delay_s"])))
            done.append(Reaction(kind=step["kind"], delay_s=delay))
        refusal = self._plan["refusal"]
        if not done and rng.random() < refusal["chance"]:
            done.append(Reaction(kind=refusal["kind"], delay_s=float(rng.uniform(*refusal["delay_s"]))))
        late = self._plan.get("late")
        if late and rng.random() < late["chance"]:
            wait = float(rng.uniform(*late["delay_s"]))
            done = [Reaction(kind=reaction.kind, delay_s=reaction.delay_s + wait) for reaction in done]
        return done

    def _chance(self, step: int, member: int, item_id: str, day: float, shown: int) -> float:
        base = float(self._plan["steps"][step]["chance"])
        if step > 0:
            return base
        drift, fatigue = self._plan.get("drift"), self._plan.get("fatigue")
        truth = self._drifted if drift and day >= drift["after_days"] else self._truth
        odds = math.log(base / (1 - base)) + float(truth[member, self._items[item_id]])
        odds -= shown * float(fatigue["odds"]) if fatigue else 0.0
        return 1 / (1 + math.exp(-odds))

    def reward(self, reactions: Sequence[Reaction]) -> float:
        """What the reactions are worth: the strongest counts."""
        return max((self.scenario.event_types[r.kind].reward for r in reactions), default=0.0)

    def expected_reward(self, member: int, item_id: str, *, day: float = 0.0, shown: int = 0) -> float:
        """Mean reward of showing this item to this member then: what a policy can at best learn.

        Args:
            member: Who.
            item_id: What is shown.
            day: When, since the simulation began.
            shown: How often the member saw it lately, see `Seen`.
        """
        expected, reach, best = 0.0, 1.0, 0.0
        for n, step in enumerate(self._plan["steps"]):
            reach *= self._chance(n, member, item_id, day, shown)
            gain = max(0.0, self.scenario.event_types[step["kind"]].reward - best)
            expected += reach * gain
            best += gain
        return expected


@dataclass(slots=True, kw_only=True)
class Seen:
    """What each member saw in the last days: offers tire, and become fresh again."""

    days: float
    _when: dict[tuple[int, str], deque[float]] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, scenario: Scenario) -> "Seen":
        """As long as the pack's fatigue lasts; nothing tires where it names none."""
        fatigue = scenario.simulator.get("fatigue")
        return cls(days=float(fatigue["days"]) if fatigue else 0.0)

    def lately(self, visit: Visit, item_id: str) -> int:
        """How often the visitor saw the item within the days before the visit."""
        when = self._when.get((visit.member, item_id), deque())
        while when and when[0] <= visit.day - self.days:
            when.popleft()
        return len(when)

    def add(self, visit: Visit, item_id: str) -> None:
        """The item was shown; visits come in the order of time."""
        self._when.setdefault((visit.member, item_id), deque()).append(visit.day)
