"""What every KeyProvider does."""

from pathlib import Path

import pytest

from visavis.errors import KeyDestroyed, KeyHeld, SealBroken
from visavis.ports import KeyProvider
from visavis.privacy.keys import FileSiteKey
from visavis.testing import MemoryKeys

KEY = bytes(range(32))


@pytest.fixture(params=["memory", "file"])
def two_sites(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[KeyProvider, KeyProvider]:
    if request.param == "memory":
        return MemoryKeys(), MemoryKeys(bytes(32))
    return FileSiteKey(tmp_path / "one"), FileSiteKey(tmp_path / "two")


def test_a_wrapped_key_opens_again(two_sites: tuple[KeyProvider, KeyProvider]) -> None:
    """Under the same site key and the same associated data; the key is not readable in between."""
    keys, _ = two_sites
    wrapped = keys.wrap(KEY, aad=b"member-1")
    assert keys.unwrap(wrapped, aad=b"member-1") == KEY
    assert KEY not in wrapped
    assert wrapped != keys.wrap(KEY, aad=b"member-1")


@pytest.mark.parametrize("spoil", ["aad", "site", "bytes", "cut", "empty"])
def test_anything_else_breaks_the_seal(two_sites: tuple[KeyProvider, KeyProvider], spoil: str) -> None:
    keys, other = two_sites
    wrapped = keys.wrap(KEY, aad=b"member-1")
    changed = {"bytes": wrapped[:-1] + bytes([wrapped[-1] ^ 1]), "cut": wrapped[:20], "empty": b""}.get(spoil, wrapped)
    with pytest.raises(SealBroken):
        (other if spoil == "site" else keys).unwrap(changed, aad=b"member-2" if spoil == "aad" else b"member-1")


def test_derived_keys_are_unrelated(two_sites: tuple[KeyProvider, KeyProvider]) -> None:
    """32 bytes, the same each time, different for each label and each site."""
    keys, other = two_sites
    assert keys.derive("one") == keys.derive("one")
    assert len({keys.derive("one"), keys.derive("two"), other.derive("one")}) == 3
    assert len(keys.derive("one")) == 32


def test_an_erasable_key_ends_in_every_copy(two_sites: tuple[KeyProvider, KeyProvider]) -> None:
    """What was copied before does not open afterwards; the others do."""
    keys, _ = two_sites
    gone, kept = (keys.wrap(KEY, aad=aad, erasable=True) for aad in (b"member-1", b"member-2"))
    assert keys.unwrap(gone, aad=b"member-1") == KEY
    copy = bytes(bytearray(gone))
    assert keys.destroy([gone]) == 1
    assert keys.destroy([gone]) == 0
    with pytest.raises(KeyDestroyed):
        keys.unwrap(copy, aad=b"member-1")
    assert keys.unwrap(kept, aad=b"member-2") == KEY


def test_what_is_not_erasable_cannot_be_destroyed(two_sites: tuple[KeyProvider, KeyProvider]) -> None:
    """It says so by counting none."""
    keys, _ = two_sites
    wrapped = keys.wrap(KEY, aad=b"member-1")
    assert keys.destroy([wrapped, b""]) == 0
    assert keys.unwrap(wrapped, aad=b"member-1") == KEY


def test_a_held_key_opens_with_its_holder_alone(two_sites: tuple[KeyProvider, KeyProvider]) -> None:
    """The site by itself cannot."""
    keys, _ = two_sites
    wrapped = keys.wrap(KEY, aad=b"member-1", erasable=True, holder=b"from the card")
    with pytest.raises(KeyHeld):
        keys.unwrap(wrapped, aad=b"member-1")
    with pytest.raises(SealBroken):
        keys.unwrap(wrapped, aad=b"member-1", holder=b"of somebody else")
    assert keys.unwrap(wrapped, aad=b"member-1", holder=b"from the card") == KEY


def test_keys_made_together_open(two_sites: tuple[KeyProvider, KeyProvider]) -> None:
    keys, _ = two_sites
    with keys.together():
        wrapped = [keys.wrap(bytes([k]) * 32, aad=b"x", erasable=True) for k in range(20)]
    assert [keys.unwrap(one, aad=b"x")[0] for one in wrapped] == list(range(20))
