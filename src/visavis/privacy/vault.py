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


class MemberKey:
    """A member key in memory, for as long as something is sealed or opened with it."""

    def __init__(self, key: bytes, member_id: MemberId) -> None:
        """Take the key, 32 bytes."""
        self._cipher, self._member_id = AESGCM(key), member_id

    def __repr__(self) -> str:
        return "MemberKey(…)"

    def seal(self, plaintext: bytes, purpose: str) -> Sealed:
        """AES-256-GCM; member, purpose and schema version are bound as associated data."""
        nonce, bound_to = secrets.token_bytes(NONCE_BYTES), _associated(purpose, self._member_id)
        return Sealed(nonce=nonce, ciphertext=self._cipher.encrypt(nonce, plaintext, bound_to))

    def open(self, sealed: Sealed, purpose: str) -> bytes:
        """The plaintext; raises SealBroken."""
        try:
            return self._cipher.decrypt(sealed.nonce, sealed.ciphertext, _associated(purpose, self._member_id))
        except (InvalidTag, ValueError):
            raise SealBroken(purpose.split(" ", 1)[0]) from None


def fresh_key(keys: KeyProvider, member_id: MemberId, holder: bytes = b"") -> tuple[bytes, MemberKey]:
    """A fresh member key, wrapped and open."""
    key = new_member_key()
    return keys.wrap(key, aad=key_binding(member_id), erasable=True, holder=holder), MemberKey(key, member_id)


def opened_key(keys: KeyProvider, wrapped_key: bytes, member_id: MemberId, holder: bytes = b"") -> MemberKey:
    """A member key; raises KeyDestroyed, KeyHeld or SealBroken."""
    if not wrapped_key:
        raise KeyDestroyed
    return MemberKey(keys.unwrap(wrapped_key, aad=key_binding(member_id), holder=holder), member_id)


def new_wrapped_key(keys: KeyProvider, member_id: MemberId, holder: bytes = b"") -> bytes:
    """A fresh member key under the site key, bound to the member; with a holder's secret nothing opens without it."""
    return fresh_key(keys, member_id, holder)[0]


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
    return opened_key(keys, wrapped_key, member_id, holder).seal(plaintext, purpose)


def open_sealed(
    keys: KeyProvider, wrapped_key: bytes, sealed: Sealed, *, member_id: MemberId, purpose: str, holder: bytes = b""
) -> bytes:
    """The plaintext.

    Raises:
        KeyDestroyed: Consent was withdrawn.
        KeyHeld: The member's own secret is needed.
        SealBroken: Any mismatch of key, member, purpose or schema version.
    """
    return opened_key(keys, wrapped_key, member_id, holder).open(sealed, purpose)


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
    return embedding_sealed(opened_key(keys, wrapped_key, member_id, holder), embedding)


def open_embedding(
    keys: KeyProvider, wrapped_key: bytes, sealed: Sealed, *, member_id: MemberId, model: str, holder: bytes = b""
) -> Embedding:
    """The template in memory; raises SealBroken when another model made it."""
    return embedding_opened(opened_key(keys, wrapped_key, member_id, holder), sealed, model)


def embedding_sealed(key: MemberKey, embedding: Embedding) -> Sealed:
    """A template under a key that is open."""
    return key.seal(embedding.vector.astype("<f4").tobytes(), f"template {embedding.model}")


def embedding_opened(key: MemberKey, sealed: Sealed, model: str) -> Embedding:
    """A template with a key that is open; raises SealBroken when another model made it."""
    plaintext = key.open(sealed, f"template {model}")
    return Embedding(vector=np.frombuffer(plaintext, dtype="<f4").astype(np.float32), model=model)


def _associated(purpose: str, member_id: MemberId) -> bytes:
    return bound(str(SCHEMA), purpose, member_id)
