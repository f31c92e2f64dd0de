"""What every KeyProvider does."""

from pathlib import Path

import pytest

from visavis.errors import SealBroken
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
