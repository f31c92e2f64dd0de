"""The erasure list replayed over a database that an older backup brought back."""

import copy
from dataclasses import replace
from typing import cast

import pytest

from visavis.errors import KeyDestroyed, MemberUnknown
from visavis.identity.enrol import open_templates
from visavis.identity.threshold import Threshold
from visavis.perception.observe import Observer
from visavis.pipeline.edge import Edge
from visavis.pipeline.erasure import Erasures, Replayed, replay
from visavis.ports import HubLink
from visavis.privacy.consent import unended
from visavis.testing import (
    FixedClock,
    MemoryErasures,
    MemoryKeys,
    MemoryStorage,
    RecordingHub,
    a_scenario,
    an_embedding,
    counted_ids,
    memory_storage,
)
from visavis.types import Consent, Member, Purpose

MODEL = an_embedding().model
ROWS = tuple(
    Threshold(score=score, false_match_rate=rate, impostor_pairs=10**6, evidence="by hand")
    for rate, score in ((0.1, 0.5), (0.01, 0.6), (0.001, 0.7))
)


class Lens:
    model, dim = MODEL, 128


class Site:
    """A site whose database can be set back; keys and erasure list lie outside it."""

    def __init__(self) -> None:
        self.keys, self.beside, self.hub = MemoryKeys(), MemoryErasures(), RecordingHub()
        self.ids = counted_ids()
        self.on(memory_storage())

    def on(self, storage: MemoryStorage) -> None:
        self.storage = storage
        self.edge = Edge(
            site="site-1",
            scenario=a_scenario(),
            observer=cast("Observer", Lens()),
            calibration=ROWS,
            false_match_rate=0.1,
            keys=self.keys,
            roster=storage.roster,
            ledger=storage.edge_ledger,
            erasures=Erasures(self.beside, storage.erasures),
            link=cast("HubLink", self.hub),
            audit=storage.audit,
            clock=FixedClock(),
            ids=self.ids,
        )

    async def enrol(self, axis: int) -> Member:
        done = await self.edge.enrol_embedded(
            [an_embedding(axis)], name=f"Grace {axis}", locale="en", consents=tuple(a_scenario().notices)
        )
        await self.storage.hub_ledger.append(done.consents_hub)
        return done.member

    async def restored(self, backup: MemoryStorage) -> Replayed:
        self.on(backup)
        done = await replay(self.edge, backup.eraser)
        await self.edge.load()
        return done


@pytest.fixture
def site() -> Site:
    return Site()


async def test_a_restored_member_is_forgotten_again(site: Site) -> None:
    """At the edge and the hub; who stayed is known, and the key of who left never opens."""
    leaving, staying = await site.enrol(0), await site.enrol(1)
    backup = copy.deepcopy(site.storage)
    await site.edge.forget(leaving.id, method="kiosk")
    assert await site.restored(backup) == Replayed(members=1, tokens=1)
    assert [member.id for member in await site.storage.roster.members()] == [staying.id]
    assert leaving.token not in await site.storage.eraser.tokens()
    with pytest.raises(MemberUnknown):
        site.edge.member(leaving.id)
    with pytest.raises(KeyDestroyed):
        open_templates(leaving, site.keys, MODEL)
    assert site.edge.identify([an_embedding(1)]) is not None
    assert await replay(site.edge, site.storage.eraser) == Replayed()


async def test_a_withdrawn_face_does_not_come_back(site: Site) -> None:
    """The member stays, by card and PIN."""
    member = await site.enrol(0)
    backup = copy.deepcopy(site.storage)
    await site.edge.withdraw(member.id, Purpose.RECOGNISE, method="kiosk")
    assert (await site.restored(backup)).consents == 1
    (kept,) = await site.storage.roster.members()
    assert kept.templates == ()
    history = await site.storage.edge_ledger.history(member.id)
    assert Purpose.RECOGNISE not in {c.purpose for c in unended(history, site.edge.clock.now())}
    assert site.edge.identify([an_embedding(0)]) is None


async def test_a_restored_hub_hears_of_withdrawals(site: Site) -> None:
    """The edge's ledger has them, the hub's older one not."""
    member = await site.enrol(0)
    await site.edge.withdraw(member.id, Purpose.IMPROVE, method="kiosk")
    heard = len(site.hub.entries)
    assert await replay(site.edge, site.storage.eraser) == Replayed()
    again = site.hub.entries[heard:]
    assert Purpose.IMPROVE in {entry.purpose for entry in again}


async def test_consent_given_after_a_withdrawal_stays(site: Site) -> None:
    """Who said no and then yes again has said yes."""
    member = await site.enrol(0)
    await site.edge.withdraw(member.id, Purpose.IMPROVE, method="kiosk")
    clock = cast("FixedClock", site.edge.clock)
    clock.advance(60)
    history = await site.storage.edge_ledger.history(member.id)
    (old,) = [e for e in history if isinstance(e, Consent) and e.purpose is Purpose.IMPROVE]
    await site.storage.edge_ledger.append([replace(old, id="again", given_at=clock.now())])
    assert (await replay(site.edge, site.storage.eraser)).consents == 0
    live = unended(await site.storage.edge_ledger.history(member.id), clock.now())
    assert "again" in {consent.id for consent in live}


async def test_lists_are_brought_in_line(site: Site) -> None:
    """What only one of them has, both have afterwards."""
    one, two = MemoryErasures(), MemoryErasures()
    member = await site.enrol(0)
    await site.edge.forget(member.id, method="api")
    await one.append(await site.beside.all())
    assert await Erasures(one, two).align() == 1
    assert list(await two.all()) == list(await one.all())
