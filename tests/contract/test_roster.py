"""What every Roster does."""

from dataclasses import replace
from datetime import timedelta

from visavis.ports import ConsentLedger, Roster
from visavis.testing import T0, a_consent, a_member, a_template, a_withdrawal
from visavis.types import MemberId, Purpose, Sealed, Token

RECOGNISE = a_consent(subject="member-1", purpose=Purpose.RECOGNISE)


def another(number: int, **changes: object) -> object:
    return a_member(
        **{"id": MemberId(f"member-{number}"), "token": Token(f"token-{number}"), "credentials": (), **changes}
    )


async def test_a_member_comes_back_as_saved(roster: Roster) -> None:
    """Every byte and the order of credentials and templates survive."""
    templates = (
        a_template(id="z", sealed=Sealed(nonce=b"\x00" * 12, ciphertext=bytes(range(256)))),
        a_template(id="a", created_at=T0 - timedelta(days=1)),
    )
    member = a_member(wrapped_key=b"\x00\xff", credentials=(b"\xff\x00", b"b"), templates=templates)
    await roster.save(member)
    assert await roster.members() == [member]


async def test_a_member_may_have_no_template_and_no_credential(roster: Roster) -> None:
    """A face is never the only way, nor is a card."""
    bare = a_member(templates=(), credentials=())
    await roster.save(bare)
    assert await roster.members() == [bare]


async def test_saving_again_replaces(roster: Roster) -> None:
    """The new templates and credentials count, the old ones are gone."""
    await roster.save(a_member(templates=(a_template(id="1"), a_template(id="2")), credentials=(b"old",)))
    changed = a_member(templates=(a_template(id="3"),), credentials=(b"new",), locale="zh-CN")
    await roster.save(changed)
    assert await roster.members() == [changed]
    assert await roster.find(b"old") is None
    assert await roster.find(b"new") == changed


async def test_a_member_who_is_as_they_were_is_replaced(roster: Roster) -> None:
    before = a_member(templates=(a_template(id="1"), a_template(id="2")))
    await roster.save(before)
    after = replace(before, wrapped_key=b"fresh", templates=(a_template(id="1", model="net@0123456789ab/r2"),))
    assert await roster.replace([(before, after)]) == {before.id}
    assert await roster.members() == [after]


async def test_a_member_who_changed_or_went_is_not_replaced(roster: Roster) -> None:
    """Neither another key, nor another sealing, nor one template more is overwritten; nobody comes back."""
    before = a_member(templates=(a_template(id="1"),))
    other = Sealed(nonce=b"\x07" * 12, ciphertext=b"other")
    for now in (
        replace(before, wrapped_key=b"another"),
        replace(before, templates=(a_template(id="1", sealed=other),)),
        replace(before, templates=(*before.templates, a_template(id="2"))),
    ):
        await roster.save(now)
        assert not await roster.replace([(before, replace(before, wrapped_key=b"fresh"))])
        assert await roster.members() == [now]
    await roster.remove(before.id)
    assert not await roster.replace([(before, before)])
    assert await roster.members() == []


async def test_of_several_those_who_changed_stay_as_they_are(roster: Roster) -> None:
    """Each with their own templates, also those who have none."""
    before = [another(number, templates=(a_template(id=f"t{number}"),) * (number % 2)) for number in range(4)]
    for member in before:
        await roster.save(member)
    await roster.save(changed := replace(before[1], wrapped_key=b"another"))
    after = [replace(member, wrapped_key=b"fresh") for member in before]
    assert await roster.replace(list(zip(before, after, strict=True))) == {before[k].id for k in (0, 2, 3)}
    assert await roster.members() == [after[0], changed, after[2], after[3]]


async def test_whoever_writes_from_memory_brings_nobody_back(roster: Roster, edge_ledger: ConsentLedger) -> None:
    """With `before`, a member is written while they are as that says; otherwise neither row nor ledger changes."""
    before = a_member()
    await roster.save(before)
    assert await roster.save(after := replace(before, wrapped_key=b"fresh"), before=before)
    assert await roster.members() == [after]
    assert not await roster.save(before, [RECOGNISE], before=before)
    assert await roster.members() == [after]
    await roster.remove(before.id)
    assert not await roster.save(after, [RECOGNISE], before=after)
    assert await roster.members() == []
    assert await edge_ledger.history("member-1") == []


async def test_members_come_oldest_first(roster: Roster) -> None:
    """By time of enrolment, then id."""
    for number, days in ((3, 2), (2, 0), (1, 0)):
        await roster.save(another(number, enrolled_at=T0 + timedelta(days=days)))
    assert [member.id for member in await roster.members()] == ["member-1", "member-2", "member-3"]


async def test_find_by_any_credential(roster: Roster) -> None:
    """Card and PIN lead to the member, anything else to nobody."""
    member = another(1, credentials=(b"card", b"pin"))
    await roster.save(member)
    await roster.save(another(2, credentials=(b"other",)))
    assert await roster.find(b"card") == member
    assert await roster.find(b"pin") == member
    assert await roster.find(b"pi") is None
    assert await roster.find(b"") is None


async def test_a_shared_credential_is_the_oldest_members(roster: Roster) -> None:
    await roster.save(another(2, credentials=(b"same",), enrolled_at=T0 + timedelta(seconds=1)))
    await roster.save(another(1, credentials=(b"same",)))
    found = await roster.find(b"same")
    assert found is not None
    assert found.id == "member-1"


async def test_removal_leaves_nothing_but_the_ledger(roster: Roster, edge_ledger: ConsentLedger) -> None:
    """Member and templates are counted and gone; what was allowed and withdrawn stays on record."""
    await roster.save(a_member(templates=(a_template(id="1"), a_template(id="2"))), [RECOGNISE])
    withdrawal = a_withdrawal(subject="member-1", purpose=Purpose.RECOGNISE)
    assert await roster.remove(MemberId("member-1"), [withdrawal]) == 3
    assert await roster.members() == []
    assert await roster.find(b"digest-1") is None
    assert await edge_ledger.history("member-1") == [RECOGNISE, withdrawal]


async def test_removing_a_stranger_removes_nothing(roster: Roster) -> None:
    await roster.save(a_member())
    assert await roster.remove(MemberId("member-9")) == 0
    assert await roster.members() == [a_member()]


async def test_enrolment_and_consent_are_one(roster: Roster, edge_ledger: ConsentLedger) -> None:
    """The consents that came with a member are in the ledger, once, in order."""
    improve = replace(RECOGNISE, id="consent-2", purpose=Purpose.IMPROVE)
    await roster.save(a_member(), [RECOGNISE, improve])
    await roster.save(a_member(), [RECOGNISE])
    assert await edge_ledger.history("member-1") == [RECOGNISE, improve]
