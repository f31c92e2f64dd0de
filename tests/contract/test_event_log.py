"""What every EventLog does."""

from datetime import timedelta

from visavis.ports import EventLog
from visavis.testing import T0, an_event
from visavis.types import Token

TOKEN = Token("token-1")


async def test_an_event_is_kept_once(events: EventLog) -> None:
    """Appending an event again changes nothing, in the same batch, in another, or with other content."""
    assert await events.append([an_event(id="a"), an_event(id="a", value=2.0)]) == 1
    assert await events.append([an_event(id="a", value=3.0), an_event(id="b")]) == 1
    assert await events.of(TOKEN) == [an_event(id="a"), an_event(id="b")]


async def test_events_come_back_as_they_were(events: EventLog) -> None:
    """Every field survives, empty ones too, and times to the microsecond."""
    late = T0.replace(microsecond=123457)
    sent = [
        an_event(id="a", occurred_at=late, value=0.1, dwell_s=3.5),
        an_event(id="b", occurred_at=late, scenario="", placement=None, item_id=None, decision_id=None, value=-1e300),
        an_event(id="c", occurred_at=late, kind="tapped 'twice' % \\ 茶 \U0001f375"),
    ]
    assert await events.append(sent) == 3
    assert await events.of(TOKEN) == sent


async def test_the_last_events_of_a_token_oldest_first(events: EventLog) -> None:
    """Ordered by time, then id, whatever the order of arrival; the limit keeps the newest."""
    later = T0 + timedelta(seconds=1)
    arrival = [("c", T0), ("B", later), ("a", later), ("b", T0)]
    await events.append([an_event(id=name, occurred_at=at) for name, at in arrival])
    assert [e.id for e in await events.of(TOKEN)] == ["b", "c", "B", "a"]
    assert [e.id for e in await events.of(TOKEN, limit=3)] == ["c", "B", "a"]


async def test_a_token_sees_only_its_own(events: EventLog) -> None:
    """Neither another's events nor those of nobody."""
    await events.append([an_event(id="a"), an_event(id="b", token=Token("token-2")), an_event(id="c", token=None)])
    assert [e.id for e in await events.of(TOKEN)] == ["a"]
    assert await events.of(Token("token-3")) == []


async def test_nothing_to_append(events: EventLog) -> None:
    assert await events.append([]) == 0
