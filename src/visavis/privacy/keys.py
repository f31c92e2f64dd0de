"""The site key: everything personal at a site hangs on it."""

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from visavis.errors import SealBroken, SettingInvalid, StorageFull

KEY_BYTES = 32
NONCE_BYTES = 12
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


class FileSiteKey:
    """Implements `ports.KeyProvider` on a file that its owner alone can read; made at first use.

    Raises:
        SettingInvalid: The file cannot be read or made, does not hold 32 bytes, or others can read it.
        StorageFull: There is no room to make it.
    """

    def __init__(self, path: Path) -> None:
        self._key = _read_or_make(path)

    def __repr__(self) -> str:
        return "FileSiteKey(…)"

    def wrap(self, key: bytes, *, aad: bytes) -> bytes:
        """AES-256-GCM: nonce, ciphertext, tag."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self._key).encrypt(nonce, key, aad)

    def unwrap(self, wrapped: bytes, *, aad: bytes) -> bytes:
        """Raises SealBroken when the site key or the associated data differ."""
        try:
            return AESGCM(self._key).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], aad)
        except (InvalidTag, ValueError):
            raise SealBroken("a member key") from None

    def derive(self, label: str) -> bytes:
        """HKDF-SHA256 (RFC 5869) of the site key; each label gives an unrelated key."""
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"visavis/{label}".encode()).derive(self._key)


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
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # before anything is sealed with a key that a power cut could take away
        finally:
            os.close(folder)
    except OSError as error:
        refusal = StorageFull if error.errno in NO_ROOM else SettingInvalid
        raise refusal(f"site key: {path.name} cannot be made: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)
