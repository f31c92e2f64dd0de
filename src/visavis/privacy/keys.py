"""The site key: everything personal at a site hangs on it."""

import secrets
import struct
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from visavis.errors import KeyHeld, SealBroken
from visavis.privacy.ring import Ring, read_ring
from visavis.privacy.roots import PlainRoot, RootFile
from visavis.privacy.slots import ID_BYTES, Slots

KEY_BYTES = 32
NONCE_BYTES = 12
MAGIC, MAGIC_HELD = b"VVs1", b"VVh1"
_SLOT = struct.Struct(f">4sQ{ID_BYTES}s")  # what a wrapped key begins with when it hangs on a slot
_HOLDER = b"visavis/holder"


class SiteKey:
    """Implements `ports.KeyProvider` over keys in memory, with a slot for each key that can be destroyed."""

    def __init__(self, ring: Ring, slots: Slots, *, slotted: bool = True) -> None:
        """Take the keys.

        Args:
            ring: of the site.
            slots: of the site.
            slotted: False hangs new erasable keys on the site key alone (protection level L0).
        """
        self._ring, self._slots, self._slotted = ring, slots, slotted
        self.release: Callable[[], object] = lambda: None  # whoever opened it may want to know its end

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    def wrap(self, key: bytes, *, aad: bytes, erasable: bool = False, holder: bytes = b"") -> bytes:
        """AES-256-GCM: nonce, ciphertext, tag; of an erasable key, its slot before them; of a held one, twice."""
        inner = _encrypt(_hkdf(holder, _HOLDER), key, aad) if holder else key
        if not holder and not (erasable and self._slotted):
            return _encrypt(self._key, inner, aad)
        return self._hung(inner, aad, held=bool(holder))

    def unwrap(self, wrapped: bytes, *, aad: bytes, holder: bytes = b"") -> bytes:
        """Raises SealBroken, KeyDestroyed or KeyHeld; see the port."""
        inner, _ = self._opened(wrapped, aad)
        if not self.is_held(wrapped):
            return inner
        if not holder:
            raise KeyHeld
        return _decrypt(_hkdf(holder, _HOLDER), inner, aad)

    def rewrap(self, wrapped: bytes, *, aad: bytes, fresh: bool = False) -> bytes:
        """The same key under the site key in use, on the slot that it has or a fresh one; see the port."""
        inner, current = self._opened(wrapped, aad)
        found = _slot_of(wrapped)
        if found is not None and fresh:
            return self._hung(inner, aad, held=found[0])
        if current:
            return wrapped
        if found is None:
            return _encrypt(self._key, inner, aad)
        slot = wrapped[: _SLOT.size]
        return slot + _encrypt(self._slot_key(self._slots.share(*found[1:])), inner, slot + aad)

    def derive(self, label: str) -> bytes:
        """HKDF-SHA256 (RFC 5869); each label gives an unrelated key, which no rotation changes."""
        return _hkdf(self._ring.identity, f"visavis/{label}".encode())

    def destroy(self, wrapped: Iterable[bytes]) -> int:
        """Overwrite the slots of these keys; how many were there."""
        gone = 0
        with self._slots.together():
            for found in map(_slot_of, wrapped):
                gone += found is not None and self._slots.destroy(found[1], found[2])
        return gone

    def together(self) -> AbstractContextManager[None]:
        """Keys that are wrapped inside are durable when it ends, not one by one."""
        return self._slots.together()

    def taken(self) -> frozenset[tuple[int, bytes]]:
        """Slots in use."""
        return frozenset(self._slots.taken().items())

    def sweep(self, before: Iterable[tuple[int, bytes]], wrapped: Iterable[bytes]) -> int:
        """Destroy those slots that were in use before and that none of these wrapped keys hangs on."""
        used = {found[1:] for found in map(_slot_of, wrapped) if found is not None}
        gone = 0
        with self._slots.together():
            for position, identity in set(before) - used:
                gone += self._slots.destroy(position, identity)
        return gone

    @staticmethod
    def is_erasable(wrapped: bytes) -> bool:
        """Whether this wrapped key hangs on a slot."""
        return _slot_of(wrapped) is not None

    @staticmethod
    def is_held(wrapped: bytes) -> bool:
        """Whether only the member can open it."""
        found = _slot_of(wrapped)
        return found is not None and found[0]

    # ------ what a key hangs on

    @property
    def _key(self) -> bytes:
        return self._ring.wrapping[0]

    def _slot_key(self, share: bytes, key: bytes | None = None) -> bytes:
        return _hkdf(key or self._key, b"visavis/slot", salt=share)

    def _hung(self, inner: bytes, aad: bytes, *, held: bool) -> bytes:
        """On a fresh slot."""
        position, identity, share = self._slots.take()
        slot = _SLOT.pack(MAGIC_HELD if held else MAGIC, position, identity)
        return slot + _encrypt(self._slot_key(share), inner, slot + aad)

    def _opened(self, wrapped: bytes, aad: bytes) -> tuple[bytes, bool]:
        """What lies under the site key, and whether it is the one in use."""
        found = _slot_of(wrapped)
        share = None if found is None else self._slots.share(*found[1:])
        head = 0 if found is None else _SLOT.size
        for key in self._ring.wrapping:
            with suppress(SealBroken):
                over = key if share is None else self._slot_key(share, key)
                return _decrypt(over, wrapped[head:], wrapped[:head] + aad), key == self._key
        raise SealBroken("a member key")


class FileSiteKey(SiteKey):
    """A site key in a file that its owner alone can read, made at first use; ring and slots lie beside it.

    Raises:
        SettingInvalid: The file cannot be read or made, does not hold 32 bytes, or others can read it.
        StorageFull: There is no room to make it.
    """

    def __init__(self, path: Path, *, slots: bool = True) -> None:
        root = RootFile(path, PlainRoot()).read_or_make()
        super().__init__(read_ring(ring_file(path), root), Slots(slots_file(path)), slotted=slots)


def slots_file(path: Path) -> Path:
    """Where the slots of a site key lie."""
    return path.with_suffix(".slots")


def ring_file(path: Path) -> Path:
    """Where the ring of a site key lies, once it has been rotated."""
    return path.with_suffix(".ring")


def _encrypt(key: bytes, plaintext: bytes, aad: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, aad)


def _decrypt(key: bytes, sealed: bytes, aad: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], aad)
    except (InvalidTag, ValueError):
        raise SealBroken("a member key") from None


def _hkdf(key: bytes, info: bytes, salt: bytes | None = None) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=info).derive(key)


def _slot_of(wrapped: bytes) -> tuple[bool, int, bytes] | None:
    """Whether the member holds a part, position, id; None of a key that hangs on the site key alone."""
    if wrapped[: len(MAGIC)] not in (MAGIC, MAGIC_HELD) or len(wrapped) < _SLOT.size:
        return None
    magic, position, identity = _SLOT.unpack_from(wrapped)
    return magic == MAGIC_HELD, position, identity


def new_member_key() -> bytes:
    """32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def bound(*parts: str) -> bytes:
    """What a seal or pseudonym is bound to; lengths come first, so no two lists of parts share an encoding."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in (text.encode() for text in parts))
