"""Renewing keys and rotations: all or nothing for each member, resumable, and nobody comes back."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from visavis.errors import KeyDestroyed, KeyHeld, SealBroken
from visavis.identity.enrol import nickname, open_templates, with_templates
from visavis.identity.rotation import Rotations, version_of
from visavis.pipeline.rekey import Rekeyed, rekey
from visavis.privacy.holder import HeldKeys
from visavis.privacy.vault import new_wrapped_key, seal_text
from visavis.testing import FixedClock, MemoryKeys, a_member, an_embedding, counted_ids, memory_storage
from visavis.types import Member, MemberId, Token

Pairs = Sequence[tuple[Member, Member]]
MODEL, DIM = an_embedding().model, 128


def a_sealed_member(number: int, keys: MemoryKeys, version: int = 1) -> Member:
    """With two templates in this rotation."""
    member_id = MemberId(f"member-{number}")
    wrapped = new_wrapped_key(keys, member_id)
    member = a_member(
        id=member_id,
        token=Token(f"token-{number}"),
        credentials=(),
        templates=(),
        wrapped_key=wrapped,
        nickname=seal_text(keys, wrapped, f"Grace {number}", member_id=member_id, purpose="nickname"),
    )
    rotations = Rotations(keys, MODEL, DIM)
    rotations.version = version
    given = [an_embedding(number), an_embedding(number + 1)]
    shots = rotations.turned(given) if version else given
    return with_templates(member, shots, keys=keys, now=member.enrolled_at, ids=counted_ids())


class Site:
    def __init__(self) -> None:
        self.storage, self.keys, self.clock = memory_storage(), MemoryKeys(), FixedClock()

    async def rekey(self, keys: MemoryKeys | None = None) -> Rekeyed:
        return await rekey(
            self.storage.roster,
            keys or self.keys,
            self.storage.audit,
            self.clock,
            model=MODEL,
            dim=DIM,
            progress=lambda *_: None,
        )

    async def opened(self, number: int) -> np.ndarray:
        """A member's templates as the embedder gave them."""
        (member,) = [m for m in await self.storage.roster.members() if m.id == f"member-{number}"]
        found = [embedding for _, embedding in open_templates(member, self.keys, MODEL)]
        back = Rotations(self.keys, MODEL, DIM)
        matrix = back._matrix(version_of(found[0].model))
        return np.stack([matrix.T @ embedding.vector for embedding in found])

    async def versions(self) -> set[int]:
        return {version_of(t.model) for m in await self.storage.roster.members() for t in m.templates}


@pytest.fixture
async def site() -> Site:
    site = Site()
    for number in range(3):
        await site.storage.roster.save(a_sealed_member(number, site.keys))
    return site


async def test_every_member_gets_a_key_and_a_rotation(site: Site) -> None:
    """Numbers, names and what the templates mean stay; keys and ciphertexts are all new."""
    before = await site.storage.roster.members()
    names = [nickname(member, site.keys) for member in before]
    told = await site.rekey()
    assert told == Rekeyed(rotation=2, members=3, templates=6, left=0)
    after = await site.storage.roster.members()
    assert await site.versions() == {2}
    assert [nickname(member, site.keys) for member in after] == names
    for old, new in zip(before, after, strict=True):
        assert new.wrapped_key != old.wrapped_key
        assert not {t.sealed.ciphertext for t in new.templates} & {t.sealed.ciphertext for t in old.templates}
        assert [t.id for t in new.templates] == [t.id for t in old.templates]
        with pytest.raises(SealBroken):
            nickname(replace(old, wrapped_key=new.wrapped_key), site.keys)
        with pytest.raises(KeyDestroyed):
            nickname(old, site.keys)
    for number in range(3):
        given = np.stack([an_embedding(number).vector, an_embedding(number + 1).vector])
        assert await site.opened(number) == pytest.approx(given, abs=1e-6)
    entries = await site.storage.audit.after(0)
    assert [(entry.action, entry.detail["members"]) for entry in entries] == [("rekeyed", "3")]


async def test_a_run_that_was_stopped_is_finished_by_the_next(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the first member the machine fails; the next run does the others, and begins no third rotation."""
    replace_member, calls = site.storage.roster.replace, []

    async def failing(pairs: Pairs) -> frozenset[MemberId]:
        calls.append(pairs)
        if len(calls) == 2:
            raise ConnectionError
        return await replace_member(pairs)

    monkeypatch.setattr("visavis.pipeline.rekey.BATCH", 1)
    monkeypatch.setattr(site.storage.roster, "replace", failing)
    with pytest.raises(ConnectionError):
        await site.rekey()
    assert await site.versions() == {1, 2}
    monkeypatch.undo()
    assert (await site.rekey()).rotation == 2
    assert await site.versions() == {2}
    assert (await site.rekey()).rotation == 3


async def test_a_member_who_leaves_meanwhile_stays_away(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_member = site.storage.roster.replace

    async def leaving(pairs: Pairs) -> frozenset[MemberId]:
        await site.storage.roster.remove(MemberId("member-1"))
        return await replace_member(pairs)

    monkeypatch.setattr(site.storage.roster, "replace", leaving)
    assert await site.rekey() == Rekeyed(rotation=2, members=2, templates=4, left=0)
    assert [member.id for member in await site.storage.roster.members()] == ["member-0", "member-2"]


async def test_templates_of_before_the_rotation_are_turned(site: Site) -> None:
    """An older database holds them as the embedder gave them; the first run finishes the first rotation."""
    await site.storage.roster.save(a_sealed_member(7, site.keys, version=0))
    assert (await site.rekey()).rotation == 1
    assert await site.versions() == {1}
    assert (await site.opened(7))[0] == pytest.approx(an_embedding(7).vector, abs=1e-6)


async def test_another_sites_key_changes_nothing(site: Site) -> None:
    before = await site.storage.roster.members()
    with pytest.raises(SealBroken):
        await site.rekey(MemoryKeys(bytes([3] * 32)))
    assert await site.storage.roster.members() == before


async def test_what_a_stopped_run_left_comes_first(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is stopped, each run goes farther: members already in the new rotation wait for the end."""
    await site.storage.roster.save(a_sealed_member(0, site.keys, version=2))
    replace_member, order = site.storage.roster.replace, []

    async def noting(pairs: Pairs) -> frozenset[MemberId]:
        order.extend(before.id for before, _ in pairs)
        return await replace_member(pairs)

    monkeypatch.setattr(site.storage.roster, "replace", noting)
    assert (await site.rekey()).rotation == 2
    assert order == ["member-1", "member-2", "member-0"]


async def test_a_key_that_the_card_holds_is_hung_anew(site: Site) -> None:
    """Without the card the templates stay as they are; the old wrapping ends; the next run begins a new rotation."""
    card = b"from the card"
    held = a_sealed_member(7, HeldKeys(site.keys, card))  # type: ignore[arg-type]
    await site.storage.roster.save(held)
    for rotation in (2, 3):
        assert await site.rekey() == Rekeyed(rotation=rotation, members=4, templates=8, left=0, held=1)
    (after,) = [m for m in await site.storage.roster.members() if m.id == held.id]
    assert after.templates == held.templates
    assert after.wrapped_key != held.wrapped_key
    keys = HeldKeys(site.keys, card)
    assert nickname(after, keys) == "Grace 7"
    with pytest.raises(KeyDestroyed):
        nickname(held, keys)
    with pytest.raises(KeyHeld):
        nickname(after, site.keys)
