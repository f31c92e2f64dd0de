"""events -> profile, from the whole log: recency, frequency and interests with exponential decay."""

from collections.abc import Sequence
from datetime import datetime

from visavis.behaviour.traits import HALF_LIFE, Traits
from visavis.types import Event, Profile, Scenario, Token

__all__ = ["HALF_LIFE", "in_order", "profile"]


def profile(token: Token, events: Sequence[Event], scenario: Scenario, now: datetime) -> Profile:
    """What a member's events say at this moment, whatever their order; events of the future are ignored.

    Args:
        token: The member.
        events: Their events, any order, each once.
        scenario: Says how much interest an event of each type shows.
        now: Aware UTC.
    """
    past = in_order([event for event in events if event.occurred_at <= now])
    traits, sums = Traits(scenario=scenario), dict[str, float]()
    for event in past:
        traits.observe(sums, event)
    return traits.read(token, sums, len(past), now)


def in_order(events: Sequence[Event]) -> list[Event]:
    """By time, then id: the order in which everything reads a log."""
    return sorted(events, key=lambda event: (event.occurred_at, event.id))
