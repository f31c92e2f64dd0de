"""What every Signals does, and what the other ports say through it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from visavis.ports import DecisionLog, OutcomeLog, PlayLog, PolicyStore, Roster, Signals
from visavis.testing import a_decision, a_member, a_snapshot, an_impression, an_outcome
from visavis.types import MemberId, Stage


@pytest.fixture
async def heard(signals: Signals) -> AsyncIterator[AsyncIterator[tuple[str, str]]]:
    """A subscription to every topic that is already listening."""
    topics = ("roster", "decision", "impression", "outcome", "policy", "other")
    async with aclosing(signals.subscribe(*topics)) as messages:
        assert await within(messages) == ("ready", "")
        yield messages


async def within(messages: AsyncIterator[tuple[str, str]]) -> tuple[str, str]:
    return await asyncio.wait_for(anext(messages), 5)


async def test_messages_arrive_in_order(signals: Signals, heard: AsyncIterator[tuple[str, str]]) -> None:
    """Whole, of any language, with spaces, or empty."""
    sent = [("other", "one two"), ("other", ""), ("roster", "茶"), ("other", "x" * 4000)]
    for topic, payload in sent:
        await signals.publish(topic, payload)
    assert [await within(heard) for _ in sent] == sent


async def test_other_topics_stay_away(signals: Signals) -> None:
    async with aclosing(signals.subscribe("wanted")) as messages:
        assert await within(messages) == ("ready", "")
        await signals.publish("unwanted", "1")
        await signals.publish("wanted", "2")
        assert await within(messages) == ("wanted", "2")


async def test_every_subscriber_hears(signals: Signals, heard: AsyncIterator[tuple[str, str]]) -> None:
    """One that came later is ready at once and hears what comes from then on; one that left harms nobody."""
    await signals.publish("other", "early")
    assert await within(heard) == ("other", "early")
    async with aclosing(signals.subscribe("other")) as second:
        assert await within(second) == ("ready", "")
        await signals.publish("other", "late")
        assert [await within(heard), await within(second)] == [("other", "late")] * 2
    await signals.publish("other", "last")
    assert await within(heard) == ("other", "last")


@pytest.mark.parametrize(("topic", "payload"), [("two words", ""), ("other", "茶" * 1334)])
async def test_what_does_not_fit_is_refused(signals: Signals, topic: str, payload: str) -> None:
    """A payload has at most 4,000 bytes, a topic no space."""
    with pytest.raises(ValueError, match="at most 4000"):
        await signals.publish(topic, payload)


async def test_the_roster_tells_without_ids(roster: Roster, heard: AsyncIterator[tuple[str, str]]) -> None:
    """Saving and removing say that something changed, not who: the hub may listen."""
    await roster.save(a_member())
    await roster.remove(MemberId("member-1"))
    assert [await within(heard), await within(heard)] == [("roster", "")] * 2


async def test_what_is_new_is_told_once(
    signals: Signals,
    decisions: DecisionLog,
    plays: PlayLog,
    outcomes: OutcomeLog,
    policies: PolicyStore,
    heard: AsyncIterator[tuple[str, str]],
) -> None:
    """Ids only, and nothing at all for what was there already."""
    stages = [an_impression(), an_impression(id="impression-2", stage=Stage.ENDED)]
    for _ in range(2):
        await decisions.append(a_decision())
        await plays.append(stages)
        await outcomes.append([an_outcome()])
        await policies.save(a_snapshot(version=7))
    last = (await outcomes.after(0))[-1][0]
    await signals.publish("other", "end")
    assert [await within(heard) for _ in range(5)] == [
        ("decision", "decision-1"),
        ("impression", "decision-1"),
        ("outcome", str(last)),
        ("policy", "sample/squarecb/7"),
        ("other", "end"),
    ]
