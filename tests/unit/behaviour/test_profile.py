"""events -> profile, worked out by hand."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import member_events

from visavis.behaviour.profile import HALF_LIFE, profile
from visavis.testing import T0, a_scenario, an_event
from visavis.types import Event, Token

SCENARIO = a_scenario()
ITEMS = list(SCENARIO.items)
KINDS = [*SCENARIO.event_types, "something.unknown"]
LIKED = next(k for k, t in SCENARIO.event_types.items() if t.interest > 0)
WEIGHT = SCENARIO.event_types[LIKED].interest


def test_an_event_counts_half_after_a_half_life() -> None:
    """Two equal events, one of them a half-life old: interest 1 + 1/2 of the weight, frequency 1.5."""
    item = ITEMS[0]
    events = [
        an_event(id="a", kind=LIKED, item_id=item, occurred_at=T0 - HALF_LIFE),
        an_event(id="b", kind=LIKED, item_id=item, occurred_at=T0),
    ]
    found = profile(Token("t"), events, SCENARIO, T0)
    assert found.item_interest == {item: pytest.approx(1.5 * WEIGHT)}
    assert found.frequency_30d == pytest.approx(1.5)
    assert found.affinity == {SCENARIO.items[item].category: pytest.approx(1.0)}
    assert found.last_event_at == T0


def test_nobody_knows_a_new_member() -> None:
    """No event, no interest, no division by zero."""
    found = profile(Token("t"), [], SCENARIO, T0)
    assert (found.events, found.last_event_at, found.affinity, found.frequency_30d) == (0, None, {}, 0.0)


def test_the_future_is_ignored() -> None:
    """Point in time: an event of tomorrow changes nothing today."""
    later = an_event(kind=LIKED, item_id=ITEMS[0], occurred_at=T0 + timedelta(days=1))
    assert profile(Token("t"), [later], SCENARIO, T0) == profile(Token("t"), [], SCENARIO, T0)


@given(events=member_events(ITEMS, KINDS), order=st.randoms())
def test_the_order_of_arrival_does_not_matter(events: list[Event], order: object) -> None:
    """Late events give the same profile bit for bit; shares sum to 1 or there are none."""
    now = T0 + timedelta(minutes=2000)
    shuffled = list(events)
    order.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    found = profile(Token("t"), shuffled, SCENARIO, now)
    assert found == profile(Token("t"), events, SCENARIO, now)
    assert sum(found.affinity.values()) == pytest.approx(1.0 if found.affinity else 0.0)
