"""What simulated members did over months, and what is true of them: their behaviour class and the offer that suits.

Driven by a pack's `histories:` section. Each member has a hidden class and a hidden tier, which their events follow;
what is true is told by the events alone:

    class = that of which most events speak, or the idle one, when there are few events
    tier  = the highest that their turnover reaches
    offer = the pack's table at (class, tier)

An event speaks for a class when its kind and item are those of a telling act, and its value and dwell reach the act's
thresholds. With noise, class and tier are drawn from a distribution that is known given the events, so that the best
accuracy and loss that anybody can reach are known exactly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.behaviour.series import Series, microseconds
from visavis.errors import HistoriesMissing
from visavis.types import Scenario

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ENDS_AT = datetime(2026, 1, 1, tzinfo=UTC)
TEN_VOTES = 10.0  # at noise 1, so many votes between two classes make their odds e
PEOPLE = 20  # shape of how the number of events differs from member to member; smaller differs more
DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Histories:
    """Members' events with what is true of each member; M members in the order of the series."""

    series: Series
    classes: tuple[str, ...]  # behaviour classes in the order of the pack, C of them
    items: tuple[str, ...]  # items in the order of the pack, I of them
    behaviour: Ints = field(repr=False)  # (M,): index into classes
    offers: Ints = field(repr=False)  # (M,): index into items
    behaviour_posterior: Floats = field(repr=False)  # (M, C): probability of each class, given the events
    offer_posterior: Floats = field(repr=False)  # (M, I): probability of each item being right, given the events


def best_accuracy(posterior: Floats) -> float:
    """Bayes optimum: share that the best guess, which knows the distribution, gets right."""
    return float(posterior.max(axis=1).mean())


def best_loss(posterior: Floats) -> float:
    """Bayes optimum: mean cross-entropy, in nats, of whoever knows the distribution."""
    log = np.log(posterior, where=posterior > 0, out=np.zeros_like(posterior))
    return float(-(posterior * log).sum(axis=1).mean()) + 0.0  # never minus zero


def histories(
    scenario: Scenario, members: int, *, days: float = 180.0, seed: int, noise: float = 0.0, ends_at: datetime = ENDS_AT
) -> Histories:
    """Simulated members; the same arguments give the same.

    Events depend on seed, members and days alone; noise moves only what is true.

    Args:
        scenario: a pack with a `histories:` section.
        members: how many.
        days: over which their events are spread.
        seed: of everything.
        noise: 0 makes class and offer functions of the events; 0.3 is moderate.
        ends_at: last moment, aware UTC.

    Raises:
        HistoriesMissing: The pack has no such section.
    """
    world = _World.of(scenario)
    rng = np.random.default_rng([seed, 5])
    found = _drawn(world, members, rng)
    votes, turnover = world.votes(found), world.turnover(found)
    behaviour_posterior = world.class_chances(votes, found.counts, noise)
    tier_chances = world.tier_chances(turnover, noise)
    label_rng = np.random.default_rng([seed, 6])
    behaviour = _sampled(behaviour_posterior, label_rng)
    tier = _sampled(tier_chances, label_rng)
    joint = behaviour_posterior[:, :, None] * tier_chances[:, None, :]  # (M, C, T): independent given the events
    right = np.zeros((world.table.size, len(scenario.items)))  # (C T, I): which item each cell of the table names
    right[np.arange(world.table.size), world.table.ravel()] = 1.0
    return Histories(
        series=_series(scenario, world, found, days, ends_at, rng),
        classes=tuple(scenario.behaviour_classes),
        items=tuple(scenario.items),
        behaviour=behaviour,
        offers=world.table[behaviour, tier],
        behaviour_posterior=behaviour_posterior,
        offer_posterior=joint.reshape(len(joint), -1) @ right,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Drawn:
    """Events of members, one after the other."""

    counts: Ints  # (M,): events of each
    act: Ints  # (N,)
    item: Ints  # (N,): index into the scenario's items, or -1
    value: Floats  # (N,): whole numbers
    dwell_s: Floats  # (N,): whole numbers

    @property
    def whose(self) -> Ints:
        return np.repeat(np.arange(len(self.counts)), self.counts)

    def where(self, kept: NDArray[np.bool_]) -> "_Drawn":
        """Of those members alone."""
        rows = kept[self.whose]
        columns = {name: getattr(self, name)[rows] for name in ("act", "item", "value", "dwell_s")}
        return _Drawn(counts=self.counts[kept], **columns)


def _joined(parts: Sequence[_Drawn], members: int) -> _Drawn:
    columns = ("counts", "act", "item", "value", "dwell_s")
    whole = _Drawn(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in columns})
    return whole.where(np.arange(len(whole.counts)) < members)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _World:
    """A pack's `histories:` section as arrays: A acts, C classes, T tiers in rising order."""

    plan: Mapping[str, Any]
    kinds: tuple[str, ...]  # of the scenario
    classes: int
    idle: int  # index of the class of those with few events
    kind: Ints  # (A,): index into kinds
    says: Ints  # (A,): class that the act speaks for, or -1
    tier: Ints  # (A,): tier whose members do it, or -1
    from_value: Floats  # (A,)
    from_dwell_s: Floats  # (A,)
    value: Floats  # (A, 2): median and spread, of the logarithm
    dwell_s: Floats  # (A, 2)
    goods: tuple[Ints, ...]  # of each act: indices into the scenario's items; -1 alone when it names none
    spends: NDArray[np.bool_]  # (A,): counts towards the turnover
    tier_from: Floats  # (T,)
    tier_scale: Floats  # (T,)
    table: Ints  # (C, T): index into the scenario's items

    @classmethod
    def of(cls, scenario: Scenario) -> "_World":
        plan = scenario.simulator.get("histories")
        if plan is None:
            raise HistoriesMissing(f"the pack {scenario.name}")
        items = {item_id: n for n, item_id in enumerate(scenario.items)}
        kinds = tuple(scenario.event_types)
        classes = {name: n for n, name in enumerate(scenario.behaviour_classes)}
        acts, tiers = list(plan["acts"].values()), plan["tiers"]
        ranks = {name: n for n, name in enumerate(tiers)}
        return cls(
            plan=plan,
            kinds=kinds,
            classes=len(classes),
            idle=classes[plan["idle"]["behaviour"]],
            kind=np.array([kinds.index(act["kind"]) for act in acts]),
            says=np.array([classes[act["says"]] if act["says"] else -1 for act in acts]),
            tier=np.array([ranks[act["tier"]] if act["tier"] else -1 for act in acts]),
            from_value=np.array([act["from_value"] for act in acts], float),
            from_dwell_s=np.array([act["from_dwell_s"] for act in acts], float),
            value=np.array([act["value"] for act in acts], float),
            dwell_s=np.array([act["dwell_s"] for act in acts], float),
            goods=tuple(np.array([items[name] for name in act["items"]] or [-1]) for act in acts),
            spends=np.array([act["kind"] in plan["turnover"] for act in acts]),
            tier_from=np.array([tier["reaches"] for tier in tiers.values()], float),
            tier_scale=np.array([tier["scale"] for tier in tiers.values()], float),
            table=np.array([[items[plan["offers"][name][tier]] for tier in tiers] for name in classes]),
        )

    # ------ what is true, given the events

    def votes(self, drawn: _Drawn) -> Ints:
        """(M, C): events that speak for each class."""
        speaks = (self.says[drawn.act] >= 0) & (drawn.value >= self.from_value[drawn.act])
        speaks &= drawn.dwell_s >= self.from_dwell_s[drawn.act]
        cell = drawn.whose[speaks] * self.classes + self.says[drawn.act][speaks]
        return np.bincount(cell, minlength=len(drawn.counts) * self.classes).reshape(-1, self.classes)

    def turnover(self, drawn: _Drawn) -> Floats:
        """(M,): sum of what was spent."""
        spent = drawn.value * self.spends[drawn.act]
        return np.asarray(np.bincount(drawn.whose, spent, minlength=len(drawn.counts)), np.float64)

    def class_chances(self, votes: Ints, counts: Ints, noise: float) -> Floats:
        """(M, C): softmax(votes / (10 noise)) among those who are not idle, who are logistic in their events."""
        few = float(self.plan["idle"]["fewer_than"])
        busy = votes.astype(float)
        busy[:, self.idle] = -np.inf
        if noise == 0:
            best = np.where(counts < few, self.idle, busy.argmax(axis=1))
            return np.eye(self.classes)[best]
        idle = 1 / (1 + np.exp(np.clip((counts - few) / (few * noise), -500, 500)))
        odds = np.exp((busy - busy.max(axis=1, keepdims=True)) / (TEN_VOTES * noise))
        chances: Floats = (1 - idle)[:, None] * odds / odds.sum(axis=1, keepdims=True)
        chances[:, self.idle] = idle
        return chances

    def tier_chances(self, turnover: Floats, noise: float) -> Floats:
        """(M, T): P(tier >= t) = logistic(log(turnover / from_t) / noise)."""
        above = self._above(turnover)
        reached = (above >= 0).astype(float) if noise == 0 else 1 / (1 + np.exp(np.clip(-above / noise, -500, 500)))
        reached[:, 0] = 1.0
        return np.asarray(reached - np.append(reached[:, 1:], np.zeros((len(reached), 1)), axis=1))

    def _above(self, turnover: Floats) -> Floats:
        """(M, T): how far above each tier's border, in logarithms; who spent nothing counts as one."""
        spent, border = np.maximum(turnover, 1.0), np.maximum(self.tier_from, 1.0)
        return np.asarray(np.log(spent)[:, None] - np.log(border)[None, :])

    def clear(self, drawn: _Drawn) -> NDArray[np.bool_]:
        """(M,): members who are not too near to another class or tier."""
        margin, few = self.plan["margin"], self.plan["idle"]["fewer_than"]
        votes = self.votes(drawn)
        votes[:, self.idle] = 0
        top = np.sort(votes, axis=1)
        decided = (top[:, -1] - top[:, -2] >= margin["votes"]) | (drawn.counts < few)
        known = np.abs(drawn.counts - (few - 0.5)) >= margin["votes"]
        apart = np.abs(self._above(self.turnover(drawn))[:, 1:])
        return np.asarray(decided & known & (apart >= np.log1p(margin["turnover"])).all(axis=1))

    # ------ what they do

    def draw(self, members: int, rng: np.random.Generator) -> _Drawn:
        """Members with their events, clear or not."""
        plan = self.plan
        hidden = rng.integers(self.classes, size=members)
        tier = rng.integers(len(self.tier_from), size=members)
        mean = np.where(hidden == self.idle, plan["idle"]["events"], plan["events"])
        counts = np.maximum(1, rng.negative_binomial(PEOPLE, PEOPLE / (PEOPLE + mean)))
        whose = np.repeat(np.arange(members), counts)
        act = self._acts(hidden[whose], tier[whose], rng)
        item = np.empty(len(act), np.int64)
        for n, goods in enumerate(self.goods):
            rows = act == n
            item[rows] = rng.choice(goods, size=int(rows.sum()))
        value, dwell = self.value[act], self.dwell_s[act]
        amount = value[:, 0] * np.exp(value[:, 1] * rng.standard_normal(len(act)))
        amount *= np.where(self.spends[act], self.tier_scale[tier[whose]], 1.0)
        stay = dwell[:, 0] * np.exp(dwell[:, 1] * rng.standard_normal(len(act)))
        return _Drawn(counts=counts, act=act, item=item, value=np.round(amount), dwell_s=np.round(stay))

    def _acts(self, hidden: Ints, tier: Ints, rng: np.random.Generator) -> Ints:
        """(N,): of each event, given its member's class and tier: a telling one or a plain one, the own one or any."""
        active = np.array([c for c in range(self.classes) if c != self.idle])
        own = rng.random(len(hidden)) < self.plan["consistency"]
        speaker = np.where(own & (hidden != self.idle), hidden, rng.choice(active, size=len(hidden)))
        tells = rng.random(len(hidden)) < self.plan["telling"]
        act = np.empty(len(hidden), np.int64)
        for behaviour in active:
            rows = tells & (speaker == behaviour)
            act[rows] = rng.choice(np.flatnonzero(self.says == behaviour), size=int(rows.sum()))
        plain = np.flatnonzero(self.says < 0)
        for rank in range(len(self.tier_from)):
            rows = ~tells & (tier == rank)
            fits = np.isin(self.tier[plain], (-1, rank)) + (1 - self.plan["consistency"]) / len(self.tier_from)
            act[rows] = rng.choice(plain, size=int(rows.sum()), p=fits / fits.sum())
        return act


def _drawn(world: _World, members: int, rng: np.random.Generator) -> _Drawn:
    """So many clear members: drawn, and those near a border left out, until there are enough."""
    parts: list[_Drawn] = []
    found = 0
    while found < members:
        some = world.draw(max(64, round((members - found) * 1.5)), rng)
        parts.append(some.where(world.clear(some)))
        found += len(parts[-1].counts)
    return _joined(parts, members)


def _sampled(chances: Floats, rng: np.random.Generator) -> Ints:
    """(M,): one index for each row, drawn by its chances."""
    edges = np.cumsum(chances, axis=1)
    draw = rng.random(len(chances)) * edges[:, -1]
    return np.asarray((draw[:, None] >= edges).sum(axis=1).clip(max=chances.shape[1] - 1))


def _series(
    scenario: Scenario, world: _World, drawn: _Drawn, days: float, ends_at: datetime, rng: np.random.Generator
) -> Series:
    """Times by chance over the days, and the placements where such members stop."""
    members, whose = len(drawn.counts), drawn.whose
    first = microseconds(ends_at - timedelta(days=days))
    weights = scenario.simulator["visits"]["placements"]
    names = list(scenario.placements)
    share = np.array([float(weights.get(name, 0.0)) for name in names])
    return Series.of_columns(
        whose=whose,
        at=first + np.floor(rng.random(len(whose)) * days * DAY_US).astype(np.int64),
        members=[f"member-{n:07d}" for n in range(members)],
        kinds=world.kinds,
        items=tuple(scenario.items),
        placements=names,
        kind=world.kind[drawn.act],
        item=drawn.item,
        placement=rng.choice(len(names), size=len(whose), p=share / share.sum()),
        value=drawn.value,
        dwell_s=drawn.dwell_s,
    )
