"""Receipts that anybody can check with the site's public key: compact JWS with Ed25519 (RFC 7515, RFC 8037).

The fields are those of ISO/IEC TS 27560:2023, consent record information structure; a field of which the site knows
nothing is left out, never invented.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from visavis.ports import KeyProvider
from visavis.privacy import jws
from visavis.types import Consent, DeletionReceipt, Purpose, Withdrawal

LABEL = "receipts"
SCHEMA = "ISO/IEC TS 27560:2023"
WITHDRAW = (
    "at any kiosk of the site, under My data; at its desk; with the member's session by POST /v1/edge/me/withdraw"
)
RIGHTS = ("access", "copy", "correction", "objection", "erasure", "withdrawal of consent at any time", "complaint")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for every consent of a site."""

    contact: str = ""  # whom to call
    jurisdiction: str = "default"  # name of the profile of the law
    biometric_days: int | None = None  # templates, after the last visit
    event_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What a purpose does with what."""

    data: tuple[str, ...]
    biometric: bool
    processing: str
    storage: str


HANDLING: Mapping[Purpose, Handling] = {
    Purpose.RECOGNISE: Handling(
        data=("face template",),
        biometric=True,
        processing="compared with faces before this site's cameras; nothing is inferred from it",
        storage="encrypted, on the machine with the camera at the site",
    ),
    Purpose.PERSONALISE: Handling(
        data=("visits", "purchases", "reactions to offers"),
        biometric=False,
        processing="offers are chosen by it",
        storage="database of the site, under a pseudonym",
    ),
    Purpose.PUSH: Handling(
        data=("address for messages",),
        biometric=False,
        processing="offers are sent to it",
        storage="database of the site, under a pseudonym",
    ),
    Purpose.IMPROVE: Handling(
        data=("reactions to offers",),
        biometric=False,
        processing="the choice of offers learns from it, as averages over many people",
        storage="database of the site, under a pseudonym",
    ),
}


def public_key(keys: KeyProvider) -> bytes:
    """The site's public key, 32 bytes."""
    return jws.public_key(keys, LABEL)


def sign_receipt(keys: KeyProvider, consent: Consent, terms: Terms | None = None) -> str:
    """A consent as a signed receipt."""
    terms = terms or Terms()
    days = terms.biometric_days if consent.purpose is Purpose.RECOGNISE else terms.event_days
    claims = _header(consent, terms) | {
        "service": consent.scenario,
        "privacy_notice": {"version": consent.notice_version, "sha256": consent.notice_sha256},
        "language": consent.locale,
        "collection_method": consent.method,
        "evidence": consent.evidence,
        "event_time": consent.given_at.isoformat(),
        "event_type": "explicit",
        "event_state": "given",
        "valid_until": consent.expires_at.isoformat(),
        "guardian": consent.guardian,
        "withdrawal_method": WITHDRAW,
        "pii_principal_rights": list(RIGHTS),
        "recipients": [],
        "retention_days": days,
    }
    return jws.sign(keys, LABEL, {name: value for name, value in claims.items() if value is not None})


def withdrawal_receipt(keys: KeyProvider, end: Withdrawal, consent: Consent, terms: Terms | None = None) -> str:
    """The end of a consent as a signed receipt; it names the record that it ends."""
    claims = _header(consent, terms or Terms()) | {
        "record_id": end.id,
        "ends_record_id": consent.id,
        "collection_method": end.method,
        "event_time": end.withdrawn_at.isoformat(),
        "event_type": "explicit",
        "event_state": "withdrawn",
    }
    return jws.sign(keys, LABEL, claims)


def _header(consent: Consent, terms: Terms) -> dict[str, Any]:
    handling = HANDLING[consent.purpose]
    return {
        "schema_version": SCHEMA,
        "record_id": consent.id,
        "pii_principal_id": consent.subject,
        "pii_controller": consent.site,
        "pii_controller_contact": terms.contact or None,
        "jurisdiction": terms.jurisdiction,
        "lawful_basis": "consent",
        "purpose": consent.purpose.value,
        "pii_types": list(handling.data),
        "special_pii_category": "biometric" if handling.biometric else None,
        "processing_method": handling.processing,
        "storage_location": handling.storage,
    }


def deletion_receipt(
    keys: KeyProvider, *, receipt_id: str, subject: str, site: str, removed: Mapping[str, int], at: datetime
) -> DeletionReceipt:
    """What was removed and when, signed by the site."""
    claims = {
        "schema_version": SCHEMA,
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
