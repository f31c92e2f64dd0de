"""What visavis ships for the tests of others."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import visavis.testing
from visavis.storage.database import Storage
from visavis.testing import (
    T0,
    FixedClock,
    MemoryStorage,
    RecordingChannel,
    RecordingHub,
    a_consent,
    a_decision,
    a_member,
    a_placement,
    a_scenario,
    a_sighting,
    a_withdrawal,
    an_event,
    an_impression,
    an_item,
    an_outcome,
    counted_ids,
)
from visavis.types import Purpose, Token

BUILDERS = {name: getattr(visavis.testing, name) for name in visavis.testing.__all__ if name.startswith(("a_", "an_"))}


def test_everything_named_is_there() -> None:
    """`__all__` is what can be imported, no more and no less."""
    public = {
        name for name, value in vars(visavis.testing).items() if name[0] != "_" and not hasattr(value, "__path__")
    }
    modules = {path.stem for path in Path(visavis.testing.__path__[0]).glob("*.py")}
    assert set(visavis.testing.__all__) == public - modules


@pytest.mark.parametrize("name", sorted(BUILDERS))
def test_a_builder_makes_a_record(name: str) -> None:
    """Valid as it comes, and named after what it makes."""
    made = BUILDERS[name]()
    assert is_dataclass(made)


@pytest.mark.parametrize("name", sorted(BUILDERS.keys() - {"an_embedding"}))
def test_a_builder_takes_what_is_different(name: str) -> None:
    """Every field may be given; a field that does not exist may not."""
    build: Callable[..., Any] = BUILDERS[name]
    default = build()
    for field in fields(default):
        changed = build(**{field.name: getattr(default, field.name)})
        assert getattr(changed, field.name) is getattr(default, field.name)
    with pytest.raises(TypeError):
        build(no_such_field=1)


def test_the_records_belong_together() -> None:
    """One story: the member consented, was seen, got the decision, saw it, reacted; its items are the scenario's."""
    scenario, decision, member = a_scenario(), a_decision(), a_member()
    assert member.token == a_sighting().token == decision.token == an_event().token == a_consent().subject
    assert a_consent().id == decision.receipt_id == a_sighting().receipt_id == a_withdrawal().consent_id
    assert a_consent().notice_version == scenario.notices[Purpose.PERSONALISE].version
    assert an_impression().decision_id == an_outcome().decision_id == an_event().decision_id == decision.id
    assert an_outcome().event_id == an_event().id
    assert an_outcome().reward == scenario.event_types[an_event().kind].reward
    assert {c.item_id for c in decision.candidates} == scenario.items.keys()
    assert scenario.campaigns[decision.campaign_id].items == tuple(scenario.items)
    assert decision.placement in scenario.placements
    assert {scenario.name} == {r.scenario for r in (decision, member, a_sighting(), an_event(), a_consent())}


def test_the_clock_stands_still() -> None:
    """Until it is moved, by seconds or by any part of a time."""
    clock = FixedClock()
    assert clock.now() == clock.now() == T0
    assert clock.advance(1.5) == T0 + timedelta(seconds=1.5)
    assert clock.advance(days=1) == clock.now() == T0 + timedelta(days=1, seconds=1.5)
    assert FixedClock(datetime(2030, 1, 1, tzinfo=UTC)).now().year == 2030


def test_ids_are_counted() -> None:
    one, two = counted_ids(), counted_ids("event")
    assert [one(), one(), two(), one()] == ["id-1", "id-2", "event-1", "id-3"]


def test_memory_has_every_port_of_the_database() -> None:
    """Under the same names; what only a database has is listed here."""
    only_there = {"board", "breach", "hub_breach", "halves", "log", "recovered"}
    assert {f.name for f in fields(Storage)} - only_there == {f.name for f in fields(MemoryStorage)}


async def test_the_recording_hub_keeps_what_it_was_told() -> None:
    hub = RecordingHub(decision=a_decision())
    await hub.consented([a_consent(), a_consent(id="other", subject="token-2")])
    assert await hub.sighted(a_sighting()) == a_decision()
    assert hub.sightings == [a_sighting()]
    assert await hub.forget(Token("token-1")) == {"ledger": 1}
    assert [entry.id for entry in hub.entries] == ["other"]
    assert hub.forgotten == ["token-1"]


async def test_the_recording_channel_keeps_what_was_delivered() -> None:
    channel = RecordingChannel()
    await channel.deliver(a_decision(), an_item(), a_placement())
    assert channel.delivered == [(a_decision(), an_item(), a_placement())]
