"""The retention job over random sites: nothing younger than its schedule ever goes, everything older after one run."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from visavis.errors import KeyDestroyed
from visavis.identity.enrol import open_templates
from visavis.identity.threshold import Threshold
from visavis.perception.observe import Observer
from visavis.pipeline.edge import Edge
from visavis.pipeline.retention import Retention
from visavis.ports import HubLink
from visavis.privacy.jurisdiction import load_jurisdiction
from visavis.privacy.retention import Category, schedule
from visavis.testing import (
    T0,
    FixedClock,
    MemoryKeys,
    MemoryStorage,
    RecordingHub,
    a_decision,
    a_scenario,
    an_embedding,
    an_event,
    counted_ids,
    memory_storage,
)
from visavis.types import Member, Purpose

MODEL = an_embedding().model
ROWS = tuple(
    Threshold(score=score, false_match_rate=rate, impostor_pairs=10**6, evidence="by hand")
    for rate, score in ((0.1, 0.5), (0.01, 0.6), (0.001, 0.7))
)
DAYS = {"biometric": 20, "membership": 60, "lapsed": 10, "event": 30, "decision": 40}
SCENARIO = a_scenario(retention_days=DAYS, consent_days=50)
RULES = schedule(load_jurisdiction("EU"), SCENARIO)
DAY = timedelta(days=1)


class Lens:
    model, dim = MODEL, 128


@dataclass(frozen=True)
class Person:
    """Days before the run: joined, last came; whether a face was given, and how many more days its consent lasted."""

    joined: int
    came: int | None
    face: bool
    renewed: int  # days by which the consents were given again after joining; 0: never


people = st.builds(
    Person,
    joined=st.integers(0, 130),
    came=st.none() | st.integers(0, 130),
    face=st.booleans(),
    renewed=st.sampled_from([0, 0, 30, 45]),
).map(
    lambda p: replace(
        p, came=None if p.came is None else min(p.came, p.joined), renewed=p.renewed if p.renewed < p.joined else 0
    )
)


class Place:
    """A site in memory whose members joined in the past."""

    def __init__(self) -> None:
        self.storage: MemoryStorage = memory_storage()
        self.keys, self.hub, self.clock = MemoryKeys(), RecordingHub(), FixedClock(T0 - 200 * DAY)
        self.edge = Edge(
            site="site-1",
            scenario=SCENARIO,
            observer=cast("Observer", Lens()),
            calibration=ROWS,
            false_match_rate=0.1,
            keys=self.keys,
            roster=self.storage.roster,
            ledger=self.storage.edge_ledger,
            erasures=self.storage.erasures,
            visits=self.storage.visits,
            link=cast("HubLink", self.hub),
            audit=self.storage.audit,
            clock=self.clock,
            ids=counted_ids(),
        )
        self.job = Retention(
            rules=RULES,
            roster=self.storage.roster,
            erasures=self.storage.erasures,
            ledger=self.storage.edge_ledger,
            visits=self.storage.visits,
            expiry=self.storage.expiry,
            edge_expiry=self.storage.edge_expiry,
            reviews=self.storage.reviews,
            clock=self.clock,
        )

    def at(self, moment: datetime) -> None:
        self.clock.advance((moment - self.clock.now()).total_seconds())

    async def lives(self, number: int, person: Person) -> Member:
        self.at(T0 - person.joined * DAY)
        purposes = tuple(SCENARIO.notices) if person.face else (Purpose.PERSONALISE,)
        shots = [an_embedding(number)] if person.face else []
        done = await self.edge.enrol_embedded(shots, name=f"Grace {number}", locale="en", consents=purposes)
        if person.renewed:
            given = self.clock.now() + person.renewed * DAY
            await self.storage.edge_ledger.append(
                [
                    replace(c, id=f"{c.id}-again", given_at=given, expires_at=given + 50 * DAY)
                    for c in done.consents_edge
                ]
            )
        if person.came is not None:
            await self.storage.visits.came(done.member.id, (T0 - person.came * DAY).date())
        return done.member


def expected(person: Person) -> set[str]:
    """What goes, by the words of the schedule."""
    unseen = person.joined if person.came is None else person.came
    consent_left = 50 - person.joined + person.renewed  # days that it holds after the run; negative: it ended before
    if unseen > 60:
        return {"all"}
    gone = {"face"} if person.face and (unseen > 20 or consent_left <= 0) else set()
    return gone | {"history"} if consent_left < -10 else gone


@settings(max_examples=60, deadline=None)
@given(st.lists(people, max_size=8), st.lists(st.integers(0, 80), max_size=12))
def test_r10_what_is_older_than_its_schedule_goes_and_nothing_else(crowd: list[Person], ages: list[int]) -> None:
    """Members, templates, events and decisions against an oracle; a second run finds nothing to do."""
    asyncio.run(_story(crowd, ages))


async def _story(crowd: list[Person], ages: list[int]) -> None:
    place = Place()
    storage = place.storage
    members = [await place.lives(number, person) for number, person in enumerate(crowd)]
    for number, age in enumerate(ages):
        at = T0 - age * DAY
        await storage.events.append([an_event(id=f"e{number}", occurred_at=at)])
        await storage.decisions.append(a_decision(id=f"d{number}", decided_at=at))
    place.at(T0)
    looked = await place.job.look()
    swept = await place.job.run(place.edge)
    assert {c: n for c, n in looked.removed.items() if c is not Category.REVIEW} == {
        c: n for c, n in swept.removed.items() if c is not Category.REVIEW
    }

    left = {member.id: member for member in await storage.roster.members()}
    for member, person in zip(members, crowd, strict=True):
        gone = expected(person)
        assert (member.id not in left) == ("all" in gone)
        assert (member.token in place.hub.forgotten) == bool(gone & {"all", "history"})
        assert _destroyed(place, member) == bool(gone & {"all", "face"} and member.templates)
        if "all" not in gone:
            news = await storage.visits.came(member.id, T0.date())
            assert (news or "")[:4] == ("face" if "face" in gone else "hist" if gone else "")
            assert (left[member.id] == member) == ("face" not in gone)
    assert set(storage.events.rows) == {f"e{n}" for n, age in enumerate(ages) if age <= 30}
    assert set(storage.decisions.rows) == {f"d{n}" for n, age in enumerate(ages) if age <= 40}

    runs = await storage.visits.runs()
    assert {name: run.removed for name, run in runs.items()} == {c.value: n for c, n in swept.removed.items()}
    noted = [entry.detail for entry in storage.audit.entries if entry.action == "expired"]
    assert noted == ([{c.value: str(n) for c, n in swept.removed.items() if n}] if swept.total else [])
    assert (await place.job.run(place.edge)).total == 0


def _destroyed(place: Place, member: Member) -> bool:
    """The key that sealed the templates opens nothing, wherever a copy of them lies."""
    if not member.templates:
        return False
    try:
        open_templates(member, place.keys, MODEL)
    except KeyDestroyed:
        return True
    return False
