"""The secrets that rest under a site's root key, once that has been rotated: in a file beside it.

Before the first rotation there is no such file, and the root key itself is all of them.
"""

import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from visavis.errors import SealBroken, SettingInvalid, StorageFull
from visavis.privacy.slots import NO_ROOM, flush_folder

MAGIC = b"visavis ring 1\n"
KEY_BYTES, NONCE_BYTES, LENGTH_BYTES = 32, 12, 2
ROTATED = b"VVr1"  # what a root key begins with that opens nothing without its ring; 28 random bytes follow


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """What the keys of a site are made of."""

    wrapping: tuple[bytes, ...] = field(repr=False)  # the first wraps, each opens; two while a rotation is under way
    identity: bytes = field(repr=False)  # for tokens, codes, signatures and template rotations; never another one

    @property
    def rotating(self) -> bool:
        """Whether a rotation was begun and not finished."""
        return len(self.wrapping) > 1


def new_root_key() -> bytes:
    """A root key that has a ring."""
    return ROTATED + secrets.token_bytes(KEY_BYTES - len(ROTATED))


def begun(ring: Ring) -> Ring:
    """With a fresh wrapping key before the one in use; a rotation that was begun goes on with its own."""
    if ring.rotating:
        return ring
    return Ring(wrapping=(secrets.token_bytes(KEY_BYTES), *ring.wrapping), identity=ring.identity)


def finished(ring: Ring) -> Ring:
    """Without the wrapping key of before."""
    return Ring(wrapping=ring.wrapping[:1], identity=ring.identity)


def read_ring(path: Path, root: bytes) -> Ring:
    """The ring that this root key opens; the root key alone where there was never a rotation.

    Raises:
        SealBroken: The file belongs to another root key.
        SettingInvalid: It is missing or cannot be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        if root.startswith(ROTATED):
            raise SettingInvalid(
                f"{path.name} is missing; restore its newest copy, no member opens without it"
            ) from None
        return Ring(wrapping=(root,), identity=root)
    except OSError as error:
        raise SettingInvalid(f"{path.name} cannot be read: {error.strerror}") from error
    for copy in _copies(path, data):
        with suppress(InvalidTag):
            return _unpacked(AESGCM(root).decrypt(copy[:NONCE_BYTES], copy[NONCE_BYTES:], MAGIC))
    raise SealBroken(path.name)


def write_ring(path: Path, ring: Ring, roots: Sequence[bytes]) -> None:
    """Replace the file at once by one that each of these root keys opens; raises StorageFull or SettingInvalid."""
    secret = b"".join((ring.identity, *ring.wrapping))
    data = MAGIC
    for root in roots:
        nonce = secrets.token_bytes(NONCE_BYTES)
        copy = nonce + AESGCM(root).encrypt(nonce, secret, MAGIC)
        data += len(copy).to_bytes(LENGTH_BYTES, "big") + copy
    replace_file(path, data)


def replace_file(path: Path, data: bytes) -> None:
    """Write beside and move into place, on the disk on return: the file is as before or whole.

    Only where nobody else writes it: what a crash left beside it is deleted.
    """
    for stale in path.parent.glob(f".{path.name}.*"):
        stale.unlink()
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        write_new(draft, data)
        draft.replace(path)
        flush_folder(path.parent)
    except OSError as error:
        refusal = StorageFull if error.errno in NO_ROOM else SettingInvalid
        raise refusal(f"{path.name} cannot be written: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)


def write_new(path: Path, data: bytes) -> None:
    """A file that was not there, for its owner alone, on the disk on return."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _copies(path: Path, data: bytes) -> list[bytes]:
    found, at = [], len(MAGIC)
    while data.startswith(MAGIC) and at < len(data):
        size = int.from_bytes(data[at : at + LENGTH_BYTES], "big")
        found.append(data[at + LENGTH_BYTES : at + LENGTH_BYTES + size])
        at += LENGTH_BYTES + size
    if not found or at != len(data):
        raise SettingInvalid(f"{path.name} does not hold keys; restore its newest copy")
    return found


def _unpacked(secret: bytes) -> Ring:
    keys = [secret[at : at + KEY_BYTES] for at in range(0, len(secret), KEY_BYTES)]
    return Ring(wrapping=tuple(keys[1:]), identity=keys[0])
