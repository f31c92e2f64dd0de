"""events -> profile: recency, frequency and interests with exponential decay."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from visavis.types import Event, Profile, Scenario, Token

HALF_LIFE = timedelta(days=30)


def profile(token: Token, events: Sequence[Event], scenario: Scenario, now: datetime) -> Profile:
    """What a member's events say at this moment, whatever their order; events of the future are ignored.

    Args:
        token: The member.
        events: Their events, any order, each once.
        scenario: Says how much interest an event of each type shows.
        now: Aware UTC.
    """
    past = sorted((e for e in events if e.occurred_at <= now), key=lambda e: (e.occurred_at, e.id))
    items: defaultdict[str, float] = defaultdict(float)
    categories: defaultdict[str, float] = defaultdict(float)
    frequency = 0.0
    for event in past:
        decay = 0.5 ** ((now - event.occurred_at) / HALF_LIFE)
        frequency += decay
        meaning = scenario.event_types.get(event.kind)
        item = scenario.items.get(event.item_id or "")
        if meaning is not None and meaning.interest > 0 and item is not None:
            items[item.id] += meaning.interest * decay
            categories[item.category] += meaning.interest * decay
    return Profile(
        token=token,
        as_of=now,
        events=len(past),
        last_event_at=past[-1].occurred_at if past else None,
        frequency_30d=frequency,
        affinity=_shares(categories),
        item_interest=dict(items),
    )


def _shares(interest: Mapping[str, float]) -> dict[str, float]:
    total = sum(interest.values())
    return {name: value / total for name, value in interest.items()} if total > 0 else {}
