"""Receipts that anybody can check with the site's public key: compact JWS with Ed25519 (RFC 7515, RFC 8037)."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from visavis.errors import SignatureInvalid
from visavis.ports import KeyProvider
from visavis.types import Consent, DeletionReceipt

HEADER = {"alg": "EdDSA", "typ": "JWT"}
MAX_CHARS = 20_000


def public_key(keys: KeyProvider) -> bytes:
    """The site's public key, 32 bytes."""
    return _private(keys).public_key().public_bytes_raw()


def sign_receipt(keys: KeyProvider, consent: Consent) -> str:
    """A consent as a signed receipt, with the fields of ISO/IEC TS 27560."""
    return _sign(
        keys,
        {
            "schema_version": "ISO/IEC TS 27560:2023",
            "record_id": consent.id,
            "pii_principal_id": consent.subject,
            "pii_controller": consent.site,
            "service": consent.scenario,
            "purpose": consent.purpose.value,
            "privacy_notice": {"version": consent.notice_version, "sha256": consent.notice_sha256},
            "language": consent.locale,
            "collection_method": consent.method,
            "evidence": consent.evidence,
            "event_time": consent.given_at.isoformat(),
            "valid_until": consent.expires_at.isoformat(),
            "guardian": consent.guardian,
        },
    )


def deletion_receipt(
    keys: KeyProvider, *, receipt_id: str, subject: str, site: str, removed: Mapping[str, int], at: datetime
) -> DeletionReceipt:
    """What was removed and when, signed by the site."""
    claims = {
        "record_id": receipt_id,
        "pii_principal_id": subject,
        "pii_controller": site,
        "event_type": "erased",
        "removed": dict(removed),
        "event_time": at.isoformat(),
    }
    return DeletionReceipt(
        id=receipt_id, subject=subject, site=site, removed=dict(removed), deleted_at=at, signature=_sign(keys, claims)
    )


def verify(jws: str, public: bytes) -> dict[str, Any]:
    """The claims of a receipt; raises SignatureInvalid when a single character was changed."""
    try:
        if len(jws) > MAX_CHARS:
            raise SignatureInvalid("longer than any receipt")
        signed, _, signature = jws.rpartition(".")
        header, payload = signed.split(".")
        Ed25519PublicKey.from_public_bytes(public).verify(_decode(signature), signed.encode())
        if json.loads(_decode(header)) != HEADER:
            raise SignatureInvalid("another algorithm")
        claims: dict[str, Any] = json.loads(_decode(payload))
    except (InvalidSignature, ValueError, Base64Error):
        raise SignatureInvalid from None
    return claims


def _sign(keys: KeyProvider, claims: Mapping[str, Any]) -> str:
    signed = f"{_encode(_canonical(HEADER))}.{_encode(_canonical(claims))}"
    return f"{signed}.{_encode(_private(keys).sign(signed.encode()))}"


def _private(keys: KeyProvider) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(keys.derive("receipts"))


def _canonical(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _encode(data) != text:
        raise SignatureInvalid("not canonical base64")  # one receipt has one spelling
    return data
