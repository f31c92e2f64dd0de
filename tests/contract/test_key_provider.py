"""What every KeyProvider does, and every way in which a root key rests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from key_services import KEY as TRANSIT_KEY
from key_services import TOKEN, running_transit

from visavis.errors import KeyDestroyed, KeyHeld, SealBroken
from visavis.ports import KeyProvider, RootCipher
from visavis.privacy.age import AgeRoot
from visavis.privacy.keys import FileSiteKey, SiteKey
from visavis.privacy.kms import KmsRoot
from visavis.privacy.ring import begun, finished, read_ring
from visavis.privacy.roots import PlainRoot, RootFile
from visavis.privacy.slots import Slots
from visavis.privacy.transit import VaultRoot
from visavis.testing import MemoryKeys

KEY = bytes(range(32))
WAYS = ("file", "age", "vault", "kms")


@pytest.fixture(scope="session")
def ciphers(aws: str) -> Iterator[dict[str, RootCipher]]:
    """Each way, with its service running."""
    with running_transit() as transit:
        yield {
            "file": PlainRoot(),
            "age": AgeRoot("correct horse battery staple"),
            "vault": VaultRoot(transit.url, TRANSIT_KEY, TOKEN),
            "kms": KmsRoot(aws),
        }


@pytest.fixture(scope="session")
def roots(ciphers: dict[str, RootCipher], tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[RootFile]]:
    """Two sites' root keys in each way."""
    folder = tmp_path_factory.mktemp("roots")
    return {way: [RootFile(folder / f"{way}-{site}", cipher) for site in (1, 2)] for way, cipher in ciphers.items()}


@pytest.fixture(scope="session")
def opened(roots: dict[str, list[RootFile]]) -> dict[str, list[bytes]]:
    """Opening one under a passphrase takes a second, so once."""
    return {way: [file.read_or_make() for file in files] for way, files in roots.items()}


@pytest.fixture(params=["memory", *WAYS])
def two_sites(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[KeyProvider, KeyProvider]:
    if request.param == "memory":
        return MemoryKeys(), MemoryKeys(bytes(32))
    one, two = request.getfixturevalue("opened")[request.param]
    return a_site(one, tmp_path / "one"), a_site(two, tmp_path / "two")


def a_site(root: bytes, path: Path) -> SiteKey:
    return SiteKey(read_ring(path.with_suffix(".ring"), root), Slots(path.with_suffix(".slots")))


@pytest.mark.parametrize("way", WAYS)
def test_a_root_key_is_made_once_and_rests_for_its_owner_alone(
    way: str, roots: dict[str, list[RootFile]], opened: dict[str, list[bytes]]
) -> None:
    """32 bytes that do not stand in the file, but for the plain one; the same at every reading."""
    file, root = roots[way][0], opened[way][0]
    assert len(root) == 32
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert (root in file.path.read_bytes()) == (way == "file")
    assert file.read() == root != opened[way][1]
    assert root.hex() not in f"{file!r} {file.place} {file._cipher!r}"
    assert [p.name for p in file.path.parent.iterdir() if p.name.startswith(".")] == []


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


@pytest.mark.parametrize("fresh", [False, True])
def test_a_key_is_wrapped_anew_without_its_holder(two_sites: tuple[KeyProvider, KeyProvider], fresh: bool) -> None:
    """It stays the same key, of the same holder and the same associated data."""
    keys, _ = two_sites
    for holder in (b"", b"from the card"):
        wrapped = keys.wrap(KEY, aad=b"member-1", erasable=True, holder=holder)
        again = keys.rewrap(wrapped, aad=b"member-1", fresh=fresh)
        assert (again == wrapped) == (not fresh)
        assert keys.unwrap(again, aad=b"member-1", holder=holder) == KEY
        with pytest.raises(SealBroken):
            keys.rewrap(again, aad=b"member-2")
        if fresh:
            assert keys.destroy([wrapped]) == 1
            assert keys.unwrap(again, aad=b"member-1", holder=holder) == KEY
        if holder:
            with pytest.raises(KeyHeld):
                keys.unwrap(again, aad=b"member-1")
        keys.destroy([again])
        with pytest.raises(KeyDestroyed):
            keys.rewrap(again, aad=b"member-1")


def test_r15_after_a_rotation_the_old_key_opens_nothing(tmp_path: Path) -> None:
    """Half-way each wrapped key opens, whichever it hangs on; at the end only those that were wrapped anew."""
    before = FileSiteKey(tmp_path / "site.key")
    ring = begun(before._ring)
    slots = Slots(tmp_path / "site.slots")
    half, after = SiteKey(ring, slots), SiteKey(finished(ring), slots)
    aads = (b"plain", b"erasable", b"held")
    holders = (b"", b"", b"card")
    old = [before.wrap(KEY, aad=a, erasable=a != b"plain", holder=h) for a, h in zip(aads, holders, strict=True)]
    new = [half.rewrap(one, aad=aad) for one, aad in zip(old, aads, strict=True)]
    for was, now, aad, holder in zip(old, new, aads, holders, strict=True):
        assert half.unwrap(was, aad=aad, holder=holder) == half.unwrap(now, aad=aad, holder=holder) == KEY
        assert after.unwrap(now, aad=aad, holder=holder) == KEY
        assert half.rewrap(now, aad=aad) == now
        for keys, one in ((after, was), (before, now)):
            with pytest.raises(SealBroken):
                keys.unwrap(one, aad=aad, holder=holder)
    assert half.destroy([old[1]]) == 1
    with pytest.raises(KeyDestroyed):  # one slot: what is destroyed is so under both
        after.unwrap(new[1], aad=b"erasable")


def test_what_is_derived_outlives_every_rotation(tmp_path: Path) -> None:
    """Tokens, digests of codes and signatures stay."""
    before = FileSiteKey(tmp_path / "site.key")
    after = SiteKey(finished(begun(before._ring)), Slots(tmp_path / "site.slots"))
    assert after.derive("pseudonym") == before.derive("pseudonym")
    assert after._ring.wrapping != before._ring.wrapping


def test_without_slots_a_key_hangs_on_the_site_key_alone(tmp_path: Path) -> None:
    """Level L0: nothing to destroy. What was made at L1 still opens, and still ends."""
    one = FileSiteKey(tmp_path / "site.key")
    slotted = one.wrap(KEY, aad=b"a", erasable=True)
    low = FileSiteKey(tmp_path / "site.key", slots=False)
    wrapped = low.wrap(KEY, aad=b"a", erasable=True)
    assert not low.is_erasable(wrapped)
    assert low.destroy([wrapped]) == 0
    assert low.unwrap(slotted, aad=b"a") == one.unwrap(wrapped, aad=b"a") == KEY
    assert low.destroy([slotted]) == 1
    with pytest.raises(KeyDestroyed):
        one.unwrap(slotted, aad=b"a")
