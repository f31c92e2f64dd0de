"""Receipts that anybody can check with the site's public key: compact JWS with Ed25519 (RFC 7515, RFC 8037)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from visavis.ports import KeyProvider
from visavis.privacy import jws
from visavis.types import Consent, DeletionReceipt

LABEL = "receipts"


def public_key(keys: KeyProvider) -> bytes:
    """The site's public key, 32 bytes."""
    return jws.public_key(keys, LABEL)


def sign_receipt(keys: KeyProvider, consent: Consent) -> str:
    """A consent as a signed receipt, with the fields of ISO/IEC TS 27560."""
    return jws.sign(
        keys,
        LABEL,
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
        id=receipt_id,
        subject=subject,
        site=site,
        removed=dict(removed),
        deleted_at=at,
        signature=jws.sign(keys, LABEL, claims),
    )


def verify(receipt: str, public: bytes) -> dict[str, Any]:
    """The claims of a receipt; raises SignatureInvalid when a single character was changed."""
    return jws.verify(receipt, public)
