"""Business data become events of members who allow it; of everybody else nothing is kept."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from visavis.errors import ConsentMissing
from visavis.pipeline.importing import Imported, Importer, Reference
from visavis.testing.hub import MemoryEvents
from visavis.types import Event, MemberId, Purpose

from .test_choices import Site

CARD_OF_NOBODY = "VV1-NOBODY"


class Desk(Site):
    """A site with business data."""

    def importer(self) -> Importer:
        return Importer(
            edge=self.edge, events=self.storage.events, ledger=self.storage.hub_ledger, audit=self.storage.hub_audit
        )

    async def take(self, *rows: tuple[str, Event], dry_run: bool = False) -> Imported:
        return await self.importer().take(rows, reference=Reference.CARD, source="/till", dry_run=dry_run)

    def sale(self, **changes: object) -> Event:
        event = Event(id="", kind="bought", occurred_at=self.clock.now() - timedelta(days=3), item_id="item-1")
        return replace(event, **changes)


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_card_becomes_a_token(desk: Desk) -> None:
    """The hub learns what the member did, and never the card."""
    card = (await desk.enrol()).card
    (member,) = await desk.storage.roster.members()
    assert (await desk.take((card, desk.sale()))).kept == 1
    (event,) = await desk.storage.events.of(member.token)
    assert (event.kind, event.item_id, event.token) == ("bought", "item-1", member.token)
    assert card not in repr(event)


async def test_the_same_file_again_changes_nothing(desk: Desk) -> None:
    """With ids of the source, and with ids from the content; a row that comes twice counts once."""
    card = (await desk.enrol()).card
    rows = [(card, desk.sale()), (card, desk.sale()), (card, desk.sale(id="7")), (card, desk.sale(value=2.0))]
    assert await desk.take(*rows) == Imported(kept=3, known=0, repeated=1, strangers=0, without_consent=0)
    assert await desk.take(*rows) == Imported(kept=0, known=3, repeated=1, strangers=0, without_consent=0)


async def test_nothing_is_kept_of_whom_does_not_allow_it(desk: Desk) -> None:
    """A stranger, and a member without consent to personalise, are counted alone."""
    silent = (await desk.enrol(consents=(Purpose.RECOGNISE,))).card
    done = await desk.take((silent, desk.sale()), (CARD_OF_NOBODY, desk.sale()))
    assert done == Imported(kept=0, known=0, repeated=0, strangers=1, without_consent=1)
    assert not desk.storage.events.rows


async def test_a_withdrawal_ends_it(desk: Desk) -> None:
    """What was allowed yesterday is not taken today."""
    card = (await desk.enrol()).card
    (member,) = await desk.storage.roster.members()
    await desk.edge.withdraw(member.id, Purpose.PERSONALISE, method="kiosk")
    assert (await desk.take((card, desk.sale()))).without_consent == 1


class Interrupted(MemoryEvents):
    """A member takes consent back between the gate and the write."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    async def append(self, events: Sequence[Event]) -> int:
        (member,) = await self._desk.storage.roster.members()
        await self._desk.edge.withdraw(member.id, Purpose.PERSONALISE, method="kiosk")
        return await self._desk.storage.events.append(events)


async def test_a_withdrawal_in_the_middle_of_it(desk: Desk) -> None:
    """What was written a moment too late goes again; the hub still knows that consent ended."""
    card = (await desk.enrol()).card
    (member,) = await desk.storage.roster.members()
    importer = replace(desk.importer(), events=Interrupted(desk))
    await importer.take([(card, desk.sale())], reference=Reference.CARD, source="/till")
    assert not desk.storage.events.rows
    with pytest.raises(ConsentMissing):
        await desk.hub.permitted(member.token, Purpose.PERSONALISE)
    assert await desk.hub.permitted(member.token, Purpose.IMPROVE)


async def test_a_dry_run_keeps_nothing(desk: Desk) -> None:
    """Neither an event nor a line in the log."""
    card = (await desk.enrol()).card
    lines = len(desk.storage.hub_audit.entries)
    assert (await desk.take((card, desk.sale()), dry_run=True)).kept == 1
    assert not desk.storage.events.rows
    assert len(desk.storage.hub_audit.entries) == lines


async def test_the_log_says_how_many_and_not_of_whom(desk: Desk) -> None:
    card = (await desk.enrol()).card
    await desk.take((card, desk.sale()))
    entry = desk.storage.hub_audit.entries[-1]
    assert (entry.action, entry.subject, dict(entry.detail)) == (
        "events_imported", "/till", {"kept": "1", "known": "0"},
    )  # fmt: skip


@pytest.mark.parametrize("reference", [Reference.MEMBER, Reference.PSEUDONYM])
async def test_members_have_other_names_too(desk: Desk, reference: Reference) -> None:
    """The id at the edge, or the token at the hub."""
    await desk.enrol()
    (member,) = await desk.storage.roster.members()
    name = {Reference.MEMBER: member.id, Reference.PSEUDONYM: member.token}[reference]
    rows = [(str(name), desk.sale()), (MemberId("x"), desk.sale())]
    done = await desk.importer().take(rows, reference=reference, source="/till")
    assert (done.kept, done.strangers) == (1, 1)
