"""The site key: everything personal at a site hangs on it."""

import os
import secrets
import stat
import struct
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from visavis.errors import KeyHeld, SealBroken, SettingInvalid, StorageFull
from visavis.privacy.slots import ID_BYTES, NO_ROOM, Slots, flush_folder

KEY_BYTES = 32
NONCE_BYTES = 12
MAGIC, MAGIC_HELD = b"VVs1", b"VVh1"
_SLOT = struct.Struct(f">4sQ{ID_BYTES}s")  # what a wrapped key begins with when it hangs on a slot


class SiteKey:
    """Implements `ports.KeyProvider` over a site key in memory, with a slot for each key that can be destroyed."""

    def __init__(self, root: bytes, slots: Slots | None) -> None:
        """Take the key.

        Args:
            root: the site key, 32 bytes.
            slots: without them erasable keys hang on the site key alone (protection level L0).
        """
        self._key, self._slots = root, slots

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    def wrap(self, key: bytes, *, aad: bytes, erasable: bool = False, holder: bytes = b"") -> bytes:
        """AES-256-GCM: nonce, ciphertext, tag; of an erasable key, its slot before them."""
        if not erasable or (self._slots is None and not holder):
            return _encrypt(self._key, key, aad)
        if self._slots is None:
            raise SettingInvalid("protection: a key that the member holds needs slots")
        position, identity, share = self._slots.take()
        slot = _SLOT.pack(MAGIC_HELD if holder else MAGIC, position, identity)
        return slot + _encrypt(self._slot_key(share, holder), key, slot + aad)

    def unwrap(self, wrapped: bytes, *, aad: bytes, holder: bytes = b"") -> bytes:
        """Raises SealBroken, KeyDestroyed or KeyHeld; see the port."""
        found = _slot_of(wrapped)
        if found is None:
            return _decrypt(self._key, wrapped, aad)
        held, position, identity = found
        if self._slots is None:
            raise SealBroken("a member key; the slots of the site are not open")
        share = self._slots.share(position, identity)
        if held and not holder:
            raise KeyHeld
        return _decrypt(
            self._slot_key(share, holder if held else b""), wrapped[_SLOT.size :], wrapped[: _SLOT.size] + aad
        )

    def derive(self, label: str) -> bytes:
        """HKDF-SHA256 (RFC 5869) of the site key; each label gives an unrelated key."""
        return _hkdf(self._key, f"visavis/{label}".encode())

    def destroy(self, wrapped: Iterable[bytes]) -> int:
        """Overwrite the slots of these keys; how many were there."""
        slots, gone = self._slots, 0
        if slots is None:
            return 0
        with slots.together():
            for found in map(_slot_of, wrapped):
                gone += found is not None and slots.destroy(found[1], found[2])
        return gone

    def together(self) -> AbstractContextManager[None]:
        """Keys that are wrapped inside are durable when it ends, not one by one."""
        return self._slots.together() if self._slots is not None else nullcontext()

    def taken(self) -> frozenset[tuple[int, bytes]]:
        """Slots in use."""
        return frozenset(self._slots.taken().items()) if self._slots is not None else frozenset()

    def sweep(self, before: Iterable[tuple[int, bytes]], wrapped: Iterable[bytes]) -> int:
        """Destroy those slots that were in use before and that none of these wrapped keys hangs on."""
        used = {found[1:] for found in map(_slot_of, wrapped) if found is not None}
        slots, gone = self._slots, 0
        if slots is None:
            return 0
        with slots.together():
            for position, identity in set(before) - used:
                gone += slots.destroy(position, identity)
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

    def _slot_key(self, share: bytes, holder: bytes) -> bytes:
        return _hkdf(self._key, b"visavis/slot", salt=share + holder)


class FileSiteKey(SiteKey):
    """A site key in a file that its owner alone can read, made at first use; its slots lie beside it.

    Raises:
        SettingInvalid: The file cannot be read or made, does not hold 32 bytes, or others can read it.
        StorageFull: There is no room to make it.
    """

    def __init__(self, path: Path, *, slots: bool = True) -> None:
        super().__init__(_read_or_make(path), Slots(slots_file(path)) if slots else None)


def slots_file(path: Path) -> Path:
    """Where the slots of a site key lie."""
    return path.with_suffix(".slots")


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


def _read_or_make(path: Path) -> bytes:
    try:
        return _read(path)
    except FileNotFoundError:
        _make(path)
        return _read(path)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            key = file.read(KEY_BYTES + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise SettingInvalid(f"site key: {path.name}: {error.strerror}") from error
    if mode & 0o077:
        raise SettingInvalid(f"site key: others can read {path.name}; run chmod 600 on it")
    if len(key) != KEY_BYTES:
        raise SettingInvalid(f"site key: {path.name} does not hold {KEY_BYTES} bytes; restore it from its backup")
    return key


def _make(path: Path) -> None:
    """Write beside and link into place: two processes at once agree on one key, a crash leaves none half-written."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first; its key counts
            os.link(draft, path)
        flush_folder(path.parent)  # before anything is sealed with a key that a power cut could take away
    except OSError as error:
        refusal = StorageFull if error.errno in NO_ROOM else SettingInvalid
        raise refusal(f"site key: {path.name} cannot be made: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)
