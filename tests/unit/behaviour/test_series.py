"""A series is a table by member and time that refuses to exist in a wrong shape."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import member_events

from visavis.behaviour.series import NONE, Series, microseconds, moment
from visavis.testing import T0, a_scenario, an_event
from visavis.types import Event, Token

SCENARIO = a_scenario()
ITEMS = list(SCENARIO.items)
KINDS = list(SCENARIO.event_types)
SECOND = timedelta(seconds=1)


def three() -> Series:
    """Ada at 0 and 5 seconds, Bob at 2."""
    return Series.of_events(
        [
            an_event(id="b", token=Token("bob"), kind=KINDS[0], item_id=ITEMS[1], occurred_at=T0 + 2 * SECOND),
            an_event(id="c", token=Token("ada"), kind=KINDS[1], item_id=None, occurred_at=T0 + 5 * SECOND, dwell_s=3.5),
            an_event(id="a", token=Token("ada"), kind=KINDS[0], item_id=ITEMS[0], occurred_at=T0, value=2.0),
        ],
        SCENARIO,
    )


def test_events_become_columns_by_member_and_time() -> None:
    """Three events of two members, worked out by hand."""
    series = three()
    assert series.members == ("ada", "bob")
    assert series.starts.tolist() == [0, 2, 3]
    assert series.kind.tolist() == [0, 1, 0]
    assert series.item.tolist() == [0, NONE, 1]
    assert series.value.tolist() == [2.0, 0.0, 0.0]
    assert series.dwell_s.tolist() == [0.0, 3.5, 0.0]
    assert series.gap_s.tolist() == [0.0, 5.0, 0.0]
    assert series.whose.tolist() == [0, 0, 1]
    assert moment(int(series.at[2])) == T0 + 2 * SECOND


def test_before_is_strictly_before() -> None:
    """At the very moment of an event it is not yet known; members stay, also without any event."""
    series = three()
    assert series.before(T0).starts.tolist() == [0, 0, 0]
    assert series.before(T0 + 5 * SECOND).starts.tolist() == [0, 1, 2]
    each = np.array([microseconds(T0 + 6 * SECOND), microseconds(T0)])
    assert series.before(each).starts.tolist() == [0, 2, 2]


def test_members_are_chosen_in_any_order() -> None:
    """Bob first; nobody is nobody."""
    assert three().of([1, 0]).kind.tolist() == [0, 0, 1]
    assert three().of([1, 0]).members == ("bob", "ada")
    assert len(three().of([])) == 0


def test_what_the_scenario_does_not_know_is_left_out() -> None:
    """Nobody's event and an unknown kind; an item that is gone is none."""
    events = [
        an_event(id="a", token=None),
        an_event(id="b", kind="something.unknown"),
        an_event(id="c", item_id="gone", occurred_at=T0),
    ]
    series = Series.of_events(events, SCENARIO)
    assert (len(series), series.item.tolist()) == (1, [NONE])
    assert len(Series.of_events([], SCENARIO)) == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": np.array([0, 1], np.int32)}, "kind must be int32 of shape"),
        ({"at": np.array([5, 0, 2], np.int64)}, "order of time"),
        ({"members": ("ada", "ada")}, "members must each be named once"),
        ({"starts": np.array([0, 3, 2], np.int64)}, "starts must rise from 0 to 3"),
        ({"item": np.array([0, len(ITEMS), 1], np.int32)}, "item must be in -1"),
        ({"value": np.array([0, np.nan, 0], np.float32)}, "finite"),
        ({"dwell_s": np.array([0, -1, 0], np.float32)}, "at least 0"),
    ],
)
def test_a_wrong_shape_does_not_exist(changes: dict[str, object], message: str) -> None:
    """Lengths, order, names, indices, numbers."""
    with pytest.raises(ValueError, match=message):
        replace(three(), **changes)


def test_rows_in_any_order_are_sorted_and_ties_keep_their_order() -> None:
    """Two rows of one moment stay as they came."""
    series = Series.of_columns(
        whose=np.array([1, 0, 1, 1]),
        at=np.array([7, 3, 2, 7]),
        members=("x", "y"),
        kinds=("seen",),
        items=("p", "q", "r"),
        item=np.array([0, 1, 2, 1]),
    )
    assert series.at.tolist() == [3, 2, 7, 7]
    assert series.item.tolist() == [1, 2, 0, 1]
    with pytest.raises(ValueError, match="no column"):
        Series.of_columns(whose=series.whose, at=series.at, members=("x", "y"), kinds=("seen",), price=series.value)


@given(events=member_events(ITEMS, KINDS), minutes=st.integers(0, 2000))
def test_before_knows_what_events_before_know(events: list[Event], minutes: int) -> None:
    """Cutting the series is the same as never having had the later events."""
    now = T0 + timedelta(minutes=minutes)
    cut = Series.of_events(events, SCENARIO).before(now)
    never = Series.of_events([event for event in events if event.occurred_at < now], SCENARIO)
    assert cut.kind.tolist() == never.kind.tolist()
    assert cut.at.tolist() == never.at.tolist()
    assert cut.item.tolist() == never.item.tolist()
