"""Traits, followed event by event."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from strategies import member_events

from visavis.behaviour.profile import HALF_LIFE, in_order, profile
from visavis.behaviour.traits import VISIT_GAP, Traits
from visavis.testing import T0, a_scenario, an_event
from visavis.types import Event, Token

SCENARIO = a_scenario()
ITEMS = list(SCENARIO.items)
KINDS = [*SCENARIO.event_types, "something.unknown"]
LIKED = next(k for k, t in SCENARIO.event_types.items() if t.interest > 0)
TRAITS = Traits(scenario=SCENARIO)


def priced(*prices: float) -> Traits:
    """The scenario with its first items at these prices, and a risk of 1, 2, 3 and so on."""
    items = {
        name: replace(SCENARIO.items[name], price=price, attributes={"risk": n})
        for n, (name, price) in enumerate(zip(ITEMS, prices, strict=False), start=1)
    }
    return Traits(scenario=replace(SCENARIO, items=items))


@given(events=member_events(ITEMS, KINDS))
def test_a_member_followed_event_by_event_reads_as_the_whole_log(events: list[Event]) -> None:
    """Bit for bit, after every event; and the sums are what the log says when they are added up directly."""
    sums: dict[str, float] = {}
    past = in_order(events)
    for number, event in enumerate(past, start=1):
        TRAITS.observe(sums, event)
        now = event.occurred_at + timedelta(hours=3)
        read = TRAITS.read(Token("t"), sums, number, now)
        assert read == profile(Token("t"), past[:number], SCENARIO, now)
        wanted = _by_definition(past[:number], now)
        assert read.frequency_30d == pytest.approx(wanted["frequency"], rel=1e-9)
        assert read.item_interest == pytest.approx(wanted["interest"], rel=1e-9)


def _by_definition(events: Sequence[Event], now: datetime) -> dict[str, object]:
    interest: dict[str, float] = {}
    for event in events:
        weight = SCENARIO.event_types[event.kind].interest if event.kind in SCENARIO.event_types else 0.0
        if weight and event.item_id in SCENARIO.items:
            decay = 0.5 ** ((now - event.occurred_at) / HALF_LIFE)
            interest[event.item_id] = interest.get(event.item_id, 0.0) + weight * decay
    return {"frequency": sum(0.5 ** ((now - e.occurred_at) / HALF_LIFE) for e in events), "interest": interest}


def test_each_trait_names_what_it_rests_on() -> None:
    """Two visits two days apart, 10 and 30 spent on items of price 1 and 3; read one day after the second."""
    traits, sums = priced(1.0, 2.5, 3.0), dict[str, float]()
    first = an_event(id="a", kind=LIKED, item_id=ITEMS[0], value=10.0, occurred_at=T0)
    second = an_event(id="b", kind=LIKED, item_id=ITEMS[2], value=30.0, occurred_at=T0 + timedelta(days=2))
    for event in (first, second):
        traits.observe(sums, event)
    found = traits.read(Token("t"), sums, 2, T0 + timedelta(days=3)).traits
    assert found["recency_days"].value == pytest.approx(1.0)
    assert found["recency_days"].evidence["last_event_at"] == second.occurred_at.isoformat()
    assert found["value_30d"].value == pytest.approx(10 * 0.5 ** (3 / 30) + 30 * 0.5 ** (1 / 30))
    assert found["value_30d"].evidence == {"events": 2.0, "total": 40.0}
    w1, w2 = 0.5 ** (3 / 30), 0.5 ** (1 / 30)
    assert found["price_band"].value == "middle"
    assert found["price_band"].evidence["mean"] == pytest.approx((w1 * 1 + w2 * 3) / (w1 + w2))
    assert (found["price_band"].evidence["low_to"], found["price_band"].evidence["middle_to"]) == (1.0, 2.5)
    assert found["risk_band"].value == "high"
    assert found["return_band"].value == "on-time"
    assert found["return_band"].evidence == {"days_since": 1.0, "mean_days_between": 2.0, "visits": 2.0}


@pytest.mark.parametrize(("days", "band"), [(3, "on-time"), (6, "due"), (7, "overdue")])
def test_who_is_late_is_measured_by_their_own_habit(days: int, band: str) -> None:
    """Mean gap of two days: 1.5 times of it is due, 3 times is overdue."""
    sums: dict[str, float] = {}
    for day in (0, 2):
        TRAITS.observe(sums, an_event(id=f"{day}", occurred_at=T0 + timedelta(days=day)))
    assert TRAITS.read(Token("t"), sums, 2, T0 + timedelta(days=2 + days)).traits["return_band"].value == band


def test_events_close_together_are_one_visit() -> None:
    """The last gap is a second too long."""
    moments = (timedelta(0), VISIT_GAP, 2 * VISIT_GAP + timedelta(seconds=1))
    sums: dict[str, float] = {}
    for number, moment in enumerate(moments):
        TRAITS.observe(sums, an_event(id=f"{number}", occurred_at=T0 + moment))
    assert sums["visits"] == 2
    assert sums["visit_gaps_s"] == moments[2].total_seconds()


def test_a_fact_is_the_latest_value_of_its_kind() -> None:
    """Two answers to the same question: the second holds, with its time."""
    later = T0 + timedelta(days=400)
    events = [an_event(id="a", kind=LIKED, value=3.0), an_event(id="b", kind=LIKED, value=5.0, occurred_at=later)]
    fact = profile(Token("t"), events, SCENARIO, later).facts[LIKED]
    assert (fact.value, fact.at) == (5.0, later)


def test_sums_of_ten_years_keep_their_precision() -> None:
    """The first event has decayed to 2^-121 of the last: the sum is that of the last."""
    sums: dict[str, float] = {}
    for number in range(2):
        moment = T0 + timedelta(days=3650 * number)
        TRAITS.observe(sums, an_event(id=f"{number}", kind=LIKED, item_id=ITEMS[0], occurred_at=moment))
    found = TRAITS.read(Token("t"), sums, 2, T0 + timedelta(days=3650))
    assert math.isclose(found.item_interest[ITEMS[0]], SCENARIO.event_types[LIKED].interest, rel_tol=1e-12)


def test_the_version_follows_what_the_sums_rest_on() -> None:
    """Another price is another version; the same pack read again is not."""
    assert priced(1.0, 2.0).version == priced(1.0, 2.0).version
    assert priced(1.0, 2.0).version != priced(1.0, 3.0).version
