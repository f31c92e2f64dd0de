"""What every StateStore does."""

from datetime import timedelta

import numpy as np

from visavis.ports import Eraser, EventLog, Expiry, StateStore
from visavis.testing import T0, a_state, an_event
from visavis.types import Event, Token

ANNA, BERT = Token("anna"), Token("bert")


def did(token: Token, number: int) -> Event:
    return an_event(id=f"{token}-{number}", token=token, occurred_at=T0 + timedelta(seconds=number), decision_id=None)


async def test_a_state_comes_back_to_the_last_bit(states: StateStore, events: EventLog) -> None:
    """Also the smallest number there is, an infinity, and names that are not identifiers."""
    hidden = np.array([0.1, -0.0, np.inf, 1e-45], np.float32)
    saved = a_state(token=ANNA, events=2, last_id="anna-2", hidden=hidden, sums={"a b/1": 0.1, "": 5e-324})
    await events.append([did(ANNA, 1), did(ANNA, 2)])
    assert await states.keep([saved]) == {ANNA}
    standing = (await states.of([ANNA]))[ANNA]
    found = standing.current("sums-1")
    assert found is not None
    assert found.hidden.tobytes() == hidden.tobytes()
    assert found.hidden.dtype == np.float32
    assert dict(found.sums) == dict(saved.sums)
    assert (found.scenario, found.events, found.last_at, found.last_id) == ("sample", 2, T0, "anna-2")


async def test_nobody_has_no_state(states: StateStore) -> None:
    standing = (await states.of([ANNA]))[ANNA]
    assert (standing.state, standing.logged) == (None, 0)
    assert standing.current("sums-1") is None
    assert await states.of([]) == {}


async def test_a_state_that_missed_an_event_is_not_current(states: StateStore, events: EventLog) -> None:
    """The log says how many there are; nothing has to be told."""
    await events.append([did(ANNA, 1)])
    await states.keep([a_state(token=ANNA)])
    assert (await states.of([ANNA]))[ANNA].current("sums-1") is not None
    assert (await states.of([ANNA]))[ANNA].current("another") is None
    await events.append([did(ANNA, 2)])
    standing = (await states.of([ANNA]))[ANNA]
    assert (standing.logged, standing.current("sums-1")) == (2, None)


async def test_of_two_writers_neither_overwrites_what_the_other_counted(states: StateStore, events: EventLog) -> None:
    """Each folded one of two new events into the same state: neither fits, and both are stale."""
    await events.append([did(ANNA, 1), did(ANNA, 2)])
    assert await states.keep([a_state(token=ANNA, events=1), a_state(token=BERT, events=1)]) == frozenset()
    assert await states.stale("sample", "sums-1") == [ANNA]


async def test_stale_is_what_the_model_would_make_otherwise(states: StateStore, events: EventLog) -> None:
    """Another model's, one that is behind, and one that is not there; in order, so many and no more."""
    people = [Token(f"m{n}") for n in range(4)]
    await events.append([did(token, 1) for token in people] + [an_event(id="nobody", token=None)])
    await states.keep([a_state(token=people[0]), a_state(token=people[1], model="old"), a_state(token=people[2])])
    await events.append([did(people[2], 2)])
    assert await states.stale("sample", "sums-1") == people[1:]
    assert await states.stale("sample", "sums-1", limit=2) == people[1:3]
    assert await states.stale("sample", "sums-1", after=people[1]) == people[2:]
    assert await states.stale("sample", "old") == [people[0], *people[2:]]


async def test_invariant_04_nothing_is_kept_of_whom_was_erased(
    states: StateStore, events: EventLog, eraser: Eraser
) -> None:
    """Neither what was there, nor what was read before and comes after."""
    await events.append([did(ANNA, 1), did(BERT, 1)])
    late = a_state(token=ANNA)
    await states.keep([late, a_state(token=BERT)])
    await eraser.erase(ANNA)
    assert await states.keep([late]) == frozenset()
    found = await states.of([ANNA, BERT])
    assert found[ANNA].state is None
    assert found[BERT].state is not None


async def test_a_state_goes_with_an_event_that_retention_deletes(
    states: StateStore, events: EventLog, expiry: Expiry
) -> None:
    """What was made of a deleted event would keep something of it."""
    await events.append([did(ANNA, 1), did(ANNA, 100), did(BERT, 100)])
    await states.keep([a_state(token=ANNA, events=2), a_state(token=BERT)])
    await expiry.expire("event", T0 + timedelta(seconds=50))
    found = await states.of([ANNA, BERT])
    assert found[ANNA].state is None
    assert found[ANNA].logged == 1
    assert found[BERT].current("sums-1") is not None
