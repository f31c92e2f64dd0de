"""One event, one code: alone, in a batch and in a series."""

import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from strategies import member_events

from visavis.behaviour.encode import Vocabulary, encode, encode_series
from visavis.behaviour.profile import in_order
from visavis.behaviour.series import Series
from visavis.errors import ModelRefused
from visavis.testing import a_scenario, an_event
from visavis.types import Event

SCENARIO = a_scenario()
ITEMS = list(SCENARIO.items)
KINDS = list(SCENARIO.event_types)
VOCABULARY = Vocabulary(
    kinds=tuple(KINDS), items=tuple(ITEMS[:-1]), placements=tuple(SCENARIO.placements), classes=("new", "regular")
)


def test_an_event_is_three_numbers_and_four_decimals() -> None:
    """Second kind, first item, no placement; -4 worth, 9 s looked at, 99 s after the event before."""
    event = an_event(kind=KINDS[1], item_id=ITEMS[0], placement=None, value=-4.0, dwell_s=9.0)
    found = encode([event, event], [99.0, None], VOCABULARY)
    assert found.names.tolist() == [[2, 1, 0]] * 2
    second = [math.asinh(-4) / 4, math.log(10) / 8, math.log(100) / 16, 0.0]
    assert found.decimals[0] == pytest.approx(second)
    assert found.decimals[1] == pytest.approx([*second[:2], 0.0, 1.0])


def test_what_the_network_does_not_know_is_number_0() -> None:
    """An item added after training, and a kind of another pack."""
    found = encode([an_event(kind="other", item_id=ITEMS[-1], placement="elsewhere")], [None], VOCABULARY)
    assert found.names.tolist() == [[0, 0, 0]]


@given(events=member_events(ITEMS, KINDS))
def test_training_and_serving_encode_alike(events: list[Event]) -> None:
    """A series and its events one by one: the same bits."""
    past = in_order(events)
    series = Series.of_events(past, SCENARIO)
    whole = encode_series(series, VOCABULARY)
    assert len(whole.names) == len(past)
    for number, event in enumerate(past):
        gap = (event.occurred_at - past[number - 1].occurred_at) / timedelta(seconds=1) if number else None
        alone = encode([event], [gap], VOCABULARY)
        assert np.array_equal(whole.names[number], alone.names[0])
        assert np.array_equal(whole.decimals[number], alone.decimals[0])


def test_a_vocabulary_is_read_as_it_was_written() -> None:
    """And refused with a name twice, or without a list."""
    document = VOCABULARY.document()
    assert Vocabulary.from_document(document) == VOCABULARY
    for wrong in (None, {}, document | {"kinds": ["a", "a"]}, document | {"items": [1]}, document | {"classes": "abc"}):
        with pytest.raises(ModelRefused):
            Vocabulary.from_document(wrong)


def test_no_event_is_no_row() -> None:
    """Shapes hold without events."""
    empty = encode([], [], VOCABULARY)
    assert (empty.names.shape, empty.decimals.shape) == ((0, 3), (0, 4))
