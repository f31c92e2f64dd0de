"""Envelope encryption: every single mismatch is refused."""

import stat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.errors import SealBroken, SettingInvalid
from visavis.privacy.keys import FileSiteKey, new_member_key
from visavis.privacy.vault import new_wrapped_key, open_embedding, open_sealed, seal, seal_embedding
from visavis.testing import an_embedding
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


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """With the command that mends it."""
    path = tmp_path / "site.key"
    FileSiteKey(path)
    path.chmod(0o640)
    with pytest.raises(SettingInvalid, match="chmod 600"):
        FileSiteKey(path)


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
        (thief, wrapped, sealed, ADA, "nickname"),
        (keys, wrapped, sealed, BEN, "nickname"),
        (keys, wrapped, sealed, ADA, "template"),
        (keys, new_wrapped_key(keys, ADA), sealed, ADA, "nickname"),
        (keys, wrapped[:-1], sealed, ADA, "nickname"),
        (keys, b"", sealed, ADA, "nickname"),
        (keys, wrapped, flipped, ADA, "nickname"),
        (keys, wrapped, moved, ADA, "nickname"),
    ]
    for with_keys, key, what, member, purpose in attempts:
        with pytest.raises(SealBroken):
            open_sealed(with_keys, key, what, member_id=member, purpose=purpose)


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
