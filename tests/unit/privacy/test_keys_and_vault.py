"""Envelope encryption: every single mismatch is refused."""

import errno
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.errors import KeyDestroyed, SealBroken, SettingInvalid, StorageFull
from visavis.privacy import vault
from visavis.privacy.keys import FileSiteKey, bound, new_member_key
from visavis.privacy.vault import (
    new_wrapped_key,
    open_embedding,
    open_sealed,
    open_text,
    seal,
    seal_embedding,
    seal_text,
)
from visavis.testing import MemoryKeys, an_embedding
from visavis.types import MemberId, Sealed

ADA, BEN = MemberId("ada"), MemberId("ben")


@pytest.fixture
def keys(tmp_path: Path) -> FileSiteKey:
    return FileSiteKey(tmp_path / "site.key")


def test_the_key_file_is_made_once_and_private(tmp_path: Path) -> None:
    """Mode 0600, 32 bytes, the same key at the second opening, no draft left."""
    path = tmp_path / "site.key"
    first = FileSiteKey(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_size == 32
    assert FileSiteKey(path).derive("x") == first.derive("x")
    assert [p.name for p in tmp_path.iterdir()] == ["site.key"]


@pytest.mark.parametrize("content", [b"", bytes(31), bytes(33)])
def test_a_key_of_another_length_is_refused(tmp_path: Path, content: bytes) -> None:
    """A cut key file is not silently replaced: it may be the only way to the data."""
    path = tmp_path / "site.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(SettingInvalid, match="does not hold 32 bytes"):
        FileSiteKey(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610])
def test_a_key_that_others_can_touch_is_refused(tmp_path: Path, mode: int) -> None:
    """With the command that mends it."""
    path = tmp_path / "site.key"
    FileSiteKey(path)
    path.chmod(mode)
    with pytest.raises(SettingInvalid, match="chmod 600"):
        FileSiteKey(path)


def test_makers_at_the_same_moment_agree_on_one_key(tmp_path: Path) -> None:
    """Eight threads start together; a key that loses the race is never used."""
    together = Barrier(8)

    def make(_: int) -> bytes:
        together.wait()
        return FileSiteKey(tmp_path / "site.key").derive("x")

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(make, range(8)))) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["site.key"]


def test_a_place_where_no_key_can_be_is_a_wrong_setting(tmp_path: Path) -> None:
    """A missing folder or a folder of that name is no full disk, and the message names the file."""
    with pytest.raises(SettingInvalid, match=r"site\.key cannot be made: No such file"):
        FileSiteKey(tmp_path / "missing" / "site.key")
    (tmp_path / "site.key").mkdir()
    with pytest.raises(SettingInvalid, match=r"site\.key: Is a directory"):
        FileSiteKey(tmp_path / "site.key")


def test_a_full_disk_leaves_no_half_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be flushed is taken away again, and the next start can make a key."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFull, match="No space left"):
        FileSiteKey(tmp_path / "site.key")
    assert not list(tmp_path.iterdir())


@given(st.lists(st.text("ab\n", max_size=4), max_size=4), st.lists(st.text("ab\n", max_size=4), max_size=4))
def test_different_parts_are_never_bound_alike(one: list[str], other: list[str]) -> None:
    """Moving a letter from one part to the next changes the associated data."""
    assert (bound(*one) == bound(*other)) == (one == other)


def test_derived_keys_differ_by_label_and_never_show(keys: FileSiteKey) -> None:
    """One use, one key; the representation holds none."""
    assert keys.derive("a") != keys.derive("b")
    assert len(keys.derive("a")) == 32
    assert repr(keys) == "FileSiteKey(…)"


@given(plaintext=st.binary(max_size=600))
def test_what_was_sealed_opens(plaintext: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Round trip for any bytes, and the ciphertext holds none of them beyond chance."""
    keys = FileSiteKey(tmp_path_factory.mktemp("k") / "site.key")
    wrapped = new_wrapped_key(keys, ADA)
    sealed = seal(keys, wrapped, plaintext, member_id=ADA, purpose="nickname")
    assert open_sealed(keys, wrapped, sealed, member_id=ADA, purpose="nickname") == plaintext
    assert len(plaintext) < 8 or plaintext not in sealed.ciphertext


def test_every_mismatch_breaks_the_seal(keys: FileSiteKey, tmp_path: Path) -> None:
    """Another site, member, purpose, key, nonce or a flipped bit: SealBroken, never other bytes."""
    wrapped = new_wrapped_key(keys, ADA)
    sealed = seal(keys, wrapped, b"Ada", member_id=ADA, purpose="nickname")
    thief = FileSiteKey(tmp_path / "other.key")
    flipped = Sealed(nonce=sealed.nonce, ciphertext=bytes([sealed.ciphertext[0] ^ 1]) + sealed.ciphertext[1:])
    moved = Sealed(nonce=bytes(12), ciphertext=sealed.ciphertext)
    attempts = [
        (keys, wrapped, sealed, BEN, "nickname"),
        (keys, wrapped, sealed, ADA, "template"),
        (keys, new_wrapped_key(keys, ADA), sealed, ADA, "nickname"),
        (keys, wrapped[:-1], sealed, ADA, "nickname"),
        (keys, wrapped, flipped, ADA, "nickname"),
        (keys, wrapped, moved, ADA, "nickname"),
    ]
    for with_keys, key, what, member, purpose in attempts:
        with pytest.raises(SealBroken):
            open_sealed(with_keys, key, what, member_id=member, purpose=purpose)
    with pytest.raises(SettingInvalid):  # another site, which has no slots
        open_sealed(thief, wrapped, sealed, member_id=ADA, purpose="nickname")
    new_wrapped_key(thief, ADA)
    with pytest.raises(KeyDestroyed):  # or others
        open_sealed(thief, wrapped, sealed, member_id=ADA, purpose="nickname")


SEALED_WITH = MemoryKeys()
WRAPPED = new_wrapped_key(SEALED_WITH, ADA)
SEALED = seal(SEALED_WITH, WRAPPED, b"Ada Lovelace", member_id=ADA, purpose="nickname")


@given(part=st.sampled_from(["wrapped", "nonce", "ciphertext"]), data=st.data())
def test_every_changed_bit_breaks_the_seal(part: str, data: st.DataObject) -> None:
    """Of the wrapped key, the nonce, the ciphertext or its tag."""
    whole = {"wrapped": WRAPPED, "nonce": SEALED.nonce, "ciphertext": SEALED.ciphertext}
    bits = int.from_bytes(whole[part], "big") ^ (1 << data.draw(st.integers(0, 8 * len(whole[part]) - 1)))
    whole[part] = bits.to_bytes(len(whole[part]), "big")
    spoilt = Sealed(nonce=whole["nonce"], ciphertext=whole["ciphertext"])
    with pytest.raises(SealBroken):
        open_sealed(SEALED_WITH, whole["wrapped"], spoilt, member_id=ADA, purpose="nickname")


def test_another_schema_version_breaks_the_seal(keys: FileSiteKey, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sealed under version 1 and read as version 2; the member key alike."""
    wrapped = new_wrapped_key(keys, ADA)
    sealed = seal(keys, wrapped, b"Ada", member_id=ADA, purpose="nickname")
    monkeypatch.setattr(vault, "SCHEMA", 2)
    with pytest.raises(SealBroken):
        open_sealed(keys, wrapped, sealed, member_id=ADA, purpose="nickname")


def test_without_its_key_nothing_opens_again(keys: FileSiteKey) -> None:
    """After withdrawal the wrapped key is empty: not a broken seal, and nothing new is sealed either."""
    sealed = seal(keys, new_wrapped_key(keys, ADA), b"Ada", member_id=ADA, purpose="nickname")
    with pytest.raises(KeyDestroyed):
        open_sealed(keys, b"", sealed, member_id=ADA, purpose="nickname")
    with pytest.raises(KeyDestroyed):
        seal(keys, b"", b"Ada", member_id=ADA, purpose="nickname")


@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60))
def test_a_text_comes_back(text: str) -> None:
    """Whatever the language."""
    sealed = seal_text(SEALED_WITH, WRAPPED, text, member_id=ADA, purpose="nickname")
    assert open_text(SEALED_WITH, WRAPPED, sealed, member_id=ADA, purpose="nickname") == text


def test_a_template_comes_back_bit_for_bit_and_only_for_its_model(keys: FileSiteKey) -> None:
    """Another model's name is another associated data."""
    wrapped, embedding = new_wrapped_key(keys, ADA), an_embedding(3)
    sealed = seal_embedding(keys, wrapped, embedding, member_id=ADA)
    again = open_embedding(keys, wrapped, sealed, member_id=ADA, model=embedding.model)
    assert np.array_equal(again.vector, embedding.vector)
    with pytest.raises(SealBroken):
        open_embedding(keys, wrapped, sealed, member_id=ADA, model="other@111111111111")


def test_member_keys_are_fresh() -> None:
    """32 random bytes each."""
    assert len({new_member_key() for _ in range(50)}) == 50
