"""profile -> eligible items: a pack's rules on items and facts, before anything is ranked.

A rule that cannot be decided does not hold: without the attribute where it is needed, without the fact, or with one
that is too old, from the future or not a number, the item is withheld.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from visavis.types import Fact, Item, Placement, Relation, Rule, Scenario

Facts = Mapping[str, Fact]
"""Event type -> what the member's latest event of it said; empty for nobody in particular."""


def eligible(item: Item, scenario: Scenario, placement: Placement, facts: Facts, now: datetime) -> bool:
    """Whether every rule lets the item be offered to this member, here and now."""
    return all(holds(rule, item, placement, facts, now) for rule in scenario.rules)


def barriers(item: Item, scenario: Scenario, placement: Placement, facts: Facts, now: datetime) -> tuple[Rule, ...]:
    """The rules that withhold the item, in the order of the pack; each says why."""
    return tuple(rule for rule in scenario.rules if not holds(rule, item, placement, facts, now))


def holds(rule: Rule, item: Item, placement: Placement, facts: Facts, now: datetime) -> bool:
    """Whether one rule lets the item be offered.

    Args:
        rule: Of the pack.
        item: What may be offered.
        placement: Where.
        facts: About the member.
        now: Aware UTC.
    """
    if rule.surfaces and placement.surface not in rule.surfaces:
        return True
    if rule.attribute not in item.attributes:
        return not rule.every_item
    other = rule.value if rule.fact is None else _known(rule, facts, now)
    return other is not None and _stands(item.attributes[rule.attribute], rule.relation, other)


def _known(rule: Rule, facts: Facts, now: datetime) -> float | None:
    """The fact that the rule asks for; None when it is missing or does not count at this moment."""
    fact = facts.get(rule.fact or "")
    if fact is None or fact.at > now:
        return None
    return fact.value if rule.valid_days is None or now - fact.at <= timedelta(days=rule.valid_days) else None


def _stands(attribute: str | float | bool, relation: Relation, other: str | float | bool) -> bool:
    match relation:
        case Relation.EQUALS:
            return _number(attribute) == _number(other) and attribute == other  # true is not 1
        case Relation.AT_MOST:
            return _number(attribute) and _number(other) and attribute <= other  # type: ignore[operator]  # numbers
        case Relation.AT_LEAST:
            return _number(attribute) and _number(other) and attribute >= other  # type: ignore[operator]  # numbers


def _number(value: str | float | bool) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
