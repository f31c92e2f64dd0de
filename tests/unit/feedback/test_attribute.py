"""reaction -> outcome: on the glass, in time, once, the strongest wins."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.feedback.attribute import attribute, lapse
from visavis.scenarios.loader import load_scenario
from visavis.testing import T0, a_decision, an_event
from visavis.types import Event, Outcome

RETAIL = load_scenario("retail")
DECISION = a_decision()
WINDOW = timedelta(seconds=RETAIL.attribution_window_s)
REACTIONS = [kind for kind, meaning in RETAIL.event_types.items() if meaning.reaction]


def reaction(kind: str = "offer.tapped", *, event_id: str = "e1", at: datetime = T0, item: str | None = None) -> Event:
    return an_event(id=event_id, kind=kind, decision_id=DECISION.id, item_id=item or DECISION.item_id, occurred_at=at)


def answered(event: Event, *earlier: Outcome) -> Outcome | None:
    return attribute(event, DECISION, earlier, RETAIL, shown_at=T0, now=T0)


def test_a_tap_is_worth_what_the_pack_says() -> None:
    """The first outcome teaches the context."""
    outcome = answered(reaction())
    assert outcome is not None
    assert (outcome.reward, outcome.first, outcome.kind) == (0.3, True, "offer.tapped")


def test_the_strongest_reaction_counts() -> None:
    """Tap 0.3, then redeemed 1.0 adds 0.7; a tap after that adds nothing."""
    tap = answered(reaction())
    assert tap is not None
    redeemed = answered(reaction("offer.redeemed", event_id="e2"), tap)
    assert redeemed is not None
    assert redeemed.reward == pytest.approx(0.7)
    assert not redeemed.first
    assert answered(reaction(event_id="e3"), tap, redeemed) is None


def test_a_late_tap_adds_to_a_lapse() -> None:
    """The offer left the screen without a reaction; the reaction came all the same."""
    zero = lapse(DECISION, T0)
    late = answered(reaction(at=T0 + timedelta(minutes=5)), zero)
    assert late is not None
    assert (late.reward, late.first) == (0.3, False)


def test_the_same_event_is_counted_once() -> None:
    """Two processes make the same id, and once it is known it is not made again."""
    first, again = answered(reaction()), answered(reaction())
    assert first is not None
    assert again is not None
    assert first.id == again.id
    assert answered(reaction(), first) is None


@pytest.mark.parametrize(
    "event",
    [
        reaction(at=T0 - timedelta(seconds=1)),
        reaction(at=T0 + WINDOW + timedelta(seconds=1)),
        reaction("purchase"),
        reaction(item="opening-hours"),
        an_event(kind="offer.tapped", decision_id="another", item_id=DECISION.item_id, occurred_at=T0),
    ],
    ids=["before it was shown", "too late", "not a reaction", "another item", "another decision"],
)
def test_what_answers_nothing_is_worth_nothing(event: Event) -> None:
    """No outcome at all, rather than a zero."""
    assert answered(event) is None


def test_a_dismissal_is_an_answer_of_zero() -> None:
    """It teaches that the offer was not wanted."""
    outcome = answered(reaction("offer.dismissed"))
    assert outcome is not None
    assert (outcome.reward, outcome.first) == (0.0, True)


@given(st.lists(st.sampled_from(REACTIONS), min_size=1, max_size=8))
def test_rewards_sum_to_the_strongest_reaction(kinds: list[str]) -> None:
    """Whatever the order and however often."""
    outcomes: list[Outcome] = []
    for number, kind in enumerate(kinds):
        outcome = answered(reaction(kind, event_id=str(number)), *outcomes)
        if outcome is not None:
            outcomes.append(outcome)
    assert sum(o.reward for o in outcomes) == pytest.approx(max(RETAIL.event_types[k].reward for k in kinds))
    assert [o.first for o in outcomes] == [True] + [False] * (len(outcomes) - 1)
