"""What can be read about a member without any network: decayed sums that one event changes in a handful of additions.

A sum holds weight * 2^((time of the event - time of the member's first event) / half-life). So an event of today is
added without touching what earlier events left, and reading divides by one power of two. `profile` folds a whole log
through the same two functions: a member followed event by event reads the same, bit for bit.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Any

from visavis.types import Event, Fact, Item, Profile, Scenario, Token, Trait

HALF_LIFE = timedelta(days=30)
VISIT_GAP = timedelta(hours=4)  # events that lie further apart belong to two visits
RISK = "risk"  # attribute of an item, where a pack has it: a number that rises with the risk
SOON, LATE = 1.5, 3.0  # mean gaps between visits after which a member is due, and overdue
_DAY_S = 86_400.0
_HALF_LIFE_S, _VISIT_GAP_S = HALF_LIFE.total_seconds(), VISIT_GAP.total_seconds()


@dataclass(frozen=True, kw_only=True)
class Traits:
    """The sums of one scenario's members, and how they are read."""

    scenario: Scenario

    @cached_property
    def version(self) -> str:
        """Of the sums: another where anything in the pack that they rest on is another."""
        kinds = {kind: meaning.interest for kind, meaning in self.scenario.event_types.items()}
        items = {i.id: (i.category, i.price, i.attributes.get(RISK)) for i in self.scenario.items.values()}
        rests_on = json.dumps([kinds, items, HALF_LIFE.days, VISIT_GAP.seconds], sort_keys=True)
        return f"traits-1@{hashlib.sha256(rests_on.encode()).hexdigest()[:12]}"

    @cached_property
    def _price_bounds(self) -> tuple[float, float] | None:
        return _thirds([item.price for item in self.scenario.items.values() if item.price is not None])

    @cached_property
    def _risk_bounds(self) -> tuple[float, float] | None:
        return _thirds([risk for item in self.scenario.items.values() if (risk := _risk(item)) is not None])

    @cached_property
    def _kinds(self) -> Mapping[str, tuple[str, str, float]]:
        """Kind -> names of its fact and of the fact's time, interest."""
        return {k: (f"fact/{k}", f"fact_at/{k}", t.interest) for k, t in self.scenario.event_types.items()}

    @cached_property
    def _items(self) -> Mapping[str, tuple[str, str, float | None, float | None]]:
        """Item -> names of its sum and of its category's, price, risk."""
        items = self.scenario.items.values()
        return {i.id: (f"item/{i.id}", f"category/{i.category}", i.price, _risk(i)) for i in items}

    @cached_property
    def _readers(self) -> tuple[Mapping[str, str], Mapping[str, str], Mapping[str, tuple[str, str]]]:
        """Name of a sum -> item, category, or kind with the name of its time."""
        items = {own: name for name, (own, _, _, _) in self._items.items()}
        categories = {f"category/{name}": name for name in self.scenario.categories}
        return items, categories, {fact: (kind, at) for kind, (fact, at, _) in self._kinds.items()}

    def observe(self, sums: dict[str, float], event: Event) -> None:
        """Add one event, in place; it is not older than those that are in the sums."""
        at = event.occurred_at.timestamp()
        growth: float = 2.0 ** ((at - sums.setdefault("first_at", at)) / _HALF_LIFE_S)
        get = sums.get
        sums["frequency"] = get("frequency", 0.0) + growth
        _visit(sums, at)
        sums["last_at"] = at
        if event.value:
            sums["value"] = get("value", 0.0) + event.value * growth
            sums["value_total"] = get("value_total", 0.0) + event.value
            sums["value_events"] = get("value_events", 0.0) + 1.0
        kind = self._kinds.get(event.kind)
        if kind is None:
            return
        fact, fact_at, interest = kind
        sums[fact], sums[fact_at] = event.value, at
        item = self._items.get(event.item_id or "") if interest > 0 else None
        if item is not None:
            weight = interest * growth
            own, category, price, risk = item
            sums[own] = get(own, 0.0) + weight
            sums[category] = get(category, 0.0) + weight
            if price is not None:
                sums["price"] = get("price", 0.0) + price * weight
                sums["price_weight"] = get("price_weight", 0.0) + weight
            if risk is not None:
                sums["risk"] = get("risk", 0.0) + risk * weight
                sums["risk_weight"] = get("risk_weight", 0.0) + weight

    def read(
        self,
        token: Token,
        sums: Mapping[str, float],
        events: int,
        now: datetime,
        said: Mapping[str, Any] = MappingProxyType({}),
    ) -> Profile:
        """The profile at a moment that is not before the last event in the sums.

        Args:
            token: the member.
            sums: what `observe` left; empty without events.
            events: number of them.
            now: aware UTC.
            said: fields of the profile that a network adds.
        """
        if not events:
            return Profile(token=token, as_of=now, events=0, last_event_at=None, frequency_30d=0.0, affinity={})
        at = now.timestamp()
        decay = 2.0 ** ((sums["first_at"] - at) / _HALF_LIFE_S)
        items, goods, kinds = self._readers
        interest = {items[name]: value * decay for name, value in sums.items() if name in items}
        categories = {good: sums[name] * decay for name, good in goods.items() if name in sums}
        facts = {
            kind: Fact(value=sums[name], at=_moment(sums[when])) for name, (kind, when) in kinds.items() if name in sums
        }
        total = sum(categories.values())
        affinity = {name: value / total for name, value in categories.items()} if total > 0 else {}
        return Profile(
            token=token,
            as_of=now,
            events=events,
            last_event_at=_moment(sums["last_at"]),
            frequency_30d=sums["frequency"] * decay,
            affinity=affinity,
            item_interest=interest,
            facts=facts,
            traits=self._traits(sums, events, affinity, at, decay),
            **said,
        )

    def _traits(
        self, sums: Mapping[str, float], events: int, affinity: Mapping[str, float], at: float, decay: float
    ) -> dict[str, Trait]:
        last = _moment(sums["last_at"]).isoformat()
        traits = {
            "recency_days": Trait(
                value=(at - sums["last_at"]) / _DAY_S, evidence={"last_event_at": last, "events": float(events)}
            ),
            "frequency_30d": Trait(
                value=sums["frequency"] * decay,
                evidence={
                    "events": float(events),
                    "visits": sums["visits"],
                    "first_event_at": _moment(sums["first_at"]).isoformat(),
                },
            ),
            "value_30d": Trait(
                value=sums.get("value", 0.0) * decay,
                evidence={"events": sums.get("value_events", 0.0), "total": sums.get("value_total", 0.0)},
            ),
        }
        if affinity:
            traits["affinity"] = Trait(value=max(sorted(affinity), key=affinity.__getitem__), evidence=affinity)
        price = _band(sums, "price", self._price_bounds)
        if price:
            traits["price_band"] = price
        risk = _band(sums, "risk", self._risk_bounds)
        if risk:
            traits["risk_band"] = risk
        if sums["visits"] > 1:
            traits["return_band"] = _return(sums, at)
        return traits


def _visit(sums: dict[str, float], at: float) -> None:
    """Count visits, and the time between their beginnings."""
    last = sums.get("last_at")
    if last is None or at - last > _VISIT_GAP_S:
        if last is not None:
            sums["visit_gaps_s"] = sums.get("visit_gaps_s", 0.0) + at - sums["visit_at"]
        sums["visits"] = sums.get("visits", 0.0) + 1.0
        sums["visit_at"] = at


def _risk(item: Item) -> float | None:
    risk = item.attributes.get(RISK)
    return float(risk) if isinstance(risk, int | float) and not isinstance(risk, bool) else None


def _thirds(values: list[float]) -> tuple[float, float] | None:
    """Where the lower and the upper third of the catalogue begin; None where all items are alike."""
    if not values or min(values) == max(values):
        return None
    ranked = sorted(values)
    return ranked[math.ceil(len(ranked) / 3) - 1], ranked[math.ceil(2 * len(ranked) / 3) - 1]


def _band(sums: Mapping[str, float], name: str, bounds: tuple[float, float] | None) -> Trait | None:
    """Whether what the member likes lies in the lower, middle or upper third of the catalogue."""
    weight = sums.get(f"{name}_weight", 0.0)
    if bounds is None or not weight:
        return None
    mean = sums[name] / weight
    band = "low" if mean <= bounds[0] else "middle" if mean <= bounds[1] else "high"
    return Trait(value=band, evidence={"mean": mean, "low_to": bounds[0], "middle_to": bounds[1]})


def _return(sums: Mapping[str, float], at: float) -> Trait:
    """Whether the member is late, by their own measure."""
    gap = sums["visit_gaps_s"] / (sums["visits"] - 1)
    since = at - sums["last_at"]
    band = "on-time" if since <= SOON * gap else "due" if since <= LATE * gap else "overdue"
    evidence = {"days_since": since / _DAY_S, "mean_days_between": gap / _DAY_S, "visits": sums["visits"]}
    return Trait(value=band, evidence=evidence)


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
