"""Envelope encryption: site key -> member key -> what is personal. Destroying the member key destroys the data."""

import secrets

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from visavis.errors import SealBroken
from visavis.ports import KeyProvider
from visavis.privacy.keys import NONCE_BYTES, new_member_key
from visavis.types import Embedding, MemberId, Sealed

SCHEMA = 1


def new_wrapped_key(keys: KeyProvider, member_id: MemberId) -> bytes:
    """A fresh member key under the site key, bound to the member."""
    return keys.wrap(new_member_key(), aad=_associated("member key", member_id))


def seal(keys: KeyProvider, wrapped_key: bytes, plaintext: bytes, *, member_id: MemberId, purpose: str) -> Sealed:
    """AES-256-GCM under the member key; member, purpose and schema version are bound as associated data."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    key = keys.unwrap(wrapped_key, aad=_associated("member key", member_id))
    return Sealed(nonce=nonce, ciphertext=AESGCM(key).encrypt(nonce, plaintext, _associated(purpose, member_id)))


def open_sealed(keys: KeyProvider, wrapped_key: bytes, sealed: Sealed, *, member_id: MemberId, purpose: str) -> bytes:
    """The plaintext; raises SealBroken on any mismatch of key, member, purpose or version."""
    key = keys.unwrap(wrapped_key, aad=_associated("member key", member_id))
    try:
        return AESGCM(key).decrypt(sealed.nonce, sealed.ciphertext, _associated(purpose, member_id))
    except (InvalidTag, ValueError):
        raise SealBroken(purpose.split(" ", 1)[0]) from None


def seal_embedding(keys: KeyProvider, wrapped_key: bytes, embedding: Embedding, *, member_id: MemberId) -> Sealed:
    """A template: float32, little endian, sealed for its model."""
    plaintext = embedding.vector.astype("<f4").tobytes()
    return seal(keys, wrapped_key, plaintext, member_id=member_id, purpose=f"template {embedding.model}")


def open_embedding(
    keys: KeyProvider, wrapped_key: bytes, sealed: Sealed, *, member_id: MemberId, model: str
) -> Embedding:
    """The template in memory; raises SealBroken when another model made it."""
    plaintext = open_sealed(keys, wrapped_key, sealed, member_id=member_id, purpose=f"template {model}")
    return Embedding(vector=np.frombuffer(plaintext, dtype="<f4").astype(np.float32), model=model)


def _associated(purpose: str, member_id: MemberId) -> bytes:
    # Lengths first, so that no two (purpose, member) pairs share an encoding.
    return b"".join(
        len(part).to_bytes(4, "big") + part for part in (b"%d" % SCHEMA, purpose.encode(), member_id.encode())
    )
