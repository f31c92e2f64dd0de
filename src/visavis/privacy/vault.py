"""Envelope encryption: site key -> member key -> what is personal. Destroying the member key destroys the data."""

import secrets

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from visavis.errors import KeyDestroyed, SealBroken
from visavis.ports import KeyProvider
from visavis.privacy.keys import NONCE_BYTES, bound, new_member_key
from visavis.types import Embedding, MemberId, Sealed

SCHEMA = 1
KEY = "member key"
TEXT_BLOCK = 256  # texts are filled up to this many bytes: the length of a name would tell who is a member of two sites


def new_wrapped_key(keys: KeyProvider, member_id: MemberId, holder: bytes = b"") -> bytes:
    """A fresh member key under the site key, bound to the member; with a holder's secret nothing opens without it."""
    return keys.wrap(new_member_key(), aad=key_binding(member_id), erasable=True, holder=holder)


def key_binding(member_id: str) -> bytes:
    """What a wrapped member key is bound to."""
    return _associated(KEY, MemberId(member_id))


def address_binding(name: str) -> bytes:
    """What the sealed address of a camera that the site watches is bound to."""
    return bound("monitor", name)


def totp_binding(site: str, staff_id: str) -> bytes:
    """What the sealed second factor of somebody of the staff is bound to."""
    return bound("totp", site, staff_id)


def seal(
    keys: KeyProvider, wrapped_key: bytes, plaintext: bytes, *, member_id: MemberId, purpose: str, holder: bytes = b""
) -> Sealed:
    """AES-256-GCM under the member key; member, purpose and schema version are bound as associated data.

    Raises:
        KeyDestroyed: Consent was withdrawn.
        KeyHeld: The member's own secret is needed.
        SealBroken: The wrapped key is another member's or another site's.
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
    key = _member_key(keys, wrapped_key, member_id, holder)
    return Sealed(nonce=nonce, ciphertext=AESGCM(key).encrypt(nonce, plaintext, _associated(purpose, member_id)))


def open_sealed(
    keys: KeyProvider, wrapped_key: bytes, sealed: Sealed, *, member_id: MemberId, purpose: str, holder: bytes = b""
) -> bytes:
    """The plaintext.

    Raises:
        KeyDestroyed: Consent was withdrawn.
        KeyHeld: The member's own secret is needed.
        SealBroken: Any mismatch of key, member, purpose or schema version.
    """
    key = _member_key(keys, wrapped_key, member_id, holder)
    try:
        return AESGCM(key).decrypt(sealed.nonce, sealed.ciphertext, _associated(purpose, member_id))
    except (InvalidTag, ValueError):
        raise SealBroken(purpose.split(" ", 1)[0]) from None


def seal_text(
    keys: KeyProvider, wrapped_key: bytes, text: str, *, member_id: MemberId, purpose: str, holder: bytes = b""
) -> Sealed:
    """A text without a zero at its end, in UTF-8; raises as `seal` does."""
    data = text.encode()
    filled = data.ljust(-(-len(data) // TEXT_BLOCK) * TEXT_BLOCK, b"\0")
    return seal(keys, wrapped_key, filled, member_id=member_id, purpose=purpose, holder=holder)


def open_text(
    keys: KeyProvider, wrapped_key: bytes, sealed: Sealed, *, member_id: MemberId, purpose: str, holder: bytes = b""
) -> str:
    """The text; raises as `open_sealed` does."""
    data = open_sealed(keys, wrapped_key, sealed, member_id=member_id, purpose=purpose, holder=holder)
    return data.rstrip(b"\0").decode()


def seal_embedding(
    keys: KeyProvider, wrapped_key: bytes, embedding: Embedding, *, member_id: MemberId, holder: bytes = b""
) -> Sealed:
    """A template: float32, little endian, sealed for its model."""
    plaintext = embedding.vector.astype("<f4").tobytes()
    return seal(keys, wrapped_key, plaintext, member_id=member_id, purpose=f"template {embedding.model}", holder=holder)


def open_embedding(
    keys: KeyProvider, wrapped_key: bytes, sealed: Sealed, *, member_id: MemberId, model: str, holder: bytes = b""
) -> Embedding:
    """The template in memory; raises SealBroken when another model made it."""
    plaintext = open_sealed(keys, wrapped_key, sealed, member_id=member_id, purpose=f"template {model}", holder=holder)
    return Embedding(vector=np.frombuffer(plaintext, dtype="<f4").astype(np.float32), model=model)


def _member_key(keys: KeyProvider, wrapped_key: bytes, member_id: MemberId, holder: bytes) -> bytes:
    if not wrapped_key:
        raise KeyDestroyed
    return keys.unwrap(wrapped_key, aad=key_binding(member_id), holder=holder)


def _associated(purpose: str, member_id: MemberId) -> bytes:
    return bound(str(SCHEMA), purpose, member_id)
