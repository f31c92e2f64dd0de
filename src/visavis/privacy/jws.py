"""Signed documents that anybody can check with a public key: compact JWS with Ed25519 (RFC 7515, RFC 8037)."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from visavis.errors import SignatureInvalid
from visavis.ports import KeyProvider

HEADER = {"alg": "EdDSA", "typ": "JWT"}
MAX_CHARS = 20_000


def public_key(keys: KeyProvider, label: str) -> bytes:
    """The public half of the key that the site signs one kind of document with, 32 bytes."""
    return _private(keys, label).public_key().public_bytes_raw()


def sign(keys: KeyProvider, label: str, claims: Mapping[str, Any]) -> str:
    """The claims with the site's signature; each label has a key of its own."""
    signed = f"{_encode(canonical(HEADER))}.{_encode(canonical(claims))}"
    return f"{signed}.{_encode(_private(keys, label).sign(signed.encode()))}"


def verify(jws: str, public: bytes, *, most: int = MAX_CHARS) -> dict[str, Any]:
    """The claims; raises SignatureInvalid when a single character was changed, or there are more than so many."""
    try:
        if len(jws) > most:
            raise SignatureInvalid("longer than any such document")
        signed, _, signature = jws.rpartition(".")
        header, payload = signed.split(".")
        Ed25519PublicKey.from_public_bytes(public).verify(_decode(signature), signed.encode())
        if json.loads(_decode(header)) != HEADER:
            raise SignatureInvalid("another algorithm")
        claims: dict[str, Any] = json.loads(_decode(payload))
    except (InvalidSignature, ValueError, Base64Error):
        raise SignatureInvalid from None
    return claims


def canonical(document: Mapping[str, Any]) -> bytes:
    """The one spelling of a document: equal documents have equal bytes."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _private(keys: KeyProvider, label: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(keys.derive(label))


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _encode(data) != text:
        raise SignatureInvalid("not canonical base64")  # one document has one spelling
    return data
